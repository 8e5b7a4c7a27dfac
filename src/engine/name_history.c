/* Names over snapshots. */
#include "engine/name_history.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/snapshot_tree.h"
#include "sys/fs.h"
#include "sys/name_list.h"
#include "sys/stop.h"

/* The inodes of one name, the version numbers of which are their places. */
struct inodes {
    uint64_t *items;
    size_t count, room;
};

struct collection {
    struct arena *arena;
    const char *after;
    size_t limit;
    const char **names; /* sorted, at most one more than are wanted */
    size_t count;
    struct inodes *inodes; /* of each row */
};

/* Where the name is, or would be. */
static size_t place_of(const struct collection *collection, const char *name, bool *found)
{
    size_t low = 0, high = collection->count;

    *found = false;
    while (low < high && !*found) {
        size_t middle = (low + high) / 2;
        int order = strcmp(collection->names[middle], name);

        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

/* Keeps the lowest names behind `after`. */
static void note_name(struct collection *collection, const char *name)
{
    size_t most = collection->limit + 1, at;
    bool found;

    if (collection->after != NULL && strcmp(name, collection->after) <= 0)
        return;
    if (collection->count == most && strcmp(name, collection->names[most - 1]) >= 0)
        return;
    at = place_of(collection, name, &found);
    if (found)
        return;
    if (collection->count < most)
        collection->count++;
    memmove(&collection->names[at + 1], &collection->names[at],
            (collection->count - 1 - at) * sizeof *collection->names);
    collection->names[at] = arena_strdup(collection->arena, name);
}

/* 1: read · 0: the directory is not in this snapshot · -1. */
static int read_names(struct arena *arena, const struct host_directory *directory,
                      const struct snapshot *snapshot, const char *path, struct name_list *list,
                      struct err *err)
{
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
    FD_SCOPED fd = -1;
    struct stat stat;

    if (stop_requested() != 0)
        return err_set(err, ERR_INTERRUPTED, "cancelled");
    if (snapshot_tree_open(arena, directory, snapshot, &tree, err) < 0)
        return err->code == ERR_NOT_FOUND ? err_set(err, ERR_IO, "it is not on disk") : -1;
    if (snapshot_tree_stat(&tree, path, &stat, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    if (!S_ISDIR(stat.st_mode))
        return 0;
    fd = snapshot_tree_dir(&tree, path, err);
    return fd < 0 || name_list_read(fd, snapshot->name, list, err) < 0 ? -1 : 1;
}

static void note_unread(struct arena *arena, struct name_history *history, const struct snapshot *snapshot,
                        const struct err *why)
{
    history->why[history->unread_count] = arena_strdup(arena, why->message);
    history->unread[history->unread_count++] = snapshot;
}

/* The number of the version, the oldest being 1. Snapshots are gone through from the oldest to the newest. */
static uint32_t number_of(struct arena *arena, struct inodes *inodes, const struct name_entry *entry)
{
    /* A directory is never shared: its own changes are not those of what it is. */
    uint64_t inode = entry->type == DT_DIR ? 0 : entry->inode;

    for (size_t i = inodes->count; i > 0; i--)
        if (inodes->items[i - 1] == inode)
            return (uint32_t)i;
    if (inodes->count == inodes->room) {
        size_t room = inodes->room == 0 ? 4 : inodes->room * 2;
        uint64_t *more = arena_alloc(arena, room * sizeof *more);

        if (inodes->count > 0)
            memcpy(more, inodes->items, inodes->count * sizeof *more);
        inodes->items = more;
        inodes->room = room;
    }
    inodes->items[inodes->count++] = inode;
    return (uint32_t)inodes->count;
}

static void fill_cells(struct collection *collection, const struct name_list *list, size_t column,
                       struct name_history *history)
{
    for (size_t i = 0; i < list->count; i++) {
        bool found;
        size_t at = place_of(collection, list->items[i].name, &found);

        if (!found || at >= history->count)
            continue;
        history->rows[at].type = list->items[i].type;
        history->rows[at].cells[column] =
            number_of(collection->arena, &collection->inodes[at], &list->items[i]);
        history->rows[at].versions = (uint32_t)collection->inodes[at].count;
    }
}

static void begin_rows(struct collection *collection, size_t columns, struct name_history *history)
{
    history->more = collection->count > collection->limit;
    history->count = history->more ? collection->limit : collection->count;
    history->rows = arena_alloc(collection->arena, (history->count + 1) * sizeof *history->rows);
    collection->inodes = arena_alloc(collection->arena, (history->count + 1) * sizeof *collection->inodes);
    for (size_t i = 0; i < history->count; i++) {
        uint32_t *cells = arena_alloc(collection->arena, (columns + 1) * sizeof *cells);

        memset(cells, 0, columns * sizeof *cells);
        history->rows[i] = (struct name_history_row){.name = collection->names[i], .cells = cells};
        collection->inodes[i] = (struct inodes){0};
    }
}

int name_history_read(struct arena *arena, const struct host_directory *directory,
                      const struct snapshot *snapshots, size_t count, const char *path, const char *after,
                      size_t limit, struct name_history *history, struct err *err)
{
    struct collection collection = {.arena = arena, .after = after, .limit = limit};

    *history = (struct name_history){.unread = arena_alloc(arena, (count + 1) * sizeof(void *)),
                                     .why = arena_alloc(arena, (count + 1) * sizeof(void *))};
    collection.names = arena_alloc(arena, (limit + 2) * sizeof *collection.names);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            begin_rows(&collection, count, history);
        for (size_t i = count; i > 0; i--) {
            NAME_LIST_SCOPED list = NAME_LIST_EMPTY;
            struct err why;
            int read = read_names(arena, directory, &snapshots[i - 1], path, &list, &why);

            if (read < 0 && why.code == ERR_INTERRUPTED) {
                *err = why;
                return -1;
            }
            if (pass == 1) {
                fill_cells(&collection, &list, i - 1, history);
                continue;
            }
            if (read < 0)
                note_unread(arena, history, &snapshots[i - 1], &why);
            history->holders += read > 0;
            for (size_t j = 0; j < list.count; j++)
                note_name(&collection, list.items[j].name);
        }
    }
    return 0;
}
