/* The wall clock against the steady one. */
#include "plan/clock_check.h"

#include <stdbool.h>
#include <string.h>

#include "base/when.h"

enum { STEP_ALLOWED = 60 };

const char *clock_check_plan(struct arena *arena, const struct clock_mark *before,
                             const struct clock_mark *now)
{
    bool same_boot = before->boot_id != NULL && strcmp(before->boot_id, now->boot_id) == 0;
    int64_t expected = before->at + (same_boot ? (now->boot_ms - before->boot_ms) / 1000 : 0);
    int64_t step = now->at - expected;
    char by[WHEN_TEXT], was[WHEN_TEXT], is[WHEN_TEXT];

    if (step < -STEP_ALLOWED)
        return arena_printf(arena, "the clock went back by %s: it was %s UTC and is %s UTC",
                            when_duration(by, -step), when_minute(was, expected), when_minute(is, now->at));
    if (same_boot && step > STEP_ALLOWED)
        return arena_printf(arena, "the clock leapt forward by %s: it was %s UTC and is %s UTC",
                            when_duration(by, step), when_minute(was, expected), when_minute(is, now->at));
    return NULL;
}
