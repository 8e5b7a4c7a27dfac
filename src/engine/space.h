/*
 * What the snapshots of a host take on disk: each with what it holds, what it added, and what would be free without it,
 * all in one pass over the names. Bytes are blocks on disk, as du counts them, of the trees (data/) with their
 * directories; a file with many names counts once. An inode is looked at when it is seen for the first time only.
 */
#ifndef ENGINE_SPACE_H
#define ENGINE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct space_tree {
    int fd;      /* of the data directory; stays the caller's */
    bool chosen; /* it is one of those that might go together */
    /* Filled: */
    int64_t total;       /* as `du -s` of it alone */
    int64_t new_bytes;   /* held by no tree before it in the list */
    int64_t exclusive;   /* held by no other tree at all */
    int64_t directories; /* of each of these three: directories, which are never shared */
    int64_t unread;      /* entries that could not be looked at: the figures are too low */
};

struct space {
    int64_t bytes; /* of all trees together */
    int64_t freed; /* when all that are chosen go */
};

/* `trees` oldest first, on one file system. At most `threads` (1 to 16) threads. ERR_IO when a tree cannot be walked,
 * ERR_INTERRUPTED when asked to stop. */
int space_measure(struct space_tree *trees, size_t count, unsigned threads, struct space *space,
                  struct err *err);

#endif
