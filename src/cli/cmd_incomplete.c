/* pobsync incomplete */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_delete.h"

static void on_notice(void *context, const char *line)
{
    call_note(context, "%s", line);
}

static const char *state_of(struct arena *arena, const json_t *item)
{
    char *state = arena_strdup(arena, json_string_value(json_object_get(item, "state")));

    for (char *c = state; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    return state;
}

static void render(struct call *call, const json_t *document)
{
    static const struct table_column columns[] = {
        {"SNAPSHOT", TABLE_LEFT}, {"STATE", TABLE_LEFT}, {"STARTED", TABLE_LEFT}, {"RUN", TABLE_RIGHT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *items = json_object_get(document, "items");

    if (json_array_size(items) == 0) {
        call_note(call, "nothing unfinished of \"%s\"", call_word(call, 0));
        return;
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(&table, cell_text(call->arena, item, "name"));
        table_add(&table, state_of(call->arena, item));
        table_add(&table, cell_ago(call->arena, item, "started_at", call->service.now));
        table_add(&table, cell_text(call->arena, item, "run"));
    }
    table_render(&table, &call->terminal, &call->out);
}

static int list(struct call *call, struct service *service, json_t **document, struct err *err)
{
    if (service_incomplete_list(service, call_word(call, 0), document, err) < 0)
        return -1;
    if (!call->json)
        render(call, *document);
    return 0;
}

/* On a terminal they are shown first. */
static bool shown_and_confirmed(struct call *call, struct service *service)
{
    JSON_SCOPED *document = NULL;
    struct err err;

    if (call->no_input || call->json || !call->terminal.err_is_tty ||
        list(call, service, &document, &err) < 0 || json_array_size(json_object_get(document, "items")) == 0)
        return false;
    call_flush(call);
    return terminal_confirm(&call->terminal, "type yes to delete them: ", "yes");
}

static int clean(struct call *call, struct service *service, json_t **document, struct err *err)
{
    const struct deletion_request request = {
        .host = call_word(call, 0),
        .reason = call_value(call, "reason"),
        .confirmed = call_has(call, "yes") || shown_and_confirmed(call, service),
        .trigger = "cli",
        .notice = on_notice,
        .context = call,
    };
    int exit_status = 0;

    if (service_incomplete_clean(service, &request, document, &exit_status, err) < 0)
        return -1;
    if (!call->json)
        call_note(call, "run %s: %s", cell_count(call->arena, json_object_get(*document, "run"), "id"),
                  cell_text(call->arena, json_object_get(*document, "run"), "message"));
    return exit_status;
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    int result;

    if (service == NULL)
        return -1;
    result = call_has(call, "cleanup") ? clean(call, service, &document, err)
                                       : list(call, service, &document, err);
    if (result >= 0 && call->json)
        call_add_json(call, document);
    return result;
}

static const struct option_spec options[] = {
    {"cleanup", 0, NULL, "delete what is listed"},
    {"yes", 0, NULL, "with --cleanup: do it without asking"},
    {"reason", 0, "TEXT", "with --cleanup: why; it is written down"},
    {0},
};

const struct command cmd_incomplete = {
    .name = "incomplete",
    .summary = "list what never finished of a host, or delete it",
    .operands = "HOST",
    .options = options,
    .details =
        "A run that died leaves what had arrived; the next run of the host links to it and then takes it away. "
        "--cleanup does that now. What a run in progress has made is never touched.",
    .exits =
        "3 when the files are not all removed yet, 5 when there is no such host, 6 while a run of the host goes "
        "on, 7 when --cleanup is not confirmed, 8 for the backup root.",
    .examples = "pobsync incomplete web1\npobsync incomplete web1 --cleanup --yes",
    .json = true,
    .long_running = true,
    .run = run,
};
