/* Versions by inode. */
#include "engine/versions.h"

#include <stdbool.h>

#include "engine/snapshot_tree.h"
#include "sys/beneath.h"
#include "sys/fs.h"
#include "sys/stop.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
    if (!S_ISDIR(a->st_mode) || !S_ISDIR(b->st_mode))
        return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
    return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* The newest versions are the likeliest ones; a list of a few hundred is searched from its end. */
static struct version *version_of(struct arena *arena, struct versions *versions, const struct stat *stat,
                                  size_t room)
{
    for (size_t i = versions->count; i > 0; i--)
        if (is_same(&versions->items[i - 1].stat, stat))
            return &versions->items[i - 1];
    versions->items[versions->count] =
        (struct version){.stat = *stat, .snapshots = arena_alloc(arena, room * sizeof(void *))};
    return &versions->items[versions->count++];
}

static int look(struct arena *arena, const struct host_directory *directory, const struct snapshot *snapshot,
                const char *path, struct stat *stat, const char **target, struct err *err)
{
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
    FD_SCOPED handle = -1;

    if (snapshot_tree_open(arena, directory, snapshot, &tree, err) < 0)
        return err->code == ERR_NOT_FOUND ? err_set(err, ERR_IO, "it is not on disk") : -1;
    if (snapshot_tree_stat(&tree, path, stat, err) < 0)
        return -1;
    if (!S_ISLNK(stat->st_mode))
        return 0;
    handle = beneath_look(tree.fd, path, stat);
    *target = handle >= 0 ? snapshot_tree_target(arena, handle, "") : NULL;
    return 0;
}

int versions_find(struct arena *arena, const struct host_directory *directory,
                  const struct snapshot *snapshots, size_t count, const char *path, struct versions *versions,
                  struct err *err)
{
    *versions = (struct versions){
        .items = arena_alloc(arena, (count + 1) * sizeof *versions->items),
        .absent = arena_alloc(arena, (count + 1) * sizeof(void *)),
        .unread = arena_alloc(arena, (count + 1) * sizeof(void *)),
        .why = arena_alloc(arena, (count + 1) * sizeof(void *)),
    };
    for (size_t i = 0; i < count; i++) {
        const char *target = NULL;
        struct version *version;
        struct stat stat = {0};
        struct err why;

        if (stop_requested() != 0)
            return err_set(err, ERR_INTERRUPTED, "cancelled");
        if (look(arena, directory, &snapshots[i], path, &stat, &target, &why) == 0) {
            version = version_of(arena, versions, &stat, count);
            version->target = target;
            version->snapshots[version->count++] = &snapshots[i];
        } else if (why.code == ERR_NOT_FOUND) {
            versions->absent[versions->absent_count++] = &snapshots[i];
        } else {
            versions->why[versions->unread_count] = arena_strdup(arena, why.message);
            versions->unread[versions->unread_count++] = &snapshots[i];
        }
    }
    return 0;
}
