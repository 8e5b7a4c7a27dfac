/* The run of a deletion: its row, its log, and its end. Shared by prune, delete and the clean-up of incomplete ones. */
#ifndef SERVICE_PRUNE_RUN_H
#define SERVICE_PRUNE_RUN_H

#include "engine/run_log.h"
#include "model/run.h"
#include "service/host_work.h"
#include "service/purge.h"

struct prune_run {
    struct service *service;
    struct run run;
    bool recorded; /* there is a row, ours or a worker's */
    struct run_log log;
    void (*notice)(void *context, const char *line);
    void *context;
};

#define PRUNE_RUN_SCOPED __attribute__((cleanup(prune_run_close))) struct prune_run

/* Fills run->run for a row that is not there yet. */
void prune_run_init(struct prune_run *run, struct service *service, const char *host, enum job job,
                    const char *trigger);

/* Takes the row that a worker has claimed instead of making one. */
void prune_run_take(struct prune_run *run, const struct run *claimed);

/* In the caller's transaction: makes the row, or finds that the claimed one is still ours and wanted (ERR_INTERRUPTED). */
int prune_run_begin(struct prune_run *run, const struct host *host, struct err *err);

/* Opens the log and writes what was marked. */
void prune_run_tell(struct prune_run *run, const struct purge_item *items, size_t count);

/* Takes what was marked off its names, and ends the row; `message` is for one that went well. Then lets the host's lock
 * go. -1 when it did not go well; the row has ended all the same. */
int prune_run_carry_out(struct prune_run *run, struct host_work *work, int64_t deleted, const char *message,
                        struct err *err);

/* Ends the row of a run that came to nothing, if there is one, with what `err` says. Returns -1. */
int prune_run_fail(struct prune_run *run, struct err *err);

/* Empties the trash, and gives the exit status of the command: what is left goes later, and that is told. */
int prune_run_empty(struct prune_run *run, const struct host_work *work);

void prune_run_close(struct prune_run *run);

#endif
