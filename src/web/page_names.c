/* The names of a directory over all snapshots. */
#include <string.h>

#include "base/parse.h"
#include "service/reader_client.h"
#include "service/service_browse.h"
#include "web/page.h"
#include "web/place_link.h"
#include "web/visit.h"

enum { NAMES_SHOWN = 100 };

/* Each name with where its versions are told; a directory with its own page of this kind. */
static json_t *rows(struct visit *visit, const char *path, const json_t *items)
{
    const char *host = visit_param(visit, "host");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *row = json_copy(json_array_get(items, i));
        const char *name = place_link_name(visit->arena, row, "name");
        const char *below = arena_printf(visit->arena, "%s%s%s", path, *path != '\0' ? "/" : "", name);
        bool is_directory = strcmp(json_string_value(json_object_get(row, "type")), "directory") == 0;

        json_object_set_new(row, "name", json_string(place_link_shown(visit->arena, name)));
        json_object_set_new(row, "directory", json_boolean(is_directory));
        json_object_set_new(
            row, "href",
            json_string(place_link(visit->arena, host, is_directory ? "names" : "versions", NULL, below)));
        json_array_append_new(list, row);
    }
    return list;
}

/* The snapshots of the columns, each with the directory in it. */
static json_t *columns(struct visit *visit, const char *path, const json_t *snapshots)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(snapshots); i++) {
        json_t *column = json_copy(json_array_get(snapshots, i));

        json_object_set_new(
            column, "href",
            json_string(place_link(visit->arena, visit_param(visit, "host"), "browse",
                                   json_string_value(json_object_get(column, "name")), path)));
        json_array_append_new(list, column);
    }
    return list;
}

/* This page with other columns, or further names. */
static const char *again(struct visit *visit, const char *path, int64_t from, const char *after)
{
    const char *base = place_link(visit->arena, visit_param(visit, "host"), "names", NULL, path);
    char mark = strchr(base, '?') != NULL ? '&' : '?';

    return arena_printf(
        visit->arena, "%s%cfrom=%lld%s%s", base, mark, (long long)from, after != NULL ? "&after_b64=" : "",
        after != NULL ? url_encode(visit->arena, place_link_coded(visit->arena, after), false) : "");
}

static json_t *link_if(bool wanted, const char *href)
{
    return wanted ? json_string(href) : json_null();
}

int page_names(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {
        .verb = READER_HISTORY, .host = visit_param(visit, "host"), .wish = {.limit = NAMES_SHOWN}};
    const char *text = visit_text(visit, "from"), *after = visit_text(visit, "after_b64");
    int64_t from = 0, total, newer;

    if (text != NULL && parse_int(text, 0, 1000000, &from, err) < 0)
        return err_in(err, "from");
    if (after != NULL && (request.wish.after = place_link_bytes(visit->arena, after)) == NULL)
        return err_set(err, ERR_INVALID, "after_b64 is no name in base64");
    request.wish.offset = (size_t)from;
    if (place_link_path(visit, &request.path, err) < 0 || page_ask(visit, &request, document, err) < 0)
        return -1;
    total = json_integer_value(json_object_get(*document, "total"));
    newer = from > HISTORY_COLUMNS ? from - HISTORY_COLUMNS : 0;
    visit->extra = json_pack("{s:o, s:o, s:s, s:o}", "rows",
                             rows(visit, request.path, json_object_get(*document, "items")), "columns",
                             columns(visit, request.path, json_object_get(*document, "snapshots")), "shown",
                             place_link_shown(visit->arena, arena_printf(visit->arena, "/%s", request.path)),
                             "crumbs", page_crumbs(visit, "names", NULL, request.path));
    json_object_set_new(visit->extra, "newer",
                        link_if(from > 0, again(visit, request.path, newer, request.wish.after)));
    json_object_set_new(visit->extra, "older",
                        link_if(from + HISTORY_COLUMNS < total,
                                again(visit, request.path, from + HISTORY_COLUMNS, request.wish.after)));
    json_object_set_new(
        visit->extra, "further",
        link_if(json_object_get(*document, "next") != NULL,
                again(visit, request.path, from, place_link_name(visit->arena, *document, "next"))));
    return 0;
}
