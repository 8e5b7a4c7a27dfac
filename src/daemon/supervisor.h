/* `pobsync up`: every part of an installation under one process. */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include <stddef.h>

#include "base/err.h"
#include "sys/child.h"

/* A part: one of our own commands. */
struct supervisor_part {
    const char *name;              /* for the log */
    const char *const *argv;       /* "pobsync", command, options, NULL */
    const struct child_user *user; /* NULL: ours */
};

/* Starts the parts in this order, starts again what ends, with growing pauses, and ends them in this order when a signal
 * asks for it: within 12 s nothing of ours runs any more. Tells the service manager when all have been started and, where
 * it wants to know, that we live. -1 when a part could not be started at all in the beginning. */
int supervisor_run(const struct supervisor_part *parts, size_t count, struct err *err);

#endif
