/* pobsync snapshots */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/document.h"

/* One word for what matters most: what keeps people from relying on a snapshot comes before how it ended. */
static const char *state_of(struct arena *arena, const json_t *snapshot)
{
    if (!json_is_null(json_object_get(snapshot, "missing_since")))
        return "missing";
    if (!json_is_null(json_object_get(snapshot, "held_reason")))
        return "held";
    return cell_text(arena, snapshot, "status");
}

static void add_snapshot(struct table *table, const json_t *snapshot, int64_t now)
{
    struct arena *arena = table->arena;

    table_add(table, cell_text(arena, snapshot, "host"));
    table_add(table, cell_text(arena, snapshot, "name"));
    table_add(table, cell_text(arena, snapshot, "kind"));
    table_add(table, state_of(arena, snapshot));
    table_add(table, cell_text(arena, snapshot, "good"));
    table_add(table, cell_ago(arena, snapshot, "started_at", now));
    table_add(table, cell_count(arena, snapshot, "files"));
    table_add(table, cell_bytes(arena, snapshot, "bytes"));
    table_add(table, cell_bytes(arena, snapshot, "new_bytes"));
    table_add(table, cell_share(arena, snapshot, "linked_files", "files"));
}

static int run(struct call *call, struct err *err)
{
    static const struct table_column columns[] = {
        {"HOST", TABLE_LEFT}, {"SNAPSHOT", TABLE_LEFT}, {"KIND", TABLE_LEFT},   {"STATE", TABLE_STATE},
        {"GOOD", TABLE_LEFT}, {"STARTED", TABLE_LEFT},  {"FILES", TABLE_RIGHT}, {"SIZE", TABLE_RIGHT},
        {"NEW", TABLE_RIGHT}, {"LINKED", TABLE_RIGHT}};
    struct table table = TABLE_OF(call->arena, columns);
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *items;

    if (service == NULL || document_snapshots(service, call_word(call, 0), &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    items = json_object_get(document, "items");
    if (json_array_size(items) == 0) {
        call_note(call, "no snapshots yet; make one: pobsync backup %s",
                  call_word(call, 0) != NULL ? call_word(call, 0) : "HOST");
        return 0;
    }
    for (size_t i = 0; i < json_array_size(items); i++)
        add_snapshot(&table, json_array_get(items, i), service->now);
    table_render(&table, &call->terminal, &call->out);
    return 0;
}

const struct command cmd_snapshots = {
    .name = "snapshots",
    .summary = "list the snapshots of a host or of all, newest first",
    .operands = "[HOST]",
    .details =
        "Incomplete and missing snapshots are listed too. GOOD says whether one may rely on the snapshot: it "
        "succeeded, is not held, is confirmed and on disk. With --json each has its path.",
    .exits = "5 when there is no such host.",
    .examples = "pobsync snapshots web1\npobsync snapshots web1 --json",
    .json = true,
    .run = run,
};
