/* A schedule with its expression and its time zone read: what says when it fires. */
#ifndef SERVICE_SCHEDULE_CLOCK_H
#define SERVICE_SCHEDULE_CLOCK_H

#include "model/config.h"
#include "model/schedule.h"
#include "plan/cron.h"
#include "service/zone_cache.h"

struct schedule_clock {
    struct cron cron;
    const struct zone *zone;
    const char *zone_name;
    enum config_origin zone_origin; /* ORIGIN_NONE: the schedule's own */
};

/* The zone is the schedule's, else the host's, else the one of `global` (the global settings over the defaults). Neither
 * the database nor the files of the zones are trusted: -1 with a sentence for what cannot be read (any more). */
int schedule_clock_load(struct zone_cache *zones, const struct effective *global,
                        const struct schedule *schedule, struct schedule_clock *clock, struct err *err);

#endif
