/* The scheduler: passes over all schedules, again and again. */
#ifndef DAEMON_SCHEDULER_H
#define DAEMON_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct scheduler_options {
    bool loop;        /* until a signal asks for the end; else one pass */
    int64_t interval; /* seconds between two passes, which begin at full multiples of it */
};

/* A pass that fails within the loop is told in the log and tried again with the next one. */
int scheduler_run(const struct scheduler_options *options, struct err *err);

#endif
