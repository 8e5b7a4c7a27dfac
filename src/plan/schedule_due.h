/* Which slot of a schedule is to be enqueued now. A pure function; the scheduler asks it for each schedule. */
#ifndef PLAN_SCHEDULE_DUE_H
#define PLAN_SCHEDULE_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/schedule.h"
#include "plan/cron.h"

enum {
    SCHEDULE_MISSED_MAX = 1000,      /* more are not counted */
    SCHEDULE_CLOCK_TOLERANCE = 3600, /* seconds that a clock may go back without a word */
};

struct schedule_due {
    int64_t slot;   /* to be enqueued now: the newest one that has come; 0: none */
    int64_t missed; /* how many before it are left out for it, at most SCHEDULE_MISSED_MAX */
    int64_t next;   /* the first one after that; 0: never, or the schedule or its host is disabled */
    /* The newest slot, or the change of the schedule, is more than the tolerance ahead of now: the clock is or was
     * wrong, which a person has to be told. */
    bool clock_trouble;
};

/* Slots count after the newer of last_slot_at and changed_at; however many have come, one is due.
 *
 * A clock that goes back a little repeats nothing: until it has passed last_slot_at again, no slot is due. A
 * last_slot_at further ahead than the tolerance would stop the host for as long as the clock was wrong, years perhaps.
 * It is not believed: slots count from changed_at, and enqueueing refuses those that a run stands for already
 * (ERR_EXISTS of store_run_insert()), which is no failure: the slot is noted as enqueued then. With a changed_at
 * that is ahead as well nothing is due. */
struct schedule_due schedule_due_plan(const struct schedule *schedule, const struct cron *cron,
                                      const struct zone *zone, int64_t now);

#endif
