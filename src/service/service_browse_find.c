/* Searching all snapshots of a host. */
#include <stdlib.h>
#include <string.h>

#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "service/service_browse.h"

/* A search on its way into a document. */
struct gathering {
    const struct browse_search *search;
    const char *snapshot; /* that is searched */
    json_t *items;
    json_int_t more; /* than are wanted */
};

static int on_found(void *context, const struct find_hit *hit, struct err *err)
{
    struct gathering *gathering = context;
    size_t limit = gathering->search->limit;
    json_t *item, *snapshots;

    (void)err;
    if (limit > 0 && json_array_size(gathering->items) == limit) {
        gathering->more++;
        return 0;
    }
    item = json_object();
    snapshots = json_array();
    document_entry_put_path(item, hit->directory, hit->name);
    document_entry_put(item, hit->stat, NULL);
    json_array_append_new(snapshots, document_text(gathering->snapshot));
    json_object_set_new(item, "snapshots", snapshots);
    if (gathering->search->found != NULL)
        gathering->search->found(gathering->search->context, item);
    json_array_append_new(gathering->items, item);
    return 0;
}

static int on_again(void *context, size_t number, struct err *err)
{
    const struct gathering *gathering = context;

    (void)err;
    if (number < json_array_size(gathering->items))
        json_array_append_new(json_object_get(json_array_get(gathering->items, number), "snapshots"),
                              document_text(gathering->snapshot));
    return 0;
}

/* Searches one snapshot after the other. One that has gone meanwhile, or cannot be read, does not spoil the others. */
static int search_all(struct service *service, const struct browse *browse, const struct snapshot *snapshots,
                      size_t count, struct find_report *report, json_t *unread, struct err *err)
{
    struct gathering *gathering = report->context;
    FIND_SCOPED *find = find_begin(&gathering->search->wish);

    for (size_t i = 0; i < count; i++) {
        SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
        int64_t unread_before = report->unread;
        struct err why;

        gathering->snapshot = snapshots[i].name;
        if (snapshot_tree_open(service->arena, &browse->directory, &snapshots[i], &tree, &why) < 0 ||
            find_in_tree(find, &tree, report, &why) < 0) {
            if (why.code == ERR_INTERRUPTED) {
                *err = why;
                return -1;
            }
            document_entry_unread(unread, snapshots[i].name, why.message);
        } else if (report->unread > unread_before) {
            document_entry_unread(unread, snapshots[i].name,
                                  arena_printf(service->arena, "%lld directories could not be read",
                                               (long long)(report->unread - unread_before)));
        }
    }
    return 0;
}

int service_browse_find(struct service *service, const struct browse_search *search, json_t **document,
                        struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    struct gathering gathering = {.search = search};
    struct find_report report = {.found = on_found, .again = on_again, .context = &gathering};
    struct snapshot *snapshots;
    json_t *unread;
    size_t count;

    if (browse_open(service, search->host, &browse, err) < 0)
        return -1;
    browse_final(service, &browse, &snapshots, &count);
    if (search->snapshot != NULL) {
        const struct snapshot *one = browse_choose(&browse, search->snapshot, err);

        if (one == NULL)
            return -1;
        snapshots[0] = *one;
        count = 1;
    }
    gathering.items = json_array();
    unread = json_array();
    if (search_all(service, &browse, snapshots, count, &report, unread, err) < 0) {
        json_decref(gathering.items);
        json_decref(unread);
        return -1;
    }
    *document = json_pack("{s:o, s:o, s:I, s:I, s:I, s:o}", "host", document_text(search->host), "items",
                          gathering.items, "more", gathering.more, "searched", (json_int_t)count, "entries",
                          (json_int_t)report.entries, "unread", unread);
    return 0;
}
