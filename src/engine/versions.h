/*
 * The versions of one path over all snapshots of a host. Files that did not change are hard links: two names of one inode
 * are one version, and nothing is read to find that out. One look a snapshot.
 */
#ifndef ENGINE_VERSIONS_H
#define ENGINE_VERSIONS_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/list.h"
#include "engine/host_directory.h"
#include "model/snapshot.h"

struct version {
    struct stat stat;
    const char *target;                /* of a symbolic link */
    const struct snapshot **snapshots; /* that hold it, in the order that was given */
    size_t count;
};

struct versions {
    struct version *items; /* in the order of the first snapshot that holds them */
    size_t count;
    const struct snapshot **absent; /* snapshots in which the path is not */
    size_t absent_count;
    const struct snapshot **unread; /* snapshots that could not be looked into */
    const char **why;               /* a sentence for each of those */
    size_t unread_count;
};

/* Looks for `path` in each of `snapshots`. A directory, which is never shared, is the same version as long as its times,
 * owner and mode are: its time changes whenever a name in it comes or goes. -1 only when interrupted. */
int versions_find(struct arena *arena, const struct host_directory *directory,
                  const struct snapshot *snapshots, size_t count, const char *path, struct versions *versions,
                  struct err *err);

#endif
