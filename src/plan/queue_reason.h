/* Why a queued run does not run yet: a pure function, whose sentence every face shows. */
#ifndef PLAN_QUEUE_REASON_H
#define PLAN_QUEUE_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/run.h"

struct queue_facts {
    const struct run *running; /* everything that runs on the node */
    size_t running_count;
    int64_t places; /* how many may run at once */
    size_t workers; /* how many are alive */
    int64_t now;
};

/* "web1 is busy: run 12, backup", "2 of 2 places are taken", "due in 3 min", "no worker is running", "starts now". */
const char *queue_reason_plan(struct arena *arena, const struct run *run, const struct queue_facts *facts);

#endif
