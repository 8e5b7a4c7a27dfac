/*
 * Cron expressions: reading them, when they fire, and saying so in words.
 *
 * The language is that of Vixie's cron (crontab(5)): minute, hour, day of the month, month, day of the week, with "*",
 * lists "1,5", ranges "9-17", steps behind a range or "*" ("9-17/2"); months and weekdays also by their first three
 * letters; 0 and 7 are Sunday, and a range may end there ("fri-sun"). @hourly @daily @midnight @weekly @monthly
 * @yearly @annually stand for the usual five fields. @reboot is refused: nothing of ours happens at a boot.
 *
 * Vixie's rule for the two day fields: a field that begins with "*" is unrestricted. When both are restricted, a day
 * matches that matches either; else it has to match both (a "*" with a step is unrestricted and yet not every day).
 *
 * When the clocks change, as Vixie's cron does:
 * - An expression whose minute or hour field begins with "*" *follows the clock*: it fires at each moment at which
 *   the local clock shows a matching minute. Minutes that the clocks leap over do not fire, and those shown twice
 *   fire twice: what fires every 15 minutes does so in these nights too. What follows the clock only within an hour
 *   that is leapt over ("* 2 * * *") does not fire on that date.
 * - Any other expression names *fixed times*: each matching local minute fires once. One that is shown twice fires
 *   the first time. One that the clocks leap over fires at the first moment after the leap; all of one leap, and one
 *   that falls on that moment anyway, fire together: once. Dates that a zone leaves out as a whole (Apia, 30 December
 *   2011) have no minutes and fire nothing. So "15 2 * * *" fires exactly once for each local date.
 */
#ifndef PLAN_CRON_H
#define PLAN_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/zone.h"

/* Bit n stands for the value n. */
struct cron {
    uint64_t minutes;          /* 0 to 59 */
    uint32_t hours;            /* 0 to 23 */
    uint32_t days;             /* 1 to 31 */
    uint32_t months;           /* 1 to 12 */
    uint32_t weekdays;         /* 0 to 6, 0 = Sunday */
    bool any_day, any_weekday; /* the field begins with "*" */
    bool follows_clock;        /* the field of the minute or of the hour begins with "*" */
};

/* ERR_INVALID with the column (from 1) and the reason; also for an expression that never fires ("0 0 31 2 *"). */
int cron_parse(const char *text, struct cron *cron, struct err *err);

/* The first time after `after` (not at it) at which it fires. False: none before the year 10000. */
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *next);

/* The next `count` times; the answer is how many there are. What every preview shows. */
size_t cron_preview(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *times,
                    size_t count);

/* What the clocks do to the time `at`, at which it fires: "02:30 does not exist on 2027-03-28; runs 03:00", "02:30 comes
 * twice on 2026-10-25; runs the first time". NULL: nothing, or it follows the clock. */
const char *cron_remark(struct arena *arena, const struct cron *cron, const struct zone *zone, int64_t at);

/* "every day at 02:15", "Mondays and Thursdays at 03:00", "every 15 minutes"; what has no simple words is told field by
 * field. */
const char *cron_words(struct arena *arena, const struct cron *cron);

#endif
