/* The one table of the fields of a schedule. */
#include "model/schedule.h"

#include <assert.h>
#include <string.h>

#include "model/rule.h"

enum { GRACE_MAX = 30 * 86400 };

#define MEMBER(member) .name = #member, .offset = offsetof(struct schedule, member), .scope = SCOPE_HOST

static const struct field fields[] = {
    {MEMBER(cron), .type = FIELD_TEXT, .placeholder = "EXPRESSION",
     .help = "when a run is due: minute, hour, day, month and weekday, such as \"15 2 * * *\", or @daily"},
    {MEMBER(prune), .type = FIELD_BOOL, .fallback = "no",
     .help = "whether retention is applied after each good run"},
    {MEMBER(timezone), .type = FIELD_TEXT, .rule = rule_timezone, .placeholder = "ZONE",
     .help = "time zone of the expression, an IANA name such as Europe/Amsterdam; the host's when not set"},
    {MEMBER(grace_seconds), .option = "grace", .type = FIELD_INT, .unit = UNIT_SECONDS, .min = 60,
     .max = GRACE_MAX, .fallback = "1h", .placeholder = "TIME",
     .help = "how late a run may begin before it counts as missed, 1 minute to 30 days"},
    {MEMBER(enabled), .option = "enable", .negation = "disable", .type = FIELD_BOOL, .fallback = "yes",
     .help = "whether the schedule is followed"},
};

const struct field_table schedule_fields = {fields, sizeof fields / sizeof fields[0]};

const struct field *schedule_field(const char *name)
{
    return field_find(&schedule_fields, name);
}

/* A default that cannot be read is a defect of the table. */
static void set_default(struct arena *arena, struct schedule *schedule, const struct field *field)
{
    struct err err;

    if (field->fallback == NULL) {
        assert(field->type == FIELD_TEXT);
        *(const char **)field_member(field, schedule) = NULL;
    } else {
        int result = field_parse(arena, field, schedule, field->fallback, &err);

        assert(result == 0);
    }
}

void schedule_init(struct arena *arena, struct schedule *schedule)
{
    *schedule = (struct schedule){.host_enabled = true};
    for (size_t i = 0; i < schedule_fields.count; i++)
        set_default(arena, schedule, &fields[i]);
}

int schedule_set(struct arena *arena, struct schedule *schedule, const struct field *field, const char *text,
                 struct err *err)
{
    if (text == NULL || text[0] == '\0') {
        set_default(arena, schedule, field);
        return 0;
    }
    return field_parse(arena, field, schedule, text, err);
}
