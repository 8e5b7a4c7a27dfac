/*
 * What differs between two trees of snapshots of one host. Both are read in step, directory by directory, and two names
 * of one inode are the same file: only what differs is looked at, and only files of equal size and another inode are
 * read. So it costs about what reading the directories costs.
 */
#ifndef ENGINE_TREE_DIFF_H
#define ENGINE_TREE_DIFF_H

#include <sys/stat.h>

#include "base/err.h"

/* The kind, and its name for people and programs. */
#define TREE_CHANGE_LIST(X)                                                                                  \
    X(TREE_ADDED, "added")                                                                                   \
    X(TREE_REMOVED, "removed")                                                                               \
    X(TREE_CHANGED, "changed")   /* content, target of a link, device number */                              \
    X(TREE_METADATA, "metadata") /* mode, owner, times or attributes alone; of a directory not the times */  \
    X(TREE_TYPE, "type")         /* something else stands there */

enum tree_change_kind {
#define TREE_CHANGE_ENUM(kind, name) kind,
    TREE_CHANGE_LIST(TREE_CHANGE_ENUM)
#undef TREE_CHANGE_ENUM
        TREE_CHANGE__MAX
};

const char *tree_change_name(enum tree_change_kind kind);

struct tree_change {
    enum tree_change_kind kind;
    const char *directory; /* its path from the top, "" for the top; any bytes */
    const char *name;
    const struct stat *before, *after; /* NULL where it is not */
};

struct tree_diff {
    /* Called for each change, by name, a directory before what is in it. -1 with *err filled ends it. */
    int (*change)(void *context, const struct tree_change *change, struct err *err);
    void *context;
    int before_fd, after_fd; /* the tops; stay the caller's */
};

/* -1 with the callback's error, ERR_IO when something cannot be read, ERR_INTERRUPTED when asked to stop. */
int tree_diff_run(const struct tree_diff *diff, struct err *err);

#endif
