/* pobsync status */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/page.h"
#include "cli/table.h"
#include "service/document_status.h"

enum { INDENT = 4, NAMED = 10 };

static bool is_by_root(const json_t *host)
{
    return json_is_string(json_object_get(host, "cause"));
}

static void add_verdict(struct call *call, const json_t *document)
{
    const char *verdict = cell_text(call->arena, document, "verdict");

    page_fill(&call->out, 0,
              arena_printf(call->arena, "%c%s.", toupper((unsigned char)verdict[0]), verdict + 1));
}

static void add_root(struct call *call, const json_t *root)
{
    struct arena *arena = call->arena;
    const char *state = cell_text(arena, root, "state"), *inodes = "";

    if (strcmp(state, "ok") != 0) {
        page_fill(&call->out, INDENT, arena_printf(arena, "expected %s", cell_text(arena, root, "expected")));
        page_fill(&call->out, INDENT, arena_printf(arena, "do: %s", cell_text(arena, root, "hint")));
        return;
    }
    /* A file system without a fixed number of inodes has none to tell. */
    if (cell_number(root, "inodes_free") >= 0)
        inodes = arena_printf(arena, ", %s inodes free", cell_count(arena, root, "inodes_free"));
    page_fill(&call->out, 0,
              arena_printf(arena, "Backup root %s: %s free of %s%s", cell_text(arena, root, "path"),
                           cell_bytes(arena, root, "bytes_free"), cell_bytes(arena, root, "bytes_total"),
                           inodes));
}

/* Only where a schedule waits for it. */
static void add_scheduler(struct call *call, const json_t *document)
{
    const json_t *pass = json_object_get(document, "latest_scheduler_pass");
    const json_t *hosts = json_object_get(document, "hosts");
    bool is_awaited = false;

    for (size_t i = 0; i < json_array_size(hosts); i++)
        is_awaited = is_awaited || cell_time(json_array_get(hosts, i), "next_at") >= 0;
    if (!is_awaited || json_is_true(json_object_get(pass, "alive")))
        return;
    if (json_is_object(pass))
        buf_printf(&call->out, "The scheduler does not run since %s UTC: nothing will start by itself.\n",
                   cell_minute(call->arena, pass, "passed_at"));
    else
        buf_add_text(&call->out, "No scheduler has run yet: nothing will start by itself.\n");
}

/* What the root explains is named, and not listed line by line. */
static void add_those_by_root(struct call *call, const json_t *hosts)
{
    struct list names = {0};
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(hosts); i++) {
        const json_t *host = json_array_get(hosts, i);

        if (is_by_root(host) && count++ < NAMED)
            list_add(call->arena, &names, cell_text(call->arena, host, "host"));
    }
    if (count > NAMED)
        list_add(call->arena, &names, arena_printf(call->arena, "and %zu more", count - NAMED));
    if (count == 0)
        return;
    buf_add_char(&call->out, '\n');
    page_fill(&call->out, 0,
              arena_printf(call->arena, "Because of the backup root nothing is known of %zu host%s: %s",
                           count, count == 1 ? "" : "s", list_join(call->arena, &names, ", ")));
}

static void add_host(struct table *table, const json_t *host, int64_t now)
{
    struct arena *arena = table->arena;
    const json_t *good = json_object_get(host, "last_good");

    table_add(table, cell_text(arena, host, "health"));
    table_add(table, cell_text(arena, host, "host"));
    table_add(table, cell_ago(arena, host, "since", now));
    table_add(table, cell_ago(arena, good, "started_at", now));
    table_add(table, cell_ago(arena, host, "next_at", now));
    table_add(table, cell_text(arena, host, "activity"));
}

/* Why, below the line of the host; not where all is well. */
static void add_reason(struct call *call, const json_t *host)
{
    const char *health = cell_text(call->arena, host, "health");

    if (strcmp(health, "ok") != 0)
        page_fill(&call->out, INDENT, cell_text(call->arena, host, "reason"));
}

/* Table first, as its columns are as wide as all its rows ask for; then line by line with the reasons between. */
static void add_hosts(struct call *call, const json_t *hosts, int64_t now)
{
    static const struct table_column columns[] = {{"HEALTH", TABLE_STATE},  {"HOST", TABLE_LEFT},
                                                  {"SINCE", TABLE_LEFT},    {"LAST GOOD", TABLE_LEFT},
                                                  {"NEXT RUN", TABLE_LEFT}, {"ACTIVITY", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    BUF_SCOPED rendered = BUF_EMPTY;
    const char *line;

    for (size_t i = 0; i < json_array_size(hosts); i++)
        if (!is_by_root(json_array_get(hosts, i)))
            add_host(&table, json_array_get(hosts, i), now);
    if (table_row_count(&table) == 0)
        return;
    table_render(&table, &call->terminal, &rendered);
    line = buf_text(&rendered);
    buf_printf(&call->out, "\n%.*s\n", (int)strcspn(line, "\n"), line);
    for (size_t i = 0; i < json_array_size(hosts); i++) {
        if (is_by_root(json_array_get(hosts, i)))
            continue;
        line += strcspn(line, "\n") + 1;
        buf_printf(&call->out, "%.*s\n", (int)strcspn(line, "\n"), line);
        add_reason(call, json_array_get(hosts, i));
    }
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *hosts;

    if (service == NULL || document_status(service, &document, err) < 0)
        return -1;
    hosts = json_object_get(document, "hosts");
    if (call->json) {
        call_add_json(call, document);
    } else {
        add_verdict(call, document);
        add_root(call, json_object_get(document, "root"));
        add_scheduler(call, document);
        add_those_by_root(call, hosts);
        add_hosts(call, hosts, service->now);
    }
    if (call_has(call, "check") && document_status_needs_attention(document))
        return err_exit_status(ERR_ATTENTION);
    return 0;
}

static const struct option_spec options[] = {
    {"check", 0, NULL, "end with 10 when something needs attention, for monitoring"},
    {0},
};

const struct command cmd_status = {
    .name = "status",
    .summary = "tell how every host is, worst first",
    .options = options,
    .details =
        "failed: the last run failed. missed: a run was due and none began within the grace. unknown: backup root or "
        "host directory cannot be read. warning: held, partial, with warnings, or too old. late: due, within the "
        "grace. never: no good snapshot yet. ok. paused: by a person. The first four need attention, and never after "
        "a day.",
    .exits = "10 with --check when a host needs attention or the backup root is not ok.",
    .examples = "pobsync status\npobsync status --check --quiet",
    .json = true,
    .run = run,
};
