/* pobsync schedule */
#include "base/when.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "model/schedule.h"
#include "service/document_schedule.h"
#include "service/service_schedule.h"

static const char *grace_of(struct arena *arena, const json_t *document)
{
    char text[WHEN_TEXT];

    return arena_strdup(arena, when_duration(text, cell_number(document, "grace_seconds")));
}

/* Why nothing will start although there are dates. */
static const char *halt_of(const json_t *document)
{
    if (!json_is_true(json_object_get(document, "host_enabled")))
        return "the host is paused: nothing starts";
    return json_is_true(json_object_get(document, "enabled")) ? NULL : "disabled: nothing starts";
}

static void render_next(struct call *call, const json_t *document, int64_t now)
{
    static const struct table_column columns[] = {
        {"", TABLE_LEFT}, {"", TABLE_LEFT}, {"", TABLE_LEFT}, {"", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *next = json_object_get(document, "next");

    for (size_t i = 0; i < json_array_size(next); i++) {
        const json_t *item = json_array_get(next, i);
        const char *remark = cell_text(call->arena, item, "remark");

        table_add(&table, i == 0 ? "next     " : "");
        table_add(&table, cell_text(call->arena, item, "local"));
        table_add(&table, cell_ago(call->arena, item, "at", now));
        table_add(&table, json_is_null(json_object_get(item, "remark")) ? "" : remark);
    }
    table_render(&table, &call->terminal, &call->out);
}

static void render(struct call *call, const json_t *document, int64_t now)
{
    struct arena *arena = call->arena;
    const char *halt = halt_of(document);

    buf_printf(&call->out, "host       %s\n", cell_text(arena, document, "host"));
    buf_printf(&call->out, "cron       %s\n", cell_text(arena, document, "cron"));
    if (!json_is_null(json_object_get(document, "error"))) {
        buf_printf(&call->out, "error      %s\n", cell_text(arena, document, "error"));
        return;
    }
    buf_printf(&call->out, "words      %s\n", cell_text(arena, document, "words"));
    buf_printf(&call->out, "time zone  %s (%s)\n", cell_text(arena, document, "zone"),
               cell_text(arena, document, "zone_origin"));
    buf_printf(&call->out, "prune      %s\n", cell_text(arena, document, "prune"));
    buf_printf(&call->out, "grace      %s\n", grace_of(arena, document));
    if (halt != NULL)
        buf_printf(&call->out, "state      %s\n", halt);
    render_next(call, document, now);
}

static int refuse_contradiction(const struct call *call, struct err *err)
{
    if (call->change_count == 0)
        return 0;
    return err_set(err, ERR_USAGE, "--remove and options that change the schedule contradict each other");
}

static int run(struct call *call, struct err *err)
{
    const char *host = call_word(call, 0);
    bool remove = call_has(call, "remove");
    JSON_SCOPED *document = NULL;
    struct service *service;
    int result;

    if (remove && refuse_contradiction(call, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service == NULL)
        return -1;
    if (remove)
        result = service_schedule_remove(service, host, &document, err);
    else if (call->change_count > 0)
        result = service_schedule_change(service, host, call->changes, call->change_count, &document, err);
    else
        result = document_schedule(service, host, &document, err);
    if (result < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else if (remove)
        call_note(call, "host \"%s\" has no schedule any more: only what somebody asks for runs", host);
    else if (!json_is_true(json_object_get(document, "scheduled")))
        call_note(call, "host \"%s\" has no schedule; make one: pobsync schedule %s --cron \"15 2 * * *\"",
                  host, host);
    else
        render(call, document, service->now);
    return 0;
}

static const struct option_spec options[] = {
    {"remove", 0, NULL, "forget the schedule; --disable keeps it"},
    {0},
};

const struct command cmd_schedule = {
    .name = "schedule",
    .summary = "say when a host is due, or show it with its next dates",
    .operands = "HOST",
    .options = options,
    .entity = &schedule_fields,
    .details =
        "The expression is that of cron: minute, hour, day of the month, month, day of the week, with names, "
        "ranges, lists and steps, or one of @hourly, @daily, @weekly, @monthly, @yearly. When both day fields "
        "are restricted, a day matches that matches either.\n\n"
        "A time that the clocks leap over runs at the first moment after the leap, one that they show twice "
        "runs the first time. What is missed while nothing follows the schedules is made up for by one run.",
    .exits = "2 for an expression that cannot be read or never fires, 5 when there is no such host.",
    .examples = "pobsync schedule web1 --cron \"15 2 * * *\" --prune\n"
                "pobsync schedule web1 --cron \"30 3 * * mon-fri\" --timezone Europe/Amsterdam\n"
                "pobsync schedule web1 --disable\n"
                "pobsync schedule web1",
    .json = true,
    .run = run,
};
