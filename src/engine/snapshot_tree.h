/*
 * The tree of one snapshot, open for looking. Everything in it was written by the host that was backed up and is hostile:
 * it is reached by descriptor (sys/beneath.h), links are shown and never followed, and only regular files are opened.
 * Paths are relative to the tree, any bytes, "" is its top. Messages are safe to print.
 *
 * Errors of what is looked for: ERR_NOT_FOUND when it is not there; ERR_FAILED when the way leads over a symbolic link or
 * another file system, or when it is something else than was asked for; ERR_NOT_ALLOWED; ERR_IO.
 */
#ifndef ENGINE_SNAPSHOT_TREE_H
#define ENGINE_SNAPSHOT_TREE_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "engine/host_directory.h"
#include "model/snapshot.h"

struct snapshot_tree {
    int fd;           /* of its data directory; -1: not open */
    const char *name; /* of the snapshot, for messages */
};

#define SNAPSHOT_TREE_CLOSED ((struct snapshot_tree){.fd = -1})
#define SNAPSHOT_TREE_SCOPED __attribute__((cleanup(snapshot_tree_close))) struct snapshot_tree

/* ERR_NOT_FOUND when the snapshot is not on disk. */
int snapshot_tree_open(struct arena *arena, const struct host_directory *directory,
                       const struct snapshot *snapshot, struct snapshot_tree *tree, struct err *err);
void snapshot_tree_close(struct snapshot_tree *tree);

/* What stands at `path`, which is not opened. */
int snapshot_tree_stat(const struct snapshot_tree *tree, const char *path, struct stat *stat,
                       struct err *err);

/* The directory at `path`. Returns the descriptor. */
int snapshot_tree_dir(const struct snapshot_tree *tree, const char *path, struct err *err);

/* The regular file at `path`, for reading. Returns the descriptor. */
int snapshot_tree_file(const struct snapshot_tree *tree, const char *path, struct stat *stat,
                       struct err *err);

/* Where the symbolic link `name` of the directory points to; NULL when that cannot be read. */
char *snapshot_tree_target(struct arena *arena, int dirfd, const char *name);

/* "file", "directory", "symlink" or "other". */
const char *snapshot_tree_type(mode_t mode);

#endif
