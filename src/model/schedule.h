/* A schedule: when a host is due. At most one a host; its fields are declared once, in the table of schedule.c. */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include "model/field.h"

struct schedule {
    int64_t host_id;
    /* The fields of the table. */
    const char *cron;
    bool prune;           /* retention is applied behind each good run */
    const char *timezone; /* NULL: the host's */
    int64_t grace_seconds;
    bool enabled;
    /* Kept by us. */
    int64_t created_at;
    int64_t changed_at;   /* since when it counts: what was due before that is not due */
    int64_t last_slot_at; /* the newest slot that was enqueued, or left out for a newer one; 0: none yet */
    /* Of the host, filled by store_schedule_list() and store_schedule_load(), never written. */
    const char *host;
    int64_t node_id;
    bool host_enabled;
    const char *host_timezone; /* its own setting, NULL: inherits the global one */
};

/* In the order of the columns. The scope is that of hosts. */
extern const struct field_table schedule_fields;

/* By name ("cron"); NULL if there is none. */
const struct field *schedule_field(const char *name);

/* The defaults of all fields; cron has none and is NULL. */
void schedule_init(struct arena *arena, struct schedule *schedule);

/* field_parse(); an empty text and NULL give the default back. */
int schedule_set(struct arena *arena, struct schedule *schedule, const struct field *field, const char *text,
                 struct err *err);

#endif
