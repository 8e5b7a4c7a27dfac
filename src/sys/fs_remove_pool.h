/* Removing several trees at once, by threads that share all the work. */
#ifndef SYS_FS_REMOVE_POOL_H
#define SYS_FS_REMOVE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A tree that is to go. */
struct fs_doomed {
    int dirfd; /* of the directory that holds it; stays the caller's */
    const char *name;
    int64_t removed; /* out: entries, itself included */
    int64_t freed;   /* out: bytes on disk of the files that had no other name */
};

enum { FS_REMOVE_THREADS = 2 }; /* four were no faster than two */

/* Removes all `trees` as fs_remove_tree() removes one, with the same promises, by at most `threads` threads, the
 * caller's among them; a thread without a tree of its own takes over directories of the others. Each tree is counted
 * for itself, also when the removal fails or is interrupted. What two threads remove at the same moment under two
 * names counts for neither. */
int fs_remove_pool(struct fs_doomed *trees, size_t count, unsigned threads, struct err *err);

#endif
