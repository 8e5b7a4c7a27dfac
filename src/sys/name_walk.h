/*
 * A walk of a directory tree that looks at nothing but names: type and inode number come from reading the directories.
 * So it costs a fraction of walk.h where most entries need no look. The same holds of it: memory and descriptors are
 * bounded by the depth, which may be anything; no symbolic link is followed, no mount point crossed, and no other file
 * system of the same mount (subvolumes) entered.
 */
#ifndef SYS_NAME_WALK_H
#define SYS_NAME_WALK_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

struct name_walk_entry {
    int dirfd;             /* the directory that holds it; not to be closed, and valid only during the call */
    const char *directory; /* the path of that directory from the top, "" for the top itself; any bytes */
    const char *name;
    uint64_t inode;
    unsigned char type;      /* DT_DIR …; DT_UNKNOWN: it could not be looked at */
    int fd;                  /* of a directory that will be entered, else -1; the same holds */
    const struct stat *stat; /* of that directory; else NULL */
    int error;               /* of a directory that will not: errno; EXDEV: it is another file system */
};

struct name_walk {
    /* Called for every entry below the top. Returning -1 with *err filled ends the walk. */
    int (*entry)(void *context, const struct name_walk_entry *entry, struct err *err);
    void *context;
    int top_fd; /* stays the caller's */
};

/* Walks the whole tree, the entries of a directory behind it. -1 with the callback's error, or with ERR_IO when a
 * directory cannot be read to its end. Where a file system numbers names otherwise than files (seen at the top), each
 * entry is looked at after all. */
int name_walk_tree(const struct name_walk *walk, struct err *err);

#endif
