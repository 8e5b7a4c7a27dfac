/* The names of a directory over all snapshots. */
#include <dirent.h>

#include "engine/name_history.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "service/service_browse.h"

static const char *type_of(unsigned char type)
{
    switch (type) {
    case DT_REG:
        return "file";
    case DT_DIR:
        return "directory";
    case DT_LNK:
        return "symlink";
    default:
        return "other";
    }
}

/* The columns that are told. */
struct window {
    size_t begin, end;
};

static json_t *row_item(const struct name_history_row *row, const struct window *window)
{
    json_t *item = json_object(), *cells = json_array();

    document_entry_put_name(item, "name", row->name);
    json_object_set_new(item, "type", json_string(type_of(row->type)));
    json_object_set_new(item, "versions", json_integer(row->versions));
    for (size_t i = window->begin; i < window->end; i++)
        json_array_append_new(cells, row->cells[i] == 0 ? json_null() : json_integer(row->cells[i]));
    json_object_set_new(item, "cells", cells);
    return item;
}

static json_t *history_document(const char *host, const char *path, const struct name_history *history,
                                const struct snapshot *snapshots, size_t count, const struct window *window)
{
    json_t *document = json_object(), *columns = json_array(), *items = json_array(), *unread = json_array();

    for (size_t i = window->begin; i < window->end; i++)
        json_array_append_new(columns, json_pack("{s:o, s:o}", "name", document_text(snapshots[i].name),
                                                 "started_at", document_time(snapshots[i].started_at)));
    for (size_t i = 0; i < history->count; i++)
        json_array_append_new(items, row_item(&history->rows[i], window));
    for (size_t i = 0; i < history->unread_count; i++)
        document_entry_unread(unread, history->unread[i]->name, history->why[i]);
    json_object_set_new(document, "host", document_text(host));
    document_entry_put_path(document, "", path);
    json_object_set_new(document, "total", json_integer((json_int_t)count));
    json_object_set_new(document, "from", json_integer((json_int_t)window->begin));
    json_object_set_new(document, "snapshots", columns);
    json_object_set_new(document, "items", items);
    json_object_set_new(document, "unread", unread);
    if (history->more && history->count > 0)
        document_entry_put_name(document, "next", history->rows[history->count - 1].name);
    return document;
}

int service_browse_history(struct service *service, const char *host, const char *path, const char *after,
                           size_t limit, size_t from, json_t **document, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    struct name_history history;
    struct snapshot *snapshots;
    struct window window;
    size_t count;

    if (browse_open(service, host, &browse, err) < 0)
        return -1;
    browse_final(service, &browse, &snapshots, &count);
    window.begin = from < count ? from : count;
    window.end = count - window.begin > HISTORY_COLUMNS ? window.begin + HISTORY_COLUMNS : count;
    if (name_history_read(service->arena, &browse.directory, snapshots, count, path, after, limit, &history,
                          err) < 0)
        return -1;
    if (history.holders == 0 && history.unread_count == 0)
        return err_set(err, ERR_NOT_FOUND, "\"/%s\" is a directory in no snapshot of \"%s\"", path, host);
    *document = history_document(host, path, &history, snapshots, count, &window);
    return 0;
}
