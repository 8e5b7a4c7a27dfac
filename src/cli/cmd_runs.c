/* pobsync runs */
#include "base/parse.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "service/document.h"
#include "sys/clock.h"
#include "sys/stop.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500, WATCHED = 20, WATCH_MS = 2000 };

static void add_run(struct table *table, const json_t *item, int64_t now)
{
    struct arena *arena = table->arena;

    table_add(table, cell_count(arena, item, "id"));
    table_add(table, cell_text(arena, item, "host"));
    table_add(table, cell_text(arena, item, "job"));
    table_add(table, cell_text(arena, item, "state"));
    table_add(table, cell_ago(arena, item, "started_at", now));
    table_add(table, cell_span(arena, item, "started_at", "ended_at"));
    table_add(table, cell_text(arena, item, "cause"));
    table_add(table, cell_text(arena, item, "snapshot"));
}

static int number(const struct call *call, const char *option, int64_t max, int64_t *value, struct err *err)
{
    const char *text = call_value(call, option);

    if (text == NULL || parse_int(text, 1, max, value, err) == 0)
        return 0;
    return err_in(err, "--%s", option);
}

static int render(struct call *call, const json_t *document, int64_t now)
{
    static const struct table_column columns[] = {
        {"RUN", TABLE_RIGHT},    {"HOST", TABLE_LEFT}, {"JOB", TABLE_LEFT},   {"STATE", TABLE_STATE},
        {"STARTED", TABLE_LEFT}, {"TOOK", TABLE_LEFT}, {"CAUSE", TABLE_LEFT}, {"SNAPSHOT", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *items = json_object_get(document, "items");

    if (json_array_size(items) == 0) {
        call_note(call, "no such runs");
        return 0;
    }
    for (size_t i = 0; i < json_array_size(items); i++)
        add_run(&table, json_array_get(items, i), now);
    table_render(&table, &call->terminal, &call->out);
    if (cell_number(document, "next") > 0)
        call_note(call, "there are more: --before %s", cell_count(call->arena, document, "next"));
    return 0;
}

/* Elsewhere than on a terminal each run that is new or has another state is a line. */
static void tell_changes(struct call *call, const json_t *items, const json_t *before)
{
    for (size_t i = json_array_size(items); i-- > 0;) {
        const json_t *item = json_array_get(items, i), *old = NULL;

        for (size_t j = 0; old == NULL && j < json_array_size(before); j++)
            if (cell_number(json_array_get(before, j), "id") == cell_number(item, "id"))
                old = json_array_get(before, j);
        if (old != NULL && json_equal(json_object_get(old, "state"), json_object_get(item, "state")))
            continue;
        buf_printf(&call->out, "run %s  %s  %s  %s\n", cell_count(call->arena, item, "id"),
                   cell_text(call->arena, item, "host"), cell_text(call->arena, item, "job"),
                   cell_text(call->arena, item, "state"));
    }
}

/* How far each is that runs, below the table. */
static void add_progress(struct call *call, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *progress = json_object_get(item, "progress");
        const char *text = progress_cell(call->arena, progress);

        if (text == NULL)
            continue;
        buf_printf(&call->out, "\nrun %s of %s: %s\n", cell_count(call->arena, item, "id"),
                   cell_text(call->arena, item, "host"), text);
        if (json_is_string(json_object_get(progress, "path")))
            buf_printf(&call->out, "  %s\n", cell_text(call->arena, progress, "path"));
    }
}

/* One look: the screen anew, or what has changed since the look before. */
static int look(struct call *call, json_t **before, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct arena *life = call->arena;
    json_t *document = NULL;
    int result;

    call->arena = call->service.arena = &arena;
    call->service.now = clock_now();
    result = document_runs(&call->service, call_value(call, "host"), call_value(call, "state"), 0, WATCHED,
                           &document, err);
    if (result == 0 && call->terminal.out_is_tty) {
        buf_add_text(&call->out, "\033[H\033[J");
        json_object_del(document, "next");
        result = render(call, document, call->service.now);
        add_progress(call, json_object_get(document, "items"));
    } else if (result == 0) {
        tell_changes(call, json_object_get(document, "items"), json_object_get(*before, "items"));
    }
    call_flush(call);
    call->arena = call->service.arena = life;
    json_decref(*before);
    *before = document;
    return result;
}

static int watch(struct call *call, struct err *err)
{
    json_t *before = NULL;
    int result = 0;

    while (result == 0 && stop_requested() == 0 && call->out_errno == 0) {
        result = look(call, &before, err);
        stop_poll(NULL, 0, WATCH_MS);
    }
    json_decref(before);
    return result;
}

static int run(struct call *call, struct err *err)
{
    struct service *service;
    int64_t limit = LIMIT_DEFAULT, before = 0;
    JSON_SCOPED *document = NULL;

    if (number(call, "limit", LIMIT_MAX, &limit, err) < 0 ||
        number(call, "before", INT64_MAX, &before, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service != NULL && call_has(call, "watch"))
        return watch(call, err);
    if (service == NULL || document_runs(service, call_value(call, "host"), call_value(call, "state"), before,
                                         (int)limit, &document, err) < 0)
        return -1;
    if (!call->json)
        return render(call, document, service->now);
    call_add_json(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"host", 0, "HOST", "only runs of this host"},
    {"state", 0, "queued|running|success|warning|partial|failed|cancelled", "only runs in this state"},
    {"limit", 0, "N", "how many, 1 to 500 (default: 50)"},
    {"watch", 0, NULL, "go on showing the newest 20 until interrupted; piped: a line for each change"},
    {"before", 0, "RUN", "only runs older than this one, to go on with a long list"},
    {0},
};

const struct command cmd_runs = {
    .name = "runs",
    .summary = "list runs, newest first",
    .options = options,
    .exits = "5 when there is no such host.",
    .examples = "pobsync runs --host web1\npobsync runs --state failed --limit 10",
    .json = true,
    .long_running = true,
    .run = run,
};
