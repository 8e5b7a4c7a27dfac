/*
 * A lock file that says who holds it. flock() belongs to the open file, so a child that inherits the
 * descriptor keeps the lock for as long as it lives: that is how an orphaned rsync keeps the next run away.
 */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct lock_owner {
    int64_t run;     /* id of the run, 0 if none */
    pid_t pid;       /* of pobsync */
    pid_t group;     /* process group of the program it runs, 0 if none yet */
    int64_t started; /* UTC seconds */
    char boot_id[40];
    char text[80]; /* what it does: "backup of web1" */
};

/* Opens (making it, mode 0600) and locks the file `name` of `dirfd`, without waiting. Returns the descriptor.
 * When somebody else has it: -1 with ERR_BUSY, and *owner tells who, as far as the file says (all zero if it
 * does not). When it is ours, what the last holder wrote is gone and *owner is all zero. */
int lock_take(int dirfd, const char *name, struct lock_owner *owner, struct err *err);

/* Writes who we are into the locked file. */
int lock_write(int fd, const struct lock_owner *owner, struct err *err);

/* Reads what the file says, without locking: 0 and all zero when it says nothing. */
int lock_read(int fd, struct lock_owner *owner, struct err *err);

/* Locks the open directory or file `fd`, however long that takes; closing it lets go. For work that is short. */
int lock_wait(int fd, const char *what, struct err *err);

#endif
