/*
 * A worker claims runs of its node and does each in a child of its own (`pobsync run-job`), so that nothing a run does can
 * hurt another. It beats for them, ends those that somebody cancels, and puts right what died: its own children, and the
 * runs of workers that are gone.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct worker_options {
    int64_t jobs; /* how many runs at once; 0: as the setting parallel_runs says */
    bool once;    /* ends when nothing is due and all children have ended */
};

/* Works until a signal asks for the end (then its runs end as cancelled, within 10 s) or, with `once`, nothing is left to
 * do. -1 when it could not begin: environment, database. */
int worker_run(const struct worker_options *options, struct err *err);

#endif
