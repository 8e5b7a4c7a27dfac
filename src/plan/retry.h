/*
 * Whether a run that ended badly is repeated by itself, and when: a pure function of its row. Only what came through the
 * queue is repeated; what a person runs in the foreground he repeats himself.
 *
 *   host_unreachable, timeout, protocol → up to `retries` times, with growing pauses, until retry_until (the end of the
 *                                         schedule's grace; 0: no such end)
 *   killed, busy                        → the same, but without an end: it was us, not the host
 *   cancelled although nobody asked     → the service was stopped: once more, at once; it counts as the same attempt
 */
#ifndef PLAN_RETRY_H
#define PLAN_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/run.h"

struct retry {
    bool again;
    int64_t due_at;  /* when it is to begin */
    int64_t attempt; /* its number */
};

/* `run` has ended; `retries` is the setting of its host. */
struct retry retry_plan(const struct run *run, int64_t retries, int64_t now);

/* The pause before attempt 2, 3, …, in seconds: 1, 5, 15 minutes, and 30 from then on. */
int64_t retry_pause(int64_t attempt);

#endif
