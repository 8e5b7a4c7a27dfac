/* What goes through all snapshots of a host: search and space. */
#include <stdlib.h>
#include <string.h>

#include "engine/space.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "service/service_browse.h"
#include "sys/fs.h"

enum { SPACE_THREADS = 2 };

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

/* Trees that could be opened, oldest first. */
struct room {
    struct space_tree *trees;
    const struct snapshot **snapshots;
    size_t count;
    json_t *unread;
};

static void open_trees(struct service *service, const struct browse *browse, const struct snapshot *snapshots,
                       size_t count, const struct list *chosen, struct room *room)
{
    for (size_t i = count; i > 0; i--) {
        const struct snapshot *snapshot = &snapshots[i - 1];
        struct snapshot_tree tree;
        struct err why;

        if (snapshot_tree_open(service->arena, &browse->directory, snapshot, &tree, &why) < 0) {
            document_entry_unread(room->unread, snapshot->name, why.message);
            continue;
        }
        room->snapshots[room->count] = snapshot;
        room->trees[room->count++] =
            (struct space_tree){.fd = tree.fd, .chosen = list_has(chosen, snapshot->name)};
    }
}

static json_t *space_item(struct service *service, const struct snapshot *snapshot,
                          const struct space_tree *tree, json_t *unread)
{
    json_t *item = json_object();

    json_object_set_new(item, "name", document_text(snapshot->name));
    json_object_set_new(item, "kind", json_string(snapshot_kind_name(snapshot->kind)));
    json_object_set_new(item, "started_at", document_time(snapshot->started_at));
    json_object_set_new(item, "bytes", json_integer(tree->total));
    json_object_set_new(item, "new_bytes", json_integer(tree->new_bytes));
    json_object_set_new(item, "exclusive_bytes", json_integer(tree->exclusive));
    json_object_set_new(item, "directory_bytes", json_integer(tree->directories));
    if (tree->unread > 0)
        document_entry_unread(
            unread, snapshot->name,
            arena_printf(service->arena, "%lld entries could not be looked at", (long long)tree->unread));
    return item;
}

static json_t *space_document(struct service *service, const char *host, const struct room *room,
                              const struct space *space)
{
    json_t *items = json_array(), *chosen = json_array(), *document = json_object();

    for (size_t i = room->count; i > 0; i--) {
        const char *name = room->snapshots[i - 1]->name;

        json_array_append_new(items,
                              space_item(service, room->snapshots[i - 1], &room->trees[i - 1], room->unread));
        if (room->trees[i - 1].chosen)
            json_array_append_new(chosen, document_text(name));
    }
    json_object_set_new(document, "host", document_text(host));
    json_object_set_new(document, "as_of", document_time(service->now));
    json_object_set_new(document, "bytes", json_integer(space->bytes));
    json_object_set_new(document, "items", items);
    json_object_set_new(document, "chosen", chosen);
    json_object_set_new(document, "freed_bytes", json_integer(space->freed));
    json_object_set(document, "unread", room->unread);
    return document;
}

/* Each of `chosen`, which may be a date or `latest`, by its name. */
static int resolve(struct service *service, const struct browse *browse, const struct list *chosen,
                   struct list *names, struct err *err)
{
    for (size_t i = 0; i < chosen->count; i++) {
        const struct snapshot *snapshot = browse_choose(browse, chosen->items[i], err);

        if (snapshot == NULL)
            return -1;
        list_add(service->arena, names, snapshot->name);
    }
    return 0;
}

int service_browse_space(struct service *service, const char *host, const struct list *chosen,
                         json_t **document, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    struct room room = {0};
    struct list names = {0};
    struct snapshot *snapshots;
    struct space space;
    size_t count;
    int result;

    if (browse_open(service, host, &browse, err) < 0 || resolve(service, &browse, chosen, &names, err) < 0)
        return -1;
    browse_final(service, &browse, &snapshots, &count);
    room.trees = arena_alloc(service->arena, (count + 1) * sizeof *room.trees);
    room.snapshots = arena_alloc(service->arena, (count + 1) * sizeof(void *));
    room.unread = json_array();
    open_trees(service, &browse, snapshots, count, &names, &room);
    result = space_measure(room.trees, room.count, SPACE_THREADS, &space, err);
    if (result == 0)
        *document = space_document(service, host, &room, &space);
    for (size_t i = 0; i < room.count; i++)
        fs_close(&room.trees[i].fd);
    json_decref(room.unread);
    return result;
}
