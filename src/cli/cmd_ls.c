/* pobsync ls */
#include <string.h>

#include "base/parse.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "model/place.h"
#include "service/service_browse.h"

/* "etc/" for a directory, "a -> b" for a symbolic link: a slash and an arrow, as ls -F and ls -l write them. */
static const char *name_of(struct arena *arena, const json_t *item)
{
    const char *name = cell_text(arena, item, "name"), *type = cell_text(arena, item, "type");

    if (strcmp(type, "directory") == 0)
        return arena_printf(arena, "%s/", name);
    if (json_object_get(item, "target") != NULL)
        return arena_printf(arena, "%s -> %s", name, cell_text(arena, item, "target"));
    return name;
}

static const char *size_of(struct arena *arena, const json_t *item)
{
    return strcmp(cell_text(arena, item, "type"), "file") == 0 ? cell_bytes(arena, item, "size") : CELL_NONE;
}

static void render(struct call *call, const json_t *items)
{
    static const struct table_column columns[] = {{"MODE", TABLE_RIGHT},
                                                  {"OWNER", TABLE_LEFT},
                                                  {"SIZE", TABLE_RIGHT},
                                                  {"MODIFIED (UTC)", TABLE_LEFT},
                                                  {"NAME", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(&table, cell_text(call->arena, item, "mode"));
        table_add(&table, arena_printf(call->arena, "%s:%s", cell_text(call->arena, item, "uid"),
                                       cell_text(call->arena, item, "gid")));
        table_add(&table, size_of(call->arena, item));
        table_add(&table, cell_minute(call->arena, item, "modified"));
        table_add(&table, name_of(call->arena, item));
    }
    table_render(&table, &call->terminal, &call->out);
}

static int read_wish(const struct call *call, struct listing_wish *wish, struct err *err)
{
    const char *sort = call_has(call, "sort") ? call_value(call, "sort") : "name";
    int64_t limit = 0;

    *wish = (struct listing_wish){.filter = call_value(call, "filter"),
                                  .after = call_value(call, "after"),
                                  .reverse = call_has(call, "reverse")};
    if (strcmp(sort, "size") == 0)
        wish->order = LISTING_BY_SIZE;
    else if (strcmp(sort, "time") == 0)
        wish->order = LISTING_BY_TIME;
    else if (strcmp(sort, "name") != 0)
        return err_set(err, ERR_USAGE, "--sort is name, size or time, not \"%s\"", sort);
    if (wish->after != NULL && wish->order != LISTING_BY_NAME)
        return err_set(err, ERR_USAGE, "--after goes with the order by name only");
    if (call_has(call, "limit") && parse_int(call_value(call, "limit"), 1, 1000000, &limit, err) < 0)
        return err_in(err, "--limit");
    wish->limit = (size_t)limit;
    return 0;
}

static int run(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;
    struct listing_wish wish;
    struct service *service;
    struct place place;
    const json_t *items;

    if (place_parse(call->arena, call_word(call, 0), &place, err) < 0 || read_wish(call, &wish, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service == NULL ||
        service_browse_list(service, place.host, place.snapshot, place.path, &wish, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    items = json_object_get(document, "items");
    if (json_array_size(items) > 0)
        render(call, items);
    call_note(call, "%s of %s entries, snapshot %s", arena_printf(call->arena, "%zu", json_array_size(items)),
              cell_count(call->arena, document, "total"), cell_text(call->arena, document, "snapshot"));
    return 0;
}

static const struct option_spec options[] = {
    {"filter", 0, "TEXT", "only names with this in them, letters of either case alike"},
    {"sort", 0, "name|size|time", "the order; by name unless told"},
    {"reverse", 0, NULL, "the other way round"},
    {"limit", 0, "N", "at most so many entries; all unless told"},
    {"after", 0, "NAME", "only entries behind this name: the next page"},
    {0},
};

const struct command cmd_ls = {
    .name = "ls",
    .summary = "list a directory of a snapshot",
    .operands = "PLACE",
    .options = options,
    .details =
        "PLACE is HOST[@SNAPSHOT]:PATH, as in web1:/etc or web1@2026-11-01:/etc. SNAPSHOT is a name, a date (the "
        "newest good one that began on that day of the host's time zone) or latest (the newest good one, also when "
        "left out). PATH is absolute below the snapshot. Symbolic links are shown, never followed. OWNER is user and "
        "group as numbers: their names are the host's. Bytes of names that no terminal should get are shown as \\xNN; "
        "--json has the names as they are (name_b64 where they are not UTF-8).",
    .exits =
        "1 when the way leads over a symbolic link, 5 when there is no such host, snapshot or path, 8 for the "
        "backup root.",
    .examples = "pobsync ls web1:/etc\npobsync ls web1@2026-11-01:/var/log --sort size --reverse",
    .json = true,
    .run = run,
};
