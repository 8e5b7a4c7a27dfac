/* pobsync purges */
#include "base/parse.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/document_purge.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 10000 };

static void add_purge(struct table *table, const json_t *purge)
{
    struct arena *arena = table->arena;
    bool gone = cell_time(purge, "removed_at") >= 0;

    table_add(table, cell_minute(arena, purge, "at"));
    table_add(table, cell_text(arena, purge, "host"));
    table_add(table, cell_text(arena, purge, "snapshot"));
    table_add(table, gone ? cell_bytes(arena, purge, "freed_bytes") : "not yet");
    table_add(table, cell_text(arena, purge, "actor"));
    table_add(table, cell_text(arena, purge, "reason"));
}

static int run(struct call *call, struct err *err)
{
    static const struct table_column columns[] = {{"DELETED", TABLE_LEFT},  {"HOST", TABLE_LEFT},
                                                  {"SNAPSHOT", TABLE_LEFT}, {"FREED", TABLE_RIGHT},
                                                  {"BY", TABLE_LEFT},       {"REASON", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const char *text = call_value(call, "limit");
    int64_t limit = LIMIT_DEFAULT;
    JSON_SCOPED *document = NULL;
    struct service *service;
    const json_t *items;

    if (text != NULL && parse_int(text, 1, LIMIT_MAX, &limit, err) < 0)
        return err_in(err, "--limit");
    service = call_service(call, err);
    if (service == NULL || document_purges(service, call_word(call, 0), 0, (int)limit, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    items = json_object_get(document, "items");
    if (json_array_size(items) == 0) {
        call_note(call, "no snapshot was ever deleted here");
        return 0;
    }
    for (size_t i = 0; i < json_array_size(items); i++)
        add_purge(&table, json_array_get(items, i));
    table_render(&table, &call->terminal, &call->out);
    return 0;
}

static const struct option_spec options[] = {
    {"limit", 0, "N", "how many, 1 to 10000 (default: 50)"},
    {0},
};

const struct command cmd_purges = {
    .name = "purges",
    .summary = "list what was deleted: when, by whom and why",
    .operands = "[HOST]",
    .options = options,
    .details =
        "Newest first, of all hosts or of one. FREED is what the disk got back: blocks of files that no other "
        "snapshot had, and of directories; \"not yet\" while files are still in the trash. The same stands in "
        ".pobsync/purges.jsonl of each host.",
    .exits = "5 when there is no such host.",
    .examples = "pobsync purges\npobsync purges web1 --json",
    .json = true,
    .run = run,
};
