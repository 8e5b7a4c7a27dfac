/* Which runs are repeated by themselves. */
#include "plan/retry.h"

#include <string.h>

enum { MINUTE = 60 };

int64_t retry_pause(int64_t attempt)
{
    static const int64_t minutes[] = {1, 5, 15, 30};
    int64_t last = (int64_t)(sizeof minutes / sizeof minutes[0]) - 1;
    int64_t index = attempt - 2;

    return minutes[index < 0 ? 0 : index > last ? last : index] * MINUTE;
}

static bool came_through_queue(const struct run *run)
{
    return run->trigger != NULL && strcmp(run->trigger, "cli") != 0;
}

/* The failures that another attempt may get over. */
static bool may_pass(enum cause cause)
{
    return cause == CAUSE_HOST_UNREACHABLE || cause == CAUSE_TIMEOUT || cause == CAUSE_PROTOCOL ||
           cause == CAUSE_KILLED || cause == CAUSE_BUSY;
}

static bool is_ours(enum cause cause)
{
    return cause == CAUSE_KILLED || cause == CAUSE_BUSY;
}

struct retry retry_plan(const struct run *run, int64_t retries, int64_t now)
{
    struct retry none = {0};
    struct retry next = {.again = true, .due_at = now, .attempt = run->attempt};

    if (!came_through_queue(run) || run->cancel_at != 0)
        return none;
    if (run->state == RUN_CANCELLED)
        return run->started_at == 0 ? none : next;
    if (run->state != RUN_FAILED || !may_pass(run->cause) || run->attempt > retries)
        return none;
    next.attempt = run->attempt + 1;
    next.due_at = now + retry_pause(next.attempt);
    if (!is_ours(run->cause) && run->retry_until != 0 && next.due_at > run->retry_until)
        return none;
    return next;
}
