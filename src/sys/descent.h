/*
 * The way from the top of a directory tree down to the directory that is being read: what walk.c and
 * fs_remove.c have in common. Each level is entered by descriptor; far ancestors are closed when many are
 * open, and opened again by ".." on the way back, with st_dev and st_ino compared, so that nobody can lead us
 * elsewhere by moving directories.
 */
#ifndef SYS_DESCENT_H
#define SYS_DESCENT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct descent_level;

struct descent {
    struct descent_level *levels; /* the top first */
    size_t depth;                 /* how many levels; 0 when it is over */
    size_t room;
    size_t first_open; /* levels above this one are closed */
    struct buf path;   /* of the current directory from the top */
    char told[512];    /* what descent_tell() gave */
};

#define DESCENT_SCOPED __attribute__((cleanup(descent_release))) struct descent
#define DESCENT_EMPTY ((struct descent){0})

/* Closes all that is open. */
void descent_release(struct descent *descent);

/* Opens the directory `name` of `dirfd` for reading: no link, no other mount (errno EXDEV). -1 with errno. */
int descent_open(int dirfd, const char *name);

/* Makes the directory `fd` the current one; `name` is its name ("" for the top). `twin_fd`: the directory of
 * the same path in a second tree, or -1; when a level has none, those below have none. Takes both
 * descriptors, whatever comes. */
int descent_enter(struct descent *descent, const char *name, int fd, int twin_fd, struct err *err);

/* Closes the current directory and makes its parent the current one. */
int descent_leave(struct descent *descent, struct err *err);

/* The next entry of the current directory, without "." and ".."; NULL at its end. */
int descent_read(struct descent *descent, const struct dirent64 **entry, struct err *err);

/* The inode number of the entry `name` of the twin's current directory, as that directory tells it, without a look at the
 * inode; 0: not known, which says nothing about the name. Cheap when asked in the order of descent_read(). */
ino_t descent_twin_inode(struct descent *descent, const char *name);

/* The descriptors of the current directory. */
int descent_fd(const struct descent *descent);
int descent_twin_fd(const struct descent *descent);

/* The path of `name` in the current directory for a message: a long one is cut at its beginning. Valid until
 * the next call. */
const char *descent_tell(struct descent *descent, const char *name);

#endif
