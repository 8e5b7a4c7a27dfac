/*
 * A streaming walk of a directory tree by descriptors. Memory is bounded by the directories on the path from
 * the top, never by the number of entries, and the depth may be anything: about 200 descriptors are open at
 * most, those of far ancestors are closed and opened again by ".." when the walk comes back to them.
 *
 * No symbolic link is followed and no mount point is crossed. Entries come in the order of the directory; the
 * entries of a directory follow it (pre-order).
 */
#ifndef SYS_WALK_H
#define SYS_WALK_H

#include <sys/stat.h>

#include "base/err.h"

struct walk_entry {
    int dirfd;             /* the directory that holds it; not to be closed, and valid only during the call */
    int twin_dirfd;        /* the directory of the same relative path in the twin, or -1; the same holds */
    ino_t twin_inode;      /* of the same name in there, as its directory tells it, which
                            * sees no mounts; 0: not known, or there is none */
    const char *directory; /* the path of that directory from the top, "" for the top itself; any bytes */
    const char *name;      /* any bytes but "/" and NUL */
    struct stat stat;      /* of the entry itself, never of what it points to */
    /* errno when the entry could not be seen in full, or 0. With st_mode 0: there is no stat. Else it is a
     * directory that was not entered; EXDEV says that it is a mount point. */
    int error;
};

struct walk {
    /* Called for every entry below the top. Returning -1 with *err filled ends the walk. */
    int (*entry)(void *context, const struct walk_entry *entry, struct err *err);
    /* Called when all entries of a directory have come, the top at last; may be NULL. `fd` and `twin_fd` (or -1) are of
     * the directory itself. */
    int (*leave)(void *context, const char *directory, int fd, int twin_fd, struct err *err);
    void *context;
    int top_fd;  /* the directory to walk; its entries come, not itself. Stays the caller's */
    int twin_fd; /* the top of a second tree to keep in step with, or -1. Stays the caller's */
};

/* Walks the whole tree. -1 with the callback's error, or with ERR_IO when a directory cannot be read to its
 * end: what was seen is then only a part. Entries of the twin that are no directories, lie on another mount
 * or cannot be opened count as missing. */
int walk_tree(const struct walk *walk, struct err *err);

#endif
