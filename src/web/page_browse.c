/* Looking into snapshots, through the reader: directories, versions, differences. */
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "model/pack_format.h"
#include "service/document.h"
#include "service/reader_client.h"
#include "web/page.h"
#include "web/place_link.h"
#include "web/visit.h"

enum { ROWS_SHOWN = 200, SWITCHER_MAX = 200, CHANGES_SHOWN = 1000 };

int page_sort_check(const char *value, struct err *err)
{
    if (strcmp(value, "") == 0 || strcmp(value, "name") == 0 || strcmp(value, "size") == 0 ||
        strcmp(value, "time") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "sort is name, size or time");
}

static json_t *link_of(const char *name, const char *href)
{
    return json_pack("{s:s, s:s}", "name", name, "href", href);
}

/* "web1", "etc", "ssh": every directory on the way to `path`, and that itself. */
json_t *page_crumbs(struct visit *visit, const char *page, const char *snapshot, const char *path)
{
    const char *host = visit_param(visit, "host");
    json_t *links = json_array();

    json_array_append_new(links, link_of("top", place_link(visit->arena, host, page, snapshot, "")));
    for (const char *at = path; *at != '\0';) {
        size_t size = strcspn(at, "/");
        const char *up = arena_copy(visit->arena, path, (size_t)(at - path) + size);
        const char *name = place_link_shown(visit->arena, arena_copy(visit->arena, at, size));

        json_array_append_new(links, link_of(name, place_link(visit->arena, host, page, snapshot, up)));
        at += size + (at[size] == '/');
    }
    return links;
}

/* The newest snapshots, each with the address of the same path in it; "earlier" and "later" beside the one that is
 * shown. */
static int switcher(struct visit *visit, const char *snapshot, const char *path, json_t *extra,
                    struct err *err)
{
    const char *host = visit_param(visit, "host");
    json_t *document, *all, *links = json_array(), *earlier = NULL, *later = NULL, *last = NULL;
    bool is_past = false;

    if (document_snapshots(visit->service, host, &document, err) < 0) {
        json_decref(links);
        return -1;
    }
    all = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *item = json_array_get(all, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        bool current = snapshot != NULL && strcmp(name, snapshot) == 0;
        json_t *link = link_of(name, place_link(visit->arena, host, "browse", name, path));

        json_object_set_new(link, "current", json_boolean(current));
        json_object_set(link, "started_at", json_object_get(item, "started_at"));
        json_object_set(link, "good", json_object_get(item, "good"));
        if (is_past && earlier == NULL)
            earlier = json_incref(link);
        if (current) {
            is_past = true;
            later = last != NULL ? json_incref(last) : NULL;
        }
        json_decref(last);
        last = json_incref(link);
        if (i < SWITCHER_MAX || current)
            json_array_append(links, link);
        json_decref(link);
    }
    json_decref(last);
    json_object_set_new(extra, "several", json_boolean(json_array_size(all) > 1));
    json_decref(document);
    json_object_set_new(extra, "snapshots", links);
    json_object_set_new(extra, "earlier", earlier != NULL ? earlier : json_null());
    json_object_set_new(extra, "later", later != NULL ? later : json_null());
    return 0;
}

/* The entries once more, with where each leads. */
static json_t *rows(struct visit *visit, const json_t *document, const char *snapshot, const char *path)
{
    const char *host = visit_param(visit, "host");
    const json_t *items = json_object_get(document, "items");
    json_t *rows = json_array();

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *name = place_link_name(visit->arena, item, "name");
        const char *type = json_string_value(json_object_get(item, "type"));
        const char *below = arena_printf(visit->arena, "%s%s%s", path, *path != '\0' ? "/" : "", name);
        json_t *row = json_copy((json_t *)(uintptr_t)item);
        bool is_file = type != NULL && strcmp(type, "file") == 0;
        bool is_directory = type != NULL && strcmp(type, "directory") == 0;

        json_object_set_new(row, "name", json_string(place_link_shown(visit->arena, name)));
        if (json_object_get(item, "target") == NULL)
            json_object_set_new(row, "target", json_null());
        else
            json_object_set_new(
                row, "target",
                json_string(place_link_shown(visit->arena, place_link_name(visit->arena, item, "target"))));
        json_object_set_new(row, "item", json_string(place_link_coded(visit->arena, below)));
        json_object_set_new(row, "directory", json_boolean(is_directory));
        json_object_set_new(row, "file", json_boolean(is_file));
        json_object_set_new(
            row, "href",
            is_directory || is_file
                ? json_string(place_link(visit->arena, host, is_file ? "content" : "browse", snapshot, below))
                : json_null());
        json_object_set_new(row, "text",
                            json_string(place_link(visit->arena, host, "text", snapshot, below)));
        json_object_set_new(row, "versions",
                            json_string(place_link(visit->arena, host, "versions", NULL, below)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static int read_wish(struct visit *visit, struct listing_wish *wish, struct err *err)
{
    const char *sort = visit_text(visit, "sort"), *from = visit_text(visit, "from");
    int64_t offset = 0;

    if (from != NULL && parse_int(from, 0, 100000000, &offset, err) < 0)
        return err_in(err, "from");
    *wish = (struct listing_wish){.filter = visit_text(visit, "q"),
                                  .reverse = visit_text(visit, "reverse") != NULL,
                                  .offset = (size_t)offset,
                                  .limit = ROWS_SHOWN};
    if (sort != NULL && strcmp(sort, "size") == 0)
        wish->order = LISTING_BY_SIZE;
    else if (sort != NULL && strcmp(sort, "time") == 0)
        wish->order = LISTING_BY_TIME;
    return 0;
}

/* The address of this page with other fields. */
static const char *again(struct visit *visit, const char *base, const char *sort, bool reverse, size_t from)
{
    const char *filter = visit_text(visit, "q");
    const char *mark = strchr(base, '?') != NULL ? "&" : "?";

    return arena_printf(visit->arena, "%s%ssort=%s%s&from=%zu%s%s", base, mark, sort,
                        reverse ? "&reverse=yes" : "", from, filter != NULL ? "&q=" : "",
                        filter != NULL ? url_encode(visit->arena, filter, false) : "");
}

/* Headers that sort, and the pages before and behind this one. */
static void put_pages(struct visit *visit, const struct listing_wish *wish, const json_t *document,
                      const char *base, json_t *extra)
{
    static const char *const names[] = {"name", "size", "time"};
    size_t found = (size_t)json_integer_value(json_object_get(document, "found"));
    size_t end = wish->offset + json_array_size(json_object_get(document, "items"));

    for (int order = 0; order < 3; order++)
        json_object_set_new(
            extra, arena_printf(visit->arena, "by_%s", names[order]),
            json_string(again(visit, base, names[order], (int)wish->order == order && !wish->reverse, 0)));
    json_object_set_new(extra, "next_page",
                        end < found ? json_string(again(visit, base, names[wish->order], wish->reverse, end))
                                    : json_null());
    json_object_set_new(extra, "previous_page",
                        wish->offset > 0
                            ? json_string(again(visit, base, names[wish->order], wish->reverse,
                                                wish->offset > ROWS_SHOWN ? wish->offset - ROWS_SHOWN : 0))
                            : json_null());
    json_object_set_new(extra, "first",
                        json_integer((json_int_t)(end > wish->offset ? wish->offset + 1 : 0)));
    json_object_set_new(extra, "last", json_integer((json_int_t)end));
}

int page_ask(struct visit *visit, struct reader_request *request, json_t **document, struct err *err)
{
    READER_ANSWER_SCOPED answer = READER_ANSWER_EMPTY;

    if (reader_ask(visit->service, request, &answer, err) < 0)
        return -1;
    *document = json_incref(answer.document);
    return 0;
}

/* The path is not in this snapshot: where it was last seen, if anywhere. The page says so with 404. */
static int show_absent(struct visit *visit, const char *snapshot, const char *path, json_t **document,
                       struct err *err)
{
    struct reader_request request = {
        .verb = READER_VERSIONS, .host = visit_param(visit, "host"), .path = path};
    const struct err missing = *err;
    json_t *versions, *item;
    const char *seen;

    if (visit->api || path[0] == '\0' || page_ask(visit, &request, &versions, err) < 0) {
        *err = missing;
        return -1;
    }
    item = json_array_get(json_object_get(versions, "items"), 0);
    seen = json_string_value(json_array_get(json_object_get(item, "snapshots"), 0));
    *document = json_pack("{s:s, s:n, s:n, s:[], s:i, s:i}", "host", request.host, "snapshot", "started_at",
                          "items", "total", 0, "found", 0);
    json_object_set_new(*document, "snapshot", json_string(snapshot != NULL ? snapshot : "latest"));
    json_object_set_new(visit->extra, "seen", seen != NULL ? json_string(seen) : json_null());
    json_object_set_new(visit->extra, "seen_href",
                        seen != NULL
                            ? json_string(place_link(visit->arena, request.host, "browse", seen, path))
                            : json_null());
    json_decref(versions);
    visit->status = 404;
    return 0;
}

/* The directory as an archive, in every form. */
static json_t *archive_links(struct visit *visit, const char *host, const char *snapshot, const char *path)
{
    const char *base = place_link(visit->arena, host, "archive", snapshot, path);
    char mark = strchr(base, '?') == NULL ? '?' : '&';
    json_t *links = json_array();

    for (enum pack_format i = 0; i < PACK__MAX; i++) {
        const char *name = pack_format_name(i);

        json_array_append_new(links,
                              link_of(name, arena_printf(visit->arena, "%s%cformat=%s", base, mark, name)));
    }
    return links;
}

/* The form of a restore; null for a path that it does not hold. */
static json_t *restore_link(struct visit *visit, const char *host, const char *snapshot, const char *path)
{
    if (snapshot == NULL || !text_is_utf8(path, strlen(path)) || text_has_control(path))
        return json_null();
    return json_string(arena_printf(visit->arena, "/hosts/%s/restore?snapshot=%s&path=/%s", host, snapshot,
                                    url_encode(visit->arena, path, true)));
}

int page_browse(struct visit *visit, json_t **document, struct err *err)
{
    const char *snapshot = url_pairs_get(&visit->params, "snapshot"), *path, *name;
    struct reader_request request = {.verb = READER_LIST, .host = visit_param(visit, "host")};
    const char *base;

    if (snapshot != NULL && strcmp(snapshot, "latest") == 0)
        snapshot = NULL;
    if (place_link_path(visit, &path, err) < 0 || read_wish(visit, &request.wish, err) < 0)
        return -1;
    request.snapshot = snapshot;
    request.path = path;
    visit->extra = json_pack("{s:n, s:n, s:s}", "seen", "seen_href", "query",
                             request.wish.filter != NULL ? request.wish.filter : "");
    if (page_ask(visit, &request, document, err) < 0 &&
        (err->code != ERR_NOT_FOUND || show_absent(visit, snapshot, path, document, err) < 0))
        return -1;
    name = json_string_value(json_object_get(*document, "snapshot"));
    base = place_link(visit->arena, request.host, "browse", name, path);
    json_object_set_new(visit->extra, "absent", json_boolean(visit->status == 404));
    json_object_set_new(visit->extra, "crumbs", page_crumbs(visit, "browse", name, path));
    json_object_set_new(visit->extra, "rows", rows(visit, *document, name, path));
    json_object_set_new(visit->extra, "shown",
                        json_string(place_link_shown(visit->arena, arena_printf(visit->arena, "/%s", path))));
    json_object_set_new(visit->extra, "base", json_string(base));
    json_object_set_new(visit->extra, "versions_href",
                        json_string(place_link(visit->arena, request.host, "versions", NULL, path)));
    json_object_set_new(visit->extra, "history_href",
                        json_string(place_link(visit->arena, request.host, "names", NULL, path)));
    json_object_set_new(visit->extra, "archives", archive_links(visit, request.host, name, path));
    json_object_set_new(visit->extra, "restore", restore_link(visit, request.host, name, path));
    put_pages(visit, &request.wish, *document, base, visit->extra);
    return switcher(visit, name, path, visit->extra, err);
}

/* Where the lines of version `i` are compared with those of the one before; null where one of them is no file. */
static json_t *lines_since(struct visit *visit, const struct reader_request *request, const json_t *items,
                           size_t i)
{
    const char *names[2];

    for (size_t side = 0; side < 2; side++) {
        const json_t *item = json_array_get(items, i + 1 - side);
        const char *type = json_string_value(json_object_get(item, "type"));

        if (type == NULL || strcmp(type, "file") != 0)
            return json_null();
        names[side] = json_string_value(json_array_get(json_object_get(item, "snapshots"), 0));
    }
    return json_string(place_link(visit->arena, request->host, "lines",
                                  arena_printf(visit->arena, "%s..%s", names[0], names[1]), request->path));
}

int page_versions(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {.verb = READER_VERSIONS, .host = visit_param(visit, "host")};
    json_t *items, *list;

    if (place_link_path(visit, &request.path, err) < 0 || page_ask(visit, &request, document, err) < 0)
        return -1;
    list = json_array();
    items = json_object_get(*document, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *snapshots = json_object_get(item, "snapshots");
        const char *newest = json_string_value(json_array_get(snapshots, 0));
        const char *type = json_string_value(json_object_get(item, "type"));
        bool is_file = strcmp(type, "file") == 0;
        json_t *row = json_copy((json_t *)(uintptr_t)item);

        json_object_set_new(row, "newest", json_string(newest));
        json_object_set(row, "oldest", json_array_get(snapshots, json_array_size(snapshots) - 1));
        json_object_set_new(row, "count", json_integer((json_int_t)json_array_size(snapshots)));
        json_object_set_new(row, "file", json_boolean(is_file));
        json_object_set_new(row, "href",
                            json_string(place_link(visit->arena, request.host, is_file ? "content" : "browse",
                                                   newest, request.path)));
        json_object_set_new(
            row, "text", json_string(place_link(visit->arena, request.host, "text", newest, request.path)));
        json_object_set_new(row, "lines", lines_since(visit, &request, items, i));
        json_array_append_new(list, row);
    }
    visit->extra = json_pack("{s:o, s:s, s:o}", "rows", list, "shown",
                             place_link_shown(visit->arena, arena_printf(visit->arena, "/%s", request.path)),
                             "crumbs", page_crumbs(visit, "browse", "latest", request.path));
    return 0;
}

/* "A..B" into the two of the request. */
static int read_pair(struct visit *visit, struct reader_request *request, struct err *err)
{
    const char *pair = visit_param(visit, "pair"), *dots = strstr(pair, "..");

    if (dots == NULL || dots == pair || dots[2] == '\0')
        return err_set(err, ERR_NOT_FOUND, "two snapshots are compared as A..B, not \"%s\"", pair);
    request->snapshot = arena_copy(visit->arena, pair, (size_t)(dots - pair));
    request->other = dots + 2;
    return place_link_path(visit, &request->path, err);
}

/* The address of the same comparison the other way round. */
static const char *reversed_link(struct visit *visit, const char *page, const struct reader_request *request)
{
    return place_link(visit->arena, request->host, page,
                      arena_printf(visit->arena, "%s..%s", request->other, request->snapshot), request->path);
}

static json_t *change_row(struct visit *visit, const struct reader_request *request, json_t *item)
{
    json_t *row = json_copy(item);
    const char *path = place_link_name(visit->arena, item, "path");
    const char *change = json_string_value(json_object_get(item, "change"));
    const char *type = json_string_value(json_object_get(item, "type"));
    bool has_lines = strcmp(change, "changed") == 0 && type != NULL && strcmp(type, "file") == 0;

    json_object_set_new(row, "path", json_string(place_link_shown(visit->arena, path)));
    json_object_set_new(row, "lines",
                        has_lines ? json_string(place_link(visit->arena, request->host, "lines",
                                                           visit_param(visit, "pair"), path + (*path == '/')))
                                  : json_null());
    return row;
}

int page_diff(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {
        .verb = READER_DIFF, .host = visit_param(visit, "host"), .wish = {.limit = CHANGES_SHOWN}};
    json_t *items, *list;

    if (read_pair(visit, &request, err) < 0 || page_ask(visit, &request, document, err) < 0)
        return -1;
    list = json_array();
    items = json_object_get(*document, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        json_array_append_new(list, change_row(visit, &request, json_array_get(items, i)));
    visit->extra = json_pack("{s:o, s:s, s:s, s:s}", "rows", list, "shown",
                             place_link_shown(visit->arena, arena_printf(visit->arena, "/%s", request.path)),
                             "reversed", reversed_link(visit, "diff", &request), "base",
                             place_link(visit->arena, request.host, "diff", visit_param(visit, "pair"), ""));
    return 0;
}

/* The lines as a page may show them. */
static json_t *printable_hunks(struct visit *visit, const json_t *hunks)
{
    json_t *list = json_deep_copy(hunks);

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *lines = json_object_get(json_array_get(list, i), "lines");

        for (size_t j = 0; j < json_array_size(lines); j++) {
            json_t *line = json_array_get(lines, j);
            const char *text = json_string_value(json_object_get(line, "text"));

            json_object_set_new(line, "text",
                                json_string(text_printable_lines(visit->arena, text, strlen(text))));
        }
    }
    return list;
}

int page_text_diff(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {
        .verb = READER_LINES, .host = visit_param(visit, "host"), .wish = {.limit = 1}};

    if (read_pair(visit, &request, err) < 0 || page_ask(visit, &request, document, err) < 0)
        return -1;
    visit->extra = json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:s}", "parts",
        printable_hunks(visit, json_object_get(*document, "hunks")), "shown",
        place_link_shown(visit->arena, arena_printf(visit->arena, "/%s", request.path)), "reversed",
        reversed_link(visit, "lines", &request), "versions_href",
        place_link(visit->arena, request.host, "versions", NULL, request.path), "before_href",
        place_link(visit->arena, request.host, "content", request.snapshot, request.path), "after_href",
        place_link(visit->arena, request.host, "content", request.other, request.path));
    return 0;
}

/* The form of two snapshots: a page has an address of its own for what it shows. */
int page_diff_choose(struct visit *visit, json_t **document, struct err *err)
{
    const char *a = visit_text(visit, "before"), *b = visit_text(visit, "after");

    (void)document;
    if (a == NULL || b == NULL)
        return err_set(err, ERR_INVALID, "two snapshots are needed to compare");
    visit_redirect(visit,
                   arena_printf(visit->arena, "/hosts/%s/diff/%s..%s", visit_param(visit, "host"),
                                url_encode(visit->arena, a, false), url_encode(visit->arena, b, false)));
    return 0;
}
