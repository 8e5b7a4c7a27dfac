/* When a cron expression fires: by steps over days, never over minutes. */
#include "plan/cron.h"

enum {
    MINUTE = 60,
    HOUR = 3600,
    DAY = 86400,
    /* 29 February on a certain weekday is at most 40 years away (around 2100, which is no leap year). */
    YEARS_AHEAD = 41,
};

static const int64_t year_1 = -62135596800, year_10000 = 253402300800;

static bool matches_day(const struct cron *cron, const struct civil *date)
{
    bool day = (cron->days >> date->day & 1) != 0, weekday = (cron->weekdays >> date->weekday & 1) != 0;

    return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

/* The first matching minute of a day at or after `minute` (0 to 1439); -1: none. */
static int minute_of_day(const struct cron *cron, int minute)
{
    int first = minute % 60;

    for (int hour = minute / 60; hour < 24; hour++, first = 0) {
        uint64_t left = cron->minutes >> first;

        if ((cron->hours >> hour & 1) != 0 && left != 0)
            return hour * 60 + first + __builtin_ctzll(left);
    }
    return -1;
}

/* The first day at or after `day` (local seconds at midnight) that matches; INT64_MAX: none in sight. */
static int64_t next_day(const struct cron *cron, int64_t day)
{
    struct civil date = when_civil(day);
    int64_t last_year = date.year + YEARS_AHEAD;

    while (date.year <= last_year) {
        if ((cron->months >> date.month & 1) == 0) {
            date =
                (struct civil){.year = date.year + date.month / 12, .month = date.month % 12 + 1, .day = 1};
            day = when_from_civil(&date);
        } else if (matches_day(cron, &date)) {
            return day;
        } else {
            day += DAY;
        }
        date = when_civil(day);
    }
    return INT64_MAX;
}

/* The first matching local minute at or after `local`; INT64_MAX: none in sight. */
static int64_t next_minute(const struct cron *cron, int64_t local)
{
    int64_t from = local + ((-local % MINUTE) + MINUTE) % MINUTE; /* up to a whole minute */
    int64_t day = from - (from % DAY + DAY) % DAY, found = next_day(cron, day);
    int minute = -1;

    if (found == day) {
        minute = minute_of_day(cron, (int)((from - day) / MINUTE));
        if (minute < 0)
            found = next_day(cron, day + DAY);
    }
    if (found == INT64_MAX)
        return INT64_MAX;
    return found + (minute >= 0 ? minute : minute_of_day(cron, 0)) * MINUTE;
}

/* Minutes as the clock shows them, from one span between two changes of the clocks to the next. */
static bool next_by_clock(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *next)
{
    int64_t from = after + 1;

    while (from < year_10000) {
        struct zone_span span = zone_span(zone, from);
        int64_t minute = next_minute(cron, from + span.type->offset);

        if (minute != INT64_MAX && minute - span.type->offset < span.end) {
            *next = minute - span.type->offset;
            return *next < year_10000;
        }
        from = span.end;
    }
    return false;
}

/* Whether the whole local date is in the gap. */
static bool is_left_out(const struct zone_moments *gap, int64_t local)
{
    int64_t midnight = local - (local % DAY + DAY) % DAY;

    return gap->change + gap->offset_before <= midnight && gap->change + gap->offset_after >= midnight + DAY;
}

/* Local minutes in their order, each at its one moment. */
static bool next_fixed(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *next)
{
    int64_t local = zone_local_seconds(zone, after);

    while (true) {
        struct zone_moments moments;

        local = next_minute(cron, local + 1);
        if (local >= year_10000)
            return false;
        moments = zone_utc(zone, local);
        if (moments.count == 0 && is_left_out(&moments, local))
            continue;
        *next = moments.count == 0 ? moments.change : moments.at[0];
        /* Not so: the second time that the clocks show it, or another minute of the same leap. */
        if (*next > after)
            return true;
    }
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *next)
{
    if (after >= year_10000)
        return false;
    if (after < year_1)
        after = year_1;
    return cron->follows_clock ? next_by_clock(cron, zone, after, next) : next_fixed(cron, zone, after, next);
}

size_t cron_preview(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *times,
                    size_t count)
{
    size_t found = 0;

    while (found < count && cron_next(cron, zone, after, &times[found])) {
        after = times[found];
        found++;
    }
    return found;
}
