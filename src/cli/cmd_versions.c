/* pobsync versions */
#include <stdbool.h>
#include <string.h>

#include "base/parse.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "model/place.h"
#include "service/service_browse.h"

enum { FILES_SHOWN = 1000 };

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

/* One letter a snapshot, the newest first, told below the table. */
static void render_files(struct call *call, const json_t *document)
{
    const json_t *items = json_object_get(document, "items"),
                 *snapshots = json_object_get(document, "snapshots");
    struct table_column columns[HISTORY_COLUMNS + 2] = {{"NAME", TABLE_LEFT}, {"VERSIONS", TABLE_RIGHT}};
    size_t count = json_array_size(snapshots);
    struct table table = {.arena = call->arena, .columns = columns, .column_count = count + 2};

    for (size_t i = 0; i < count; i++)
        columns[i + 2] = (struct table_column){arena_printf(call->arena, "%c", (char)('A' + i)), TABLE_RIGHT};
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *cells = json_object_get(item, "cells");
        bool is_directory = strcmp(cell_text(call->arena, item, "type"), "directory") == 0;

        table_add(&table, arena_printf(call->arena, "%s%s", cell_text(call->arena, item, "name"),
                                       is_directory ? "/" : ""));
        table_add(&table, is_directory ? CELL_NONE : cell_count(call->arena, item, "versions"));
        for (size_t j = 0; j < count; j++) {
            const json_t *cell = json_array_get(cells, j);

            table_add(&table, json_is_null(cell)
                                  ? CELL_NONE
                                  : arena_printf(call->arena, "%lld", (long long)json_integer_value(cell)));
        }
    }
    table_render(&table, &call->terminal, &call->out);
    for (size_t i = 0; i < count; i++)
        call_note(call, "%c = %s", (char)('A' + i),
                  cell_text(call->arena, json_array_get(snapshots, i), "name"));
}

static int run_files(struct call *call, const struct place *place, struct err *err)
{
    JSON_SCOPED *document = NULL;
    struct service *service;
    int64_t from = 0, limit = FILES_SHOWN;

    if (call_has(call, "from") && parse_int(call_value(call, "from"), 0, 1000000, &from, err) < 0)
        return err_in(err, "--from");
    if (call_has(call, "limit") && parse_int(call_value(call, "limit"), 1, 1000000, &limit, err) < 0)
        return err_in(err, "--limit");
    service = call_service(call, err);
    if (service == NULL ||
        service_browse_history(service, place->host, place->path, call_value(call, "after"), (size_t)limit,
                               (size_t)from, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
    } else {
        render_files(call, document);
        note_rest(call, document);
        if (json_object_get(document, "next") != NULL)
            call_note(call, "there are more names: --after '%s'", cell_text(call->arena, document, "next"));
        if (from + HISTORY_COLUMNS < cell_number(document, "total"))
            call_note(call, "there are older snapshots: --from %lld", (long long)from + HISTORY_COLUMNS);
    }
    return json_array_size(json_object_get(document, "unread")) > 0 ? err_exit_status(ERR_PARTIAL) : 0;
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
    if (call_has(call, "files"))
        return run_files(call, &place, err);
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

static const struct option_spec options[] = {
    {"files", 0, NULL, "of a directory: its names, and which version of each was in which snapshot"},
    {"after", 0, "NAME", "with --files: begin behind this name"},
    {"limit", 0, "N", "with --files: at most so many names; 1000 unless told"},
    {"from", 0, "N", "with --files: leave out so many of the newest snapshots"},
    {0},
};

const struct command cmd_versions = {
    .name = "versions",
    .summary = "list the versions of a file over all snapshots",
    .operands = "PLACE",
    .options = options,
    .details =
        "PLACE is HOST:PATH. Each version is listed once, newest first, with the number of snapshots that hold it: "
        "unchanged files are hard links, so that nothing has to be read to tell. Of a directory each state of its own "
        "entries is one. To get one: pobsync cat HOST@SNAPSHOT:PATH. With --files PATH is a directory, and each of its names gets "
        "a line: 1 is the oldest version that there is, a dash stands where the name was not there.",
    .exits = "3 when snapshots could not be looked into, 5 when it is in no snapshot, 8 for the backup root.",
    .examples = "pobsync versions web1:/etc/fstab\npobsync versions web1:/etc --files",
    .json = true,
    .run = run,
};
