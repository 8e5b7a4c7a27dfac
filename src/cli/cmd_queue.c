/* pobsync queue */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "service/document_queue.h"

static void add_running(struct call *call, const json_t *items, int64_t now)
{
    static const struct table_column columns[] = {{"RUN", TABLE_RIGHT},  {"HOST", TABLE_LEFT},
                                                  {"JOB", TABLE_LEFT},   {"STATE", TABLE_STATE},
                                                  {"SINCE", TABLE_LEFT}, {"PROGRESS", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *run = json_array_get(items, i);
        const char *progress = progress_cell(call->arena, json_object_get(run, "progress"));

        table_add(&table, cell_count(call->arena, run, "id"));
        table_add(&table, cell_text(call->arena, run, "host"));
        table_add(&table, cell_text(call->arena, run, "job"));
        table_add(&table, json_is_null(json_object_get(run, "cancel_at"))
                              ? cell_text(call->arena, run, "state")
                              : "cancelling");
        table_add(&table, cell_ago(call->arena, run, "started_at", now));
        table_add(&table, progress == NULL ? CELL_NONE : progress);
    }
    if (table_row_count(&table) > 0)
        table_render(&table, &call->terminal, &call->out);
}

static void add_waiting(struct call *call, const json_t *items, int64_t now)
{
    static const struct table_column columns[] = {{"RUN", TABLE_RIGHT},
                                                  {"HOST", TABLE_LEFT},
                                                  {"JOB", TABLE_LEFT},
                                                  {"DUE", TABLE_LEFT},
                                                  {"WAITS BECAUSE", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *run = json_array_get(items, i);

        table_add(&table, cell_count(call->arena, run, "id"));
        table_add(&table, cell_text(call->arena, run, "host"));
        table_add(&table, cell_text(call->arena, run, "job"));
        table_add(&table, cell_ago(call->arena, run, "due_at", now));
        table_add(&table, cell_text(call->arena, run, "waits"));
    }
    if (table_row_count(&table) > 0)
        table_render(&table, &call->terminal, &call->out);
}

static void render(struct call *call, const json_t *document, int64_t now)
{
    const json_t *running = json_object_get(document, "running"), *items = json_object_get(document, "items");
    const json_t *places = json_object_get(document, "places");

    add_running(call, running, now);
    if (json_array_size(running) > 0 && json_array_size(items) > 0)
        buf_add_char(&call->out, '\n');
    add_waiting(call, items, now);
    if (json_array_size(running) + json_array_size(items) == 0)
        call_note(call, "nothing runs and nothing waits");
    call_note(call, "%s of %s slots are taken; %zu worker%s", cell_count(call->arena, places, "used"),
              cell_count(call->arena, places, "limit"), json_array_size(json_object_get(document, "workers")),
              json_array_size(json_object_get(document, "workers")) == 1 ? "" : "s");
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL || document_queue(service, 0, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document, service->now);
    return 0;
}

const struct command cmd_queue = {
    .name = "queue",
    .summary = "show what runs, what waits, and why it waits",
    .details = "What waits is in the order in which it will begin: by the time at which it is due.",
    .examples = "pobsync queue",
    .json = true,
    .run = run,
};
