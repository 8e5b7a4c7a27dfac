/*
 * Runs rsync for one transfer: feeds its output to the parser, watches the wall clock, the wish to stop and the room on
 * the backup root, and ends the whole process group when one of them says so.
 */
#ifndef ENGINE_TRANSFER_H
#define ENGINE_TRANSFER_H

#include <sys/types.h>

#include "base/err.h"
#include "engine/rsync_output.h"
#include "plan/outcome.h"

struct transfer {
    const char *const *argv;
    const char *const *environment;
    int lock_fd; /* inherited by rsync; -1: none */
    int root_fd; /* whose room is watched; -1: none */
    int64_t min_free_bytes, min_free_inodes;
    int64_t max_runtime_seconds;
    /* Called when rsync runs, with its process group. */
    void (*started)(void *context, pid_t group);
    /* Called about every second; false ends the transfer as cancelled. */
    bool (*tick)(void *context);
    void *context;
};

struct transfer_result {
    enum rsync_end end;
    int exit_status; /* when it exited, else -1 */
    int signal;      /* when it was killed by somebody else */
    int64_t duration_ms;
    int64_t connect_ms; /* until the first output, -1: there was none */
};

/* 0 however it ended; -1 when it could not be started. `output` was initialised by the caller and is finished here. */
int transfer_run(const struct transfer *transfer, struct rsync_output *output, struct transfer_result *result,
                 struct err *err);

#endif
