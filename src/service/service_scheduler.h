/* One pass of the scheduler: what is due goes into the queue. */
#ifndef SERVICE_SERVICE_SCHEDULER_H
#define SERVICE_SERVICE_SCHEDULER_H

#include <stdint.h>

#include "service/service.h"

struct scheduler_result {
    int64_t schedules;   /* looked at */
    int64_t enqueued;    /* slots that came into the queue with this pass */
    int64_t missed;      /* slots that were left out for a newer one of their host */
    const char *trouble; /* with the clock, a sentence, or NULL */
};

/* Looks at every schedule: of the slots that have come since the last one, the newest is enqueued, the others are left
 * out for it. Each slot is enqueued exactly once, however many schedulers pass at the same time. A host whose scheduled
 * run still waits gets no second one. A clock that stepped since the last pass is noted with the pass and told in the
 * log. Nightly work is enqueued once a day. One transaction. */
int service_scheduler_pass(struct service *service, struct scheduler_result *result, struct err *err);

#endif
