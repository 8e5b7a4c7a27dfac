/* Looking for names: in the snapshots of a host, and on all hosts. */
#include <string.h>

#include "base/buf.h"
#include "service/find_words.h"
#include "service/reader_client.h"
#include "web/page.h"
#include "web/place_link.h"
#include "web/visit.h"

enum { HITS_SHOWN = 500 };

/* What was found, with where each leads. `only`: its host, NULL when each says its own. */
static json_t *hits(struct visit *visit, const char *only, const json_t *items)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *snapshots = json_object_get(item, "snapshots");
        const char *host = only != NULL ? only : json_string_value(json_object_get(item, "host"));
        const char *newest = json_string_value(json_array_get(snapshots, 0));
        const char *full = place_link_name(visit->arena, item, "path"), *path = full + (*full == '/');
        const char *slash = strrchr(path, '/');
        const char *type = json_string_value(json_object_get(item, "type"));
        bool is_file = strcmp(type, "file") == 0;
        bool is_directory = strcmp(type, "directory") == 0;
        json_t *row = json_copy((json_t *)(uintptr_t)item);

        json_object_set_new(row, "path", json_string(place_link_shown(visit->arena, path)));
        json_object_set_new(row, "newest", json_string(newest));
        json_object_set_new(row, "count", json_integer((json_int_t)json_array_size(snapshots)));
        json_object_set_new(row, "file", json_boolean(is_file));
        json_object_set_new(
            row, "href",
            is_file || is_directory
                ? json_string(place_link(visit->arena, host, is_file ? "content" : "browse", newest, path))
                : json_null());
        json_object_set_new(
            row, "folder",
            json_string(
                place_link(visit->arena, host, "browse", newest,
                           slash != NULL ? arena_copy(visit->arena, path, (size_t)(slash - path)) : "")));
        json_object_set_new(row, "text", json_string(place_link(visit->arena, host, "text", newest, path)));
        json_object_set_new(row, "versions",
                            json_string(place_link(visit->arena, host, "versions", NULL, path)));
        json_array_append_new(list, row);
    }
    return list;
}

/* The form as it was sent. */
static void put_words(const struct visit *visit, json_t *extra)
{
    static const char *const names[] = {"q", "host", "snapshot", "since", "until", "size"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = visit_text(visit, names[i]);

        if (json_object_get(extra, names[i]) == NULL)
            json_object_set_new(extra, names[i], text != NULL ? json_string(text) : json_null());
    }
}

/* Without a name to look for nothing is searched, and the page is its form alone. */
int page_search(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {.verb = READER_FIND,
                                     .host = visit_param(visit, "host"),
                                     .snapshot = visit_text(visit, "snapshot"),
                                     .path = "",
                                     .wish = {.limit = HITS_SHOWN}};
    const struct find_words words = {visit_text(visit, "q"), visit_text(visit, "since"),
                                     visit_text(visit, "until"), visit_text(visit, "size")};

    if (words.name == NULL)
        *document = json_pack("{s:s, s:[], s:i, s:i, s:i, s:[]}", "host", request.host, "items", "more", 0,
                              "searched", 0, "entries", 0, "unread");
    else if (find_words_wish(&words, visit->service->now, &request.find, err) < 0 ||
             page_ask(visit, &request, document, err) < 0)
        return -1;
    visit->extra = json_pack(
        "{s:o, s:b, s:I}", "rows", hits(visit, request.host, json_object_get(*document, "items")), "asked",
        words.name != NULL, "shown", (json_int_t)json_array_size(json_object_get(*document, "items")));
    put_words(visit, visit->extra);
    return 0;
}

/* The form sent with a host: the search of that host has an address of its own. */
static void go_to_host(struct visit *visit, const char *host)
{
    static const char *const names[] = {"q", "since", "until", "size"};
    BUF_SCOPED address = BUF_EMPTY;
    char mark = '?';

    buf_printf(&address, "%s/hosts/%s/search", visit->api ? "/api/v1" : "",
               url_encode(visit->arena, host, false));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = visit_text(visit, names[i]);

        if (text == NULL)
            continue;
        buf_printf(&address, "%c%s=%s", mark, names[i], url_encode(visit->arena, text, false));
        mark = '&';
    }
    visit_redirect(visit, arena_strdup(visit->arena, buf_text(&address)));
}

int page_search_all(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {.verb = READER_FIND, .path = "", .wish = {.limit = HITS_SHOWN}};
    const struct find_words words = {visit_text(visit, "q"), visit_text(visit, "since"),
                                     visit_text(visit, "until"), visit_text(visit, "size")};
    const char *host = visit_text(visit, "host");

    if (host != NULL) {
        go_to_host(visit, host);
        return 0;
    }
    if (words.name == NULL)
        *document = json_pack("{s:[], s:i, s:i, s:i, s:[], s:[]}", "items", "more", 0, "searched", 0,
                              "entries", 0, "unread", "unsearched");
    else if (find_words_wish(&words, visit->service->now, &request.find, err) < 0 ||
             page_ask(visit, &request, document, err) < 0)
        return -1;
    visit->extra = json_pack(
        "{s:o, s:b, s:I}", "rows", hits(visit, NULL, json_object_get(*document, "items")), "asked",
        words.name != NULL, "shown", (json_int_t)json_array_size(json_object_get(*document, "items")));
    put_words(visit, visit->extra);
    return 0;
}
