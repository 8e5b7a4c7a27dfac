/* pobsync schedules */
#include <string.h>

#include "base/when.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/document_schedule.h"

static const char *next_of(struct arena *arena, const json_t *item)
{
    if (!json_is_null(json_object_get(item, "error")))
        return "broken";
    if (!json_is_true(json_object_get(item, "host_enabled")))
        return "paused";
    return json_is_true(json_object_get(item, "enabled")) ? cell_minute(arena, item, "next_at") : "disabled";
}

/* "5 h": how far away it is, in the greatest unit, so that the line stays short. */
static const char *span_from(struct arena *arena, const json_t *object, const char *key, int64_t now)
{
    char text[WHEN_TEXT];
    int64_t when = cell_time(object, key);
    size_t number;

    if (when < 0)
        return CELL_NONE;
    when_duration(text, when > now ? when - now : now - when);
    number = strcspn(text, " ");
    return arena_copy(arena, text, number + 1 + strcspn(text + number + 1, " "));
}

static void add_schedule(struct table *table, const json_t *item, int64_t now)
{
    struct arena *arena = table->arena;
    const json_t *last = json_object_get(item, "last_run");
    char grace[WHEN_TEXT];

    table_add(table, next_of(arena, item));
    table_add(table, span_from(arena, item, "next_at", now));
    table_add(table, cell_minute(arena, last, "started_at"));
    table_add(table, span_from(arena, last, "started_at", now));
    table_add(table, json_is_object(last) ? cell_text(arena, last, "state") : "never");
    table_add(table, cell_text(arena, item, "host"));
    table_add(table, cell_text(arena, item, "cron"));
    table_add(table, cell_text(arena, item, "words"));
    table_add(table, cell_text(arena, item, "zone"));
    table_add(table, cell_text(arena, item, "prune"));
    table_add(table, arena_strdup(arena, when_duration(grace, cell_number(item, "grace_seconds"))));
}

static void note_unscheduled(struct call *call, const json_t *names)
{
    enum { NAMED = 10 };
    struct list shown = {0};
    size_t count = json_array_size(names);

    for (size_t i = 0; i < count && i < NAMED; i++)
        list_add(call->arena, &shown, json_string_value(json_array_get(names, i)));
    if (count > NAMED)
        list_add(call->arena, &shown, arena_printf(call->arena, "and %zu more", count - NAMED));
    if (count > 0)
        call_note(call, "without a schedule: %s", list_join(call->arena, &shown, ", "));
}

static int run(struct call *call, struct err *err)
{
    static const struct table_column columns[] = {
        {"NEXT (UTC)", TABLE_LEFT}, {"IN", TABLE_LEFT},    {"LAST (UTC)", TABLE_LEFT}, {"AGO", TABLE_LEFT},
        {"RESULT", TABLE_STATE},    {"HOST", TABLE_LEFT},  {"CRON", TABLE_LEFT},       {"WORDS", TABLE_LEFT},
        {"ZONE", TABLE_LEFT},       {"PRUNE", TABLE_LEFT}, {"GRACE", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *items;

    if (service == NULL || document_schedules(service, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    items = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        add_schedule(&table, json_array_get(items, i), service->now);
    if (json_array_size(items) > 0)
        table_render(&table, &call->terminal, &call->out);
    else
        call_note(call, "no schedules yet; make one: pobsync schedule HOST --cron \"15 2 * * *\"");
    note_unscheduled(call, json_object_get(document, "unscheduled"));
    return 0;
}

const struct command cmd_schedules = {
    .name = "schedules",
    .summary = "list what runs next, and how it went last time",
    .details =
        "The soonest comes first, those that cannot be read before it, those that are disabled behind. On a "
        "narrow terminal lines are cut; --json has everything.",
    .examples = "pobsync schedules\npobsync schedules --json",
    .json = true,
    .run = run,
};
