/* Which slot of a schedule is to be enqueued now. */
#include "plan/schedule_due.h"

enum { MINUTE = 60, WIDER = 8 };

static bool is_ahead(int64_t when, int64_t now)
{
    return when > now && when - now > SCHEDULE_CLOCK_TOLERANCE;
}

static int64_t next_after(const struct cron *cron, const struct zone *zone, int64_t after)
{
    int64_t next;

    return cron_next(cron, zone, after, &next) ? next : 0;
}

/* The newest slot after `from` that has come; 0: none. By looking further and further back, so that a schedule nobody
 * followed for years costs no walk through all its slots. */
static int64_t newest_slot(const struct cron *cron, const struct zone *zone, int64_t from, int64_t now)
{
    for (int64_t back = MINUTE;; back *= WIDER) {
        int64_t after = now - from > back ? now - back : from;
        int64_t found = 0, slot = next_after(cron, zone, after);

        for (; slot != 0 && slot <= now; slot = next_after(cron, zone, slot))
            found = slot;
        if (found != 0 || after == from)
            return found;
    }
}

static int64_t count_before(const struct cron *cron, const struct zone *zone, int64_t from, int64_t slot)
{
    int64_t count = 0;

    for (int64_t at = next_after(cron, zone, from); at != 0 && at < slot && count < SCHEDULE_MISSED_MAX;
         at = next_after(cron, zone, at))
        count++;
    return count;
}

struct schedule_due schedule_due_plan(const struct schedule *schedule, const struct cron *cron,
                                      const struct zone *zone, int64_t now)
{
    struct schedule_due due = {0};
    int64_t from = schedule->changed_at;

    if (!schedule->enabled || !schedule->host_enabled)
        return due;
    due.clock_trouble = is_ahead(schedule->changed_at, now) || is_ahead(schedule->last_slot_at, now);
    if (schedule->last_slot_at > from && !is_ahead(schedule->last_slot_at, now))
        from = schedule->last_slot_at;
    if (from < now)
        due.slot = newest_slot(cron, zone, from, now);
    if (due.slot != 0)
        due.missed = count_before(cron, zone, from, due.slot);
    due.next = next_after(cron, zone, from > now ? from : now);
    return due;
}
