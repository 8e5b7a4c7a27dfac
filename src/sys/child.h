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

/* `argv` with the name of the command in argv[1], ended by NULL; argv[0] is "pobsync". The caller has one thread. */
int child_start(const char *const *argv, struct child *child, struct err *err);

/* Sends it a signal, unless it has ended. */
void child_signal(const struct child *child, int signal);

/* Whether it has ended; if so it is reaped, *status is what waitpid(2) says, and *child is none. */
bool child_reap(struct child *child, int *status);

#endif
