/* Whether the wall clock went as the steady clock did between two passes of the scheduler. */
#ifndef PLAN_CLOCK_CHECK_H
#define PLAN_CLOCK_CHECK_H

#include <stdint.h>

#include "base/arena.h"

struct clock_mark {
    int64_t at;          /* wall clock, UTC seconds */
    const char *boot_id; /* of the boot that boot_ms belongs to */
    int64_t boot_ms;     /* CLOCK_BOOTTIME */
};

/* NULL when it did, else a sentence. A step of a minute or less is time synchronisation at work; between two boots only
 * a wall clock that went back shows. */
const char *clock_check_plan(struct arena *arena, const struct clock_mark *before,
                             const struct clock_mark *now);

#endif
