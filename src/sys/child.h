/*
 * Our own program once more, as a child that works while we go on: the runs of a worker, the parts of a supervisor. It
 * has its own process group and our environment and output, and gets TERM when we die. For other programs see
 * sys/spawn.h.
 */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct child {
    pid_t pid; /* 0: none */
    int pidfd; /* readable when it has ended; -1: none */
};

#define CHILD_NONE ((struct child){.pidfd = -1})

/* The user as whom a child runs, when it is to run as another than ours. */
struct child_user {
    const char *name;
    uid_t uid;
    gid_t gid;
};

/* ERR_INVALID when there is no such user, ERR_NOT_ALLOWED when we may not become another. `name` must last. */
int child_user_find(const char *name, struct child_user *user, struct err *err);

/* `argv` with the name of the command in argv[1], ended by NULL; argv[0] is "pobsync". The caller has one thread. With `user` (NULL: ours) it
 * gets the groups of that user, no capability, and no way to new ones. The service manager is not told of it. */
int child_start(const char *const *argv, const struct child_user *user, struct child *child, struct err *err);

/* Sends it a signal, unless it has ended. */
void child_signal(const struct child *child, int signal);

/* Whether it has ended; if so it is reaped, *status is what waitpid(2) says, and *child is none. */
bool child_reap(struct child *child, int *status);

#endif
