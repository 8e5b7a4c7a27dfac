/* pobsync rebuild */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/page.h"
#include "cli/table.h"
#include "service/service_rebuild.h"

/* "12 of 14": what is new, of what there is. */
static const char *part(struct call *call, const json_t *item, const char *key)
{
    const json_t *counts = json_object_get(item, key);

    return arena_printf(call->arena, "%lld of %lld", (long long)cell_number(counts, "rebuilt"),
                        (long long)cell_number(counts, "found"));
}

static const char *yes(const json_t *item, const char *key)
{
    return json_is_true(json_object_get(item, key)) ? "yes" : CELL_NONE;
}

static void add_sentence(struct call *call, const char *host, const char *text)
{
    page_fill(&call->out, 0, arena_printf(call->arena, "%s: %s", host, text));
}

/* What a person has to look at, below the table. */
static void add_findings(struct call *call, const json_t *item)
{
    const char *host = cell_text(call->arena, item, "host");
    size_t i;
    const json_t *text;

    if (json_is_string(json_object_get(item, "problem")))
        add_sentence(call, host, cell_text(call->arena, item, "problem"));
    json_array_foreach(json_object_get(item, "unreadable"), i, text)
    {
        add_sentence(call, host, json_string_value(text));
    }
    json_array_foreach(json_object_get(item, "notes"), i, text)
    {
        add_sentence(call, host, json_string_value(text));
    }
}

static void render(struct call *call, const json_t *document)
{
    static const struct table_column columns[] = {
        {"HOST", TABLE_LEFT},    {"STATE", TABLE_LEFT}, {"SNAPSHOTS", TABLE_RIGHT}, {"PINS", TABLE_RIGHT},
        {"PURGES", TABLE_RIGHT}, {"KEYS", TABLE_RIGHT}, {"SCHEDULE", TABLE_LEFT}};
    const json_t *items = json_object_get(document, "items"), *item;
    const json_t *global = json_object_get(document, "global"), *counts = json_object_get(document, "counts");
    bool dry_run = json_is_true(json_object_get(document, "dry_run"));
    struct table table = TABLE_OF(call->arena, columns);
    size_t i;

    page_fill(&call->out, 0, cell_text(call->arena, document, "root"));
    page_fill(&call->out, 0,
              json_is_string(json_object_get(global, "problem"))
                  ? cell_text(call->arena, global, "problem")
                  : arena_printf(call->arena, "global settings: %s (%s)",
                                 cell_text(call->arena, global, "state"),
                                 cell_count(call->arena, global, "settings")));
    buf_add_text(&call->out, "\n");
    json_array_foreach(items, i, item)
    {
        table_add(&table, cell_text(call->arena, item, "host"));
        table_add(&table, cell_text(call->arena, item, "state"));
        table_add(&table, part(call, item, "snapshots"));
        table_add(&table, cell_count(call->arena, item, "pins"));
        table_add(&table, part(call, item, "purges"));
        table_add(&table, cell_count(call->arena, item, "host_keys"));
        table_add(&table, yes(item, "schedule"));
    }
    if (table_row_count(&table) > 0)
        table_render(&table, &call->terminal, &call->out);
    for (i = 0; i < json_array_size(items); i++)
        add_findings(call, json_array_get(items, i));
    if (dry_run)
        call_note(call, "nothing was changed; %s hosts and %s snapshots would be recorded%s",
                  cell_count(call->arena, counts, "rebuilt"),
                  cell_count(call->arena, counts, "rebuilt_snapshots"),
                  json_is_true(json_object_get(document, "ours")) ? "" : "; that takes --adopt-root");
    else
        call_note(call, "%s hosts and %s snapshots recorded%s", cell_count(call->arena, counts, "rebuilt"),
                  cell_count(call->arena, counts, "rebuilt_snapshots"),
                  json_is_string(json_object_get(document, "doubt"))
                      ? "; nothing is pruned before: pobsync discover-snapshots --confirm"
                      : "");
}

static int run(struct call *call, struct err *err)
{
    const struct rebuild_request request = {.path = call_value(call, "backup-root"),
                                            .dry_run = call_has(call, "dry-run"),
                                            .adopt = call_has(call, "adopt-root")};
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (request.path == NULL) {
        err_set(err, ERR_USAGE, "\"rebuild\" needs --backup-root PATH");
        return err_hint(err, "for example: pobsync rebuild --backup-root /backups --dry-run");
    }
    service = call_service(call, err);
    if (service == NULL || service_rebuild(service, &request, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document);
    return json_is_true(json_object_get(document, "whole")) ? 0 : err_exit_status(ERR_PARTIAL);
}

static const struct option_spec options[] = {
    {"backup-root", 0, "PATH", "the root to read"},
    {"dry-run", 0, NULL, "only print what would be recorded; change nothing"},
    {"adopt-root", 0, NULL, "take over a root that another installation has marked, as the lost one has"},
    {0},
};

const struct command cmd_rebuild = {
    .name = "rebuild",
    .summary = "build the database anew from a backup root, when it is lost",
    .options = options,
    .details =
        "Hosts with their settings, pinned host keys and schedules, the global settings, snapshots with their "
        "bases, pins and holds, and what was deleted are read from the disk alone. Not there are runs and their "
        "logs, accounts, alerts, and the private keys of the hosts: see doc/disaster.md. Where there is a copy of the "
        "database, \"database restore\" brings back all of it.\n\n"
        "Nothing in the root is changed but its marker. What is recorded already stays as it is, so that the same "
        "command goes on where one ended that was interrupted. Snapshots are claimed, and nothing is pruned, "
        "before discover-snapshots --confirm has scanned them. A file that breaks a rule is named and counts for "
        "nothing.",
    .exits = "3 when something could not be read, which is named; 7 when the root is that of another "
             "installation and --adopt-root was not given; 8 when it cannot be used.",
    .examples = "pobsync rebuild --backup-root /backups --dry-run\n"
                "pobsync rebuild --backup-root /backups --adopt-root\n"
                "pobsync discover-snapshots --confirm",
    .json = true,
    .long_running = true,
    .run = run,
};
