/*
 * Copying a tree, or one file, of a snapshot to a directory of this server: owner, mode, times, access lists, extended
 * attributes, hard links within it, holes. By descriptor on both sides: no link is followed, neither in the snapshot nor
 * in the target.
 *
 * What stands in the target is left alone unless it may be replaced; directories are gone into. Each file appears under
 * its name when it is complete. The same walk without doing anything is the plan.
 */
#ifndef ENGINE_TREE_COPY_H
#define ENGINE_TREE_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"

struct tree_copy_counts {
    int64_t created;  /* entries that are not there yet, directories too */
    int64_t replaced; /* others stand there and give way */
    int64_t same;     /* what stands there is the same already */
    int64_t kept;     /* what stands there is something else and stays */
    int64_t failed;   /* could not be read, made, or be given all that it had */
    int64_t bytes;    /* of the files among the first two */
    int64_t room;     /* what these take on disk, without their holes */
};

struct tree_copy {
    int source_fd;    /* the directory to copy, or the one that holds the file */
    const char *name; /* NULL: all of the directory; else only this entry of it, which is no directory */
    int target_fd;    /* the directory to copy into; -1, for a plan: it does not exist */
    bool fresh;       /* the target directory is new: it becomes what the source directory is */
    bool replace;     /* what stands there and differs gives way, but no directory */
    bool apply;       /* false: look only */
    bool (*tick)(void *context,
                 const struct tree_copy_counts *counts); /* now and then; false stops. May be NULL */
    void *context;
    struct arena *arena;
    /* Filled: */
    struct tree_copy_counts counts;
    struct list kept;     /* paths of the first of those that are kept, and those replaced */
    struct list problems; /* sentences about the first of those that failed */
};

enum { TREE_COPY_TOLD = 20 };

/* What cannot be copied is counted, and the copy goes on. -1 when the source cannot be walked at all, when the target is
 * full (ERR_IO), or with ERR_INTERRUPTED. After `apply` all of it is on disk. */
int tree_copy_run(struct tree_copy *copy, struct err *err);

#endif
