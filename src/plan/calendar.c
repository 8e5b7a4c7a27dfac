/* Days of a host. */
#include "plan/calendar.h"

enum { DAY = 86400 };

static const char *const results[] = {
    [DAY_NONE] = "none",       [DAY_AHEAD] = "ahead",   [DAY_OK] = "ok",         [DAY_RUNNING] = "running",
    [DAY_WARNING] = "warning", [DAY_MISSED] = "missed", [DAY_FAILED] = "failed",
};

const char *day_result_name(enum day_result result)
{
    return (unsigned)result < DAY__MAX ? results[result] : "unknown";
}

/* The first moment of a local date; of one that the zone leaves out, that of the date behind it. */
static int64_t begin_of(const struct zone *zone, int64_t day)
{
    const struct zone_moments moments = zone_utc(zone, day * DAY);

    return moments.count == 0 ? moments.change : moments.at[0];
}

void calendar_lay_out(const struct zone *zone, int64_t now, struct calendar_day *days, size_t count)
{
    int64_t local = zone_local_seconds(zone, now);
    int64_t day = local / DAY - (local % DAY < 0);
    int64_t end = begin_of(zone, day + 1);

    for (size_t i = count; i-- > 0; day--) {
        int64_t begin = begin_of(zone, day);

        while (begin >= end)
            begin = begin_of(zone, --day);
        days[i] = (struct calendar_day){.begin = begin, .end = end, .date = when_civil(day * DAY)};
        end = begin;
    }
}

size_t calendar_find(const struct calendar_day *days, size_t count, int64_t when)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (days[middle].end <= when)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && days[low].begin <= when ? low : count;
}

static enum day_result result_of(enum run_state state)
{
    switch (state) {
    case RUN_SUCCESS:
        return DAY_OK;
    case RUN_WARNING:
    case RUN_PARTIAL:
        return DAY_WARNING;
    case RUN_RUNNING:
        return DAY_RUNNING;
    case RUN_FAILED:
        return DAY_FAILED;
    case RUN_QUEUED:
    case RUN_CANCELLED:
    case RUN_STATE__MAX:
        break;
    }
    return DAY_NONE;
}

/* One that goes on may still end well or badly: anything that has ended with a snapshot is better. */
static int goodness(enum day_result result)
{
    static const int order[DAY__MAX] = {[DAY_OK] = 4, [DAY_WARNING] = 3, [DAY_RUNNING] = 2, [DAY_FAILED] = 1};

    return order[result];
}

static void add_run(struct calendar_day *days, size_t count, const struct run_start *run)
{
    enum day_result result = result_of(run->state);
    size_t i = calendar_find(days, count, run->started_at);
    struct calendar_day *day = &days[i];

    if (result == DAY_NONE || i == count)
        return;
    if (result > day->worst)
        day->worst = result;
    if (goodness(result) > goodness(day->best))
        day->best = result;
    if (day->runs == 0 || run->started_at < day->first)
        day->first = run->started_at;
    if (day->runs == 0 || run->started_at > day->last)
        day->last = run->started_at;
    day->runs++;
}

static int64_t newer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The first time of the day that nothing has begun at or after, on that day; of those that count. False: none. */
static bool open_slot(const struct calendar_day *day, const struct calendar_facts *facts, int64_t *slot)
{
    int64_t after = newer(day->begin - 1, facts->scheduled_since);

    if (day->runs > 0)
        after = newer(after, day->last);
    return cron_next(facts->cron, facts->zone, after, slot) && *slot < day->end;
}

static void expect(struct calendar_day *day, const struct calendar_day *following,
                   const struct calendar_facts *facts)
{
    bool begun_later;
    int64_t slot;

    if (!open_slot(day, facts, &slot))
        return;
    /* A time late in the evening is kept early the next day. */
    begun_later = following != NULL && following->runs > 0 && following->first <= slot + facts->grace_seconds;
    if (begun_later)
        return;
    if (slot + facts->grace_seconds < facts->now) {
        if (day->worst < DAY_MISSED)
            day->worst = DAY_MISSED;
    } else if (day->worst == DAY_NONE) {
        day->worst = DAY_AHEAD;
    }
}

/* When the run that goes on began: until it ends, no other one can begin. */
static int64_t running_since(const struct calendar_facts *facts)
{
    int64_t since = INT64_MAX;

    for (size_t i = 0; i < facts->run_count; i++)
        if (facts->runs[i].state == RUN_RUNNING && facts->runs[i].started_at < since)
            since = facts->runs[i].started_at;
    return since;
}

void calendar_fill(struct calendar_day *days, size_t count, const struct calendar_facts *facts)
{
    int64_t since = running_since(facts);

    for (size_t i = 0; i < facts->run_count; i++)
        add_run(days, count, &facts->runs[i]);
    for (size_t i = 0; i < count; i++) {
        days[i].before = days[i].end <= facts->created_at && days[i].runs == 0;
        if (facts->cron != NULL && days[i].end <= since && days[i].begin <= facts->now)
            expect(&days[i], i + 1 < count ? &days[i + 1] : NULL, facts);
    }
}
