/*
 * Running another program: a filled struct, never a shell. The child gets its own process group, an
 * environment of exactly what is listed, standard input from /dev/null, output into pipes that we read, and
 * only the descriptors that are named. It gets SIGTERM when we die (PR_SET_PDEATHSIG). We wait for the
 * process, not for the end of its pipes: a grandchild may keep those open for ever.
 */
#ifndef SYS_SPAWN_H
#define SYS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* How long at most a small piece of output stays in its pipe before we look again. */
enum { SPAWN_HOLD_MS = 20 };

struct spawn {
    /* NULL-terminated. argv[0] is looked up in PATH of `environment` (absolute directories only) unless it
     * has a slash. */
    const char *const *argv;
    const char *const *environment; /* "NAME=value", NULL-terminated; nothing is inherited */
    int inherit_fd;                 /* one more descriptor, above 2, the child keeps (the host lock), or -1 */
    int64_t deadline_ms;            /* clock_boot_ms() at which the group is ended; 0 = none */
    int64_t silence_ms;             /* ends the group after so long without output; 0 = never */
    int64_t grace_ms;               /* between TERM and KILL of the group; 0 = 5,000 */
    int64_t tick_ms;                /* how often `tick` is called while it runs; 0 = 1,000 */
    /* Receives what the child writes, at most SPAWN_HOLD_MS after it came; stream is 1 or 2. May be NULL: dropped. */
    void (*output)(void *context, int stream, const char *bytes, size_t size);
    /* Called at each tick; returning false ends the group (SPAWN_STOPPED). May be NULL. */
    bool (*tick)(void *context);
    /* Called once in the parent when the child runs, with its pid (= process group). May be NULL. */
    void (*started)(void *context, pid_t pid);
    void *context;
};

enum spawn_end {
    SPAWN_EXITED,   /* by itself; exit_status is set */
    SPAWN_SIGNALED, /* somebody killed it; signal is set */
    /* Of those below, exit_status or signal tells as well how it took it. */
    SPAWN_DEADLINE, /* we ended it: deadline */
    SPAWN_SILENCE,  /* we ended it: no output */
    SPAWN_STOPPED,  /* we ended it: tick said so */
    SPAWN_CANCELLED /* we ended it: stop_requested() */
};

struct spawn_result {
    enum spawn_end end;
    int exit_status;
    int signal;
    int64_t duration_ms; /* until the program itself had ended */
    bool group_killed;   /* KILL was needed, for the program or for what it left in its group */
};

/* Starts it, reads its output until it has ended, ends what is left of its process group. 0 when it could be
 * started (however it ended), -1 when it could not: ERR_NOT_FOUND for a program that does not exist, ERR_IO
 * otherwise. The caller must have no other thread. A program that hangs in the kernel, where even KILL does
 * not end it, is waited for, with ticks. What left the group (setsid) is not ended; it still has inherit_fd. */
int spawn_run(const struct spawn *spawn, struct spawn_result *result, struct err *err);

/* Runs a short program and collects at most `limit` bytes of each stream (`errors` may be NULL: same buffer).
 * ERR_INTERRUPTED when it was ended because we were asked to stop. */
int spawn_collect(const char *const *argv, const char *const *environment, int64_t timeout_ms, size_t limit,
                  struct buf *output, struct buf *errors, struct spawn_result *result, struct err *err);

/* Sends TERM, then after grace_ms KILL, to every process of the group whose environment has `marker`
 * ("POBSYNC_RUN=17"), and waits until none is left or the grace has passed twice. Returns how many were
 * found. Used to end what a dead worker left behind; the marker makes sure that a reused pid is never hit. */
int spawn_end_group(pid_t group, const char *marker, int64_t grace_ms);

#endif
