/* The same done to many rows of a table of the admin site. Each row is changed by the service that changes it anywhere else,
 * with its guards and its audit row; one that cannot be changed holds up no other. */
#ifndef SERVICE_SERVICE_BULK_H
#define SERVICE_SERVICE_BULK_H

#include <jansson.h>

#include "model/user.h"
#include "service/service.h"

struct bulk_action {
    const char *table; /* "hosts" */
    const char *name;  /* "disable" */
    const char *title; /* "Pause" */
    enum right right;  /* that is needed for it */
    bool destructive;  /* what goes is not to be had back: how many it are must be typed */
    /* One row, by its id and the label that names it. */
    int (*apply)(struct service *service, int64_t id, const char *label, struct err *err);
};

/* Ended by a NULL table. */
extern const struct bulk_action bulk_actions[];

/* ERR_NOT_FOUND when the table has no such action. */
int bulk_action_find(const char *table, const char *name, const struct bulk_action **action, struct err *err);

enum { BULK_MAX = 500 };

/* What would be done: {"table","title","action","action_title","destructive","items":[{"id","label"}…]}. ERR_NOT_FOUND for a
 * row that has gone, ERR_INVALID for none and for more than BULK_MAX. */
int document_bulk_plan(struct service *service, const struct bulk_action *action, const struct list *ids,
                       json_t **document, struct err *err);

/* Does it. `confirmed`: what was typed, the number of rows, where the action is destructive; else ERR_REFUSED and nothing
 * is done. *document: the plan; each item with "done" and, if not, "message"; "failed": how many. */
int service_bulk_apply(struct service *service, const struct bulk_action *action, const struct list *ids,
                       const char *confirmed, json_t **document, struct err *err);

#endif
