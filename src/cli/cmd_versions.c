/* pobsync versions */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "model/place.h"
#include "service/service_browse.h"

static const char *size_of(struct arena *arena, const json_t *item)
{
    const char *type = cell_text(arena, item, "type");

    return strcmp(type, "file") == 0 ? cell_bytes(arena, item, "size") : type;
}

/* The day in the name of the oldest snapshot that holds it: "20261122-…". */
static const char *day_of(struct arena *arena, const json_t *snapshots)
{
    const char *name = json_string_value(json_array_get(snapshots, json_array_size(snapshots) - 1));

    if (name == NULL || strlen(name) < 8)
        return CELL_NONE;
    return arena_printf(arena, "%.4s-%.2s-%.2s", name, name + 4, name + 6);
}

static void render(struct call *call, const json_t *items)
{
    static const struct table_column columns[] = {{"SIZE", TABLE_RIGHT},
                                                  {"MODIFIED (UTC)", TABLE_LEFT},
                                                  {"SNAPSHOTS", TABLE_RIGHT},
                                                  {"SINCE", TABLE_LEFT},
                                                  {"NEWEST", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *snapshots = json_object_get(item, "snapshots");
        const char *newest = json_string_value(json_array_get(snapshots, 0));

        table_add(&table, size_of(call->arena, item));
        table_add(&table, cell_minute(call->arena, item, "modified"));
        table_add(&table, arena_printf(call->arena, "%zu", json_array_size(snapshots)));
        table_add(&table, day_of(call->arena, snapshots));
        table_add(&table, newest);
    }
    table_render(&table, &call->terminal, &call->out);
}

static void note_rest(struct call *call, const json_t *document)
{
    const json_t *unread = json_object_get(document, "unread");
    size_t absent = json_array_size(json_object_get(document, "absent"));

    if (absent > 0)
        call_note(call, "it is not in %zu other snapshot%s", absent, absent == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(unread); i++) {
        const json_t *item = json_array_get(unread, i);

        call_note(call, "not looked into: %s: %s", cell_text(call->arena, item, "snapshot"),
                  cell_text(call->arena, item, "why"));
    }
}

static int run(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;
    struct service *service;
    struct place place;
    const json_t *items;

    if (place_parse(call->arena, call_word(call, 0), &place, err) < 0)
        return -1;
    if (place.snapshot != NULL)
        return err_set(err, ERR_USAGE, "versions looks into all snapshots: give HOST:PATH without \"@\"");
    service = call_service(call, err);
    if (service == NULL || service_browse_versions(service, place.host, place.path, &document, err) < 0)
        return -1;
    items = json_object_get(document, "items");
    if (call->json) {
        call_add_json(call, document);
    } else {
        if (json_array_size(items) > 0)
            render(call, items);
        note_rest(call, document);
    }
    return json_array_size(json_object_get(document, "unread")) > 0 ? err_exit_status(ERR_PARTIAL) : 0;
}

const struct command cmd_versions = {
    .name = "versions",
    .summary = "list the versions of a file over all snapshots",
    .operands = "PLACE",
    .details =
        "PLACE is HOST:PATH. Each version is listed once, newest first, with the number of snapshots that hold it: "
        "unchanged files are hard links, so that nothing has to be read to tell. Of a directory each state of its own "
        "entries is one. To get one: pobsync cat HOST@SNAPSHOT:PATH.",
    .exits = "3 when snapshots could not be looked into, 5 when it is in no snapshot, 8 for the backup root.",
    .examples = "pobsync versions web1:/etc/fstab",
    .json = true,
    .run = run,
};
