/* Measuring space, and recording it. */
#include "service/service_space.h"

#include "db/transaction.h"
#include "engine/space.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "store/store_space.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { THREADS = 2 };

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
    int64_t sum = 0;

    for (size_t i = room->count; i > 0; i--) {
        const char *name = room->snapshots[i - 1]->name;

        sum += room->trees[i - 1].total;
        json_array_append_new(items,
                              space_item(service, room->snapshots[i - 1], &room->trees[i - 1], room->unread));
        if (room->trees[i - 1].chosen)
            json_array_append_new(chosen, document_text(name));
    }
    json_object_set_new(document, "host", document_text(host));
    json_object_set_new(document, "as_of", document_time(service->now));
    json_object_set_new(document, "bytes", json_integer(space->bytes));
    json_object_set_new(document, "sum_bytes", json_integer(sum));
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

/* The figures of all that could be opened, in place of the earlier ones. */
static int record(struct service *service, const struct browse *browse, const struct room *room,
                  const struct space *space, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct snapshot_space *rows = arena_alloc(service->arena, (room->count + 1) * sizeof *rows);
    struct host_space sum = {
        .host_id = browse->settings.host.id,
        .measured_at = service->now,
        .bytes = space->bytes,
        .unread = (int64_t)json_array_size(room->unread),
    };

    for (size_t i = 0; i < room->count; i++) {
        const struct space_tree *tree = &room->trees[i];

        sum.unread += tree->unread;
        rows[i] = (struct snapshot_space){.snapshot_id = room->snapshots[i]->id,
                                          .bytes = tree->total,
                                          .new_bytes = tree->new_bytes,
                                          .exclusive_bytes = tree->exclusive,
                                          .directory_bytes = tree->directories};
    }
    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_space_save(service->db, &sum, rows, room->count, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

int service_space_measure(struct service *service, const char *host, const struct list *chosen,
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
    result = space_measure(room.trees, room.count, THREADS, &space, err);
    service->now = clock_now();
    if (result == 0)
        result = record(service, &browse, &room, &space, err);
    if (result == 0)
        *document = space_document(service, host, &room, &space);
    for (size_t i = 0; i < room.count; i++)
        fs_close(&room.trees[i].fd);
    json_decref(room.unread);
    return result;
}
