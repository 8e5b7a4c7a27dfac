/* pobsync space */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_browse.h"

static void render(struct call *call, const json_t *items)
{
    static const struct table_column columns[] = {{"SNAPSHOT", TABLE_LEFT},   {"KIND", TABLE_LEFT},
                                                  {"SIZE", TABLE_RIGHT},      {"NEW", TABLE_RIGHT},
                                                  {"EXCLUSIVE", TABLE_RIGHT}, {"FOLDERS", TABLE_RIGHT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(&table, cell_text(call->arena, item, "name"));
        table_add(&table, cell_text(call->arena, item, "kind"));
        table_add(&table, cell_bytes(call->arena, item, "bytes"));
        table_add(&table, cell_bytes(call->arena, item, "new_bytes"));
        table_add(&table, cell_bytes(call->arena, item, "exclusive_bytes"));
        table_add(&table, cell_bytes(call->arena, item, "directory_bytes"));
    }
    table_render(&table, &call->terminal, &call->out);
}

static void note_sum(struct call *call, const json_t *document)
{
    const json_t *unread = json_object_get(document, "unread"), *chosen = json_object_get(document, "chosen");

    call_note(call, "all together: %s", cell_bytes(call->arena, document, "bytes"));
    if (json_array_size(chosen) > 0)
        call_note(call, "without these %zu: %s free", json_array_size(chosen),
                  cell_bytes(call->arena, document, "freed_bytes"));
    for (size_t i = 0; i < json_array_size(unread); i++)
        call_note(call, "not measured in full: %s: %s",
                  cell_text(call->arena, json_array_get(unread, i), "snapshot"),
                  cell_text(call->arena, json_array_get(unread, i), "why"));
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    struct list chosen = {0};

    if (service == NULL)
        return -1;
    for (size_t i = 0; i < call->use_count; i++)
        if (strcmp(call->uses[i].spec->name, "without") == 0)
            list_add(call->arena, &chosen, call->uses[i].value);
    if (service_browse_space(service, call_word(call, 0), &chosen, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
    } else if (json_array_size(json_object_get(document, "items")) == 0) {
        call_note(call, "no snapshots yet; make one: pobsync backup %s", call_word(call, 0));
    } else {
        render(call, json_object_get(document, "items"));
        note_sum(call, document);
    }
    return json_array_size(json_object_get(document, "unread")) > 0 ? err_exit_status(ERR_PARTIAL) : 0;
}

static const struct option_spec options[] = {
    {"without", 0, "SNAPSHOT", "also tell what would be free if this one went; may be given several times"},
    {0},
};

const struct command cmd_space = {
    .name = "space",
    .summary = "measure what the snapshots of a host take on disk",
    .operands = "HOST",
    .options = options,
    .details =
        "SIZE is what du -s says of the snapshot's data. NEW is what no older snapshot held. EXCLUSIVE is what would be "
        "free if this one alone went: of two that share a file, neither has it to itself, so these figures do not add "
        "up; --without measures a set together. FOLDERS is the part of each that directories take, which are never "
        "shared. All snapshots are read in one pass by inode numbers.",
    .exits = "3 when something could not be measured, 5 when there is no such host, 8 for the backup root.",
    .examples = "pobsync space web1\npobsync space web1 --without 2026-11-01 --without 2026-11-02",
    .json = true,
    .long_running = true,
    .run = run,
};
