/*
 * What each day was like, of the local calendar of a host: what ran, how it ended, and what should have run and did not.
 * Pure functions of rows, a schedule, a zone and now; strips of a month and the calendar of a year are the same days.
 */
#ifndef PLAN_CALENDAR_H
#define PLAN_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/run.h"
#include "plan/cron.h"
#include "plan/zone.h"

/* The worst that can be said of a day comes last: what is true and comes last is its result. */
enum day_result {
    DAY_NONE,    /* nothing was expected, and nothing ran */
    DAY_AHEAD,   /* today: something is expected and has not begun yet, or its grace lasts */
    DAY_OK,      /* every backup was a success */
    DAY_RUNNING, /* one goes on */
    DAY_WARNING, /* one had warnings or was partial */
    DAY_MISSED,  /* one was due, its grace has passed, and none began later that day or within the grace */
    DAY_FAILED,
    DAY__MAX
};

const char *day_result_name(enum day_result result); /* "ok" */

struct calendar_day {
    int64_t begin,
        end; /* UTC: from the first moment of the local date to that of the next one that there is */
    struct civil date; /* local; of the time only the date is meant */
    enum day_result worst;
    enum day_result
        best; /* of what ran: DAY_OK, DAY_WARNING, DAY_FAILED, DAY_RUNNING; DAY_NONE: nothing did */
    int runs; /* backups that began */
    int64_t first, last; /* when, with runs > 0 */
    bool before;         /* the host was not there yet */
};

/* The last `count` dates up to that of `now`, the oldest first, with nothing in them: a date that the zone leaves out
 * is none, one that it makes longer or shorter by an hour is one. */
void calendar_lay_out(const struct zone *zone, int64_t now, struct calendar_day *days, size_t count);

/* The index of the day that holds the moment; `count`: none of them. */
size_t calendar_find(const struct calendar_day *days, size_t count, int64_t when);

struct calendar_facts {
    int64_t now;
    int64_t created_at;           /* of the host */
    const struct run_start *runs; /* backups of the host, in any order; cancelled ones count as none */
    size_t run_count;
    const struct cron *cron; /* NULL: nothing is expected */
    const struct zone *zone; /* in which the schedule is followed */
    int64_t scheduled_since; /* nothing is expected before */
    int64_t grace_seconds;
};

/* Fills the days, which calendar_lay_out() has laid out. From the day on that holds the start of a run that goes on,
 * nothing is expected. */
void calendar_fill(struct calendar_day *days, size_t count, const struct calendar_facts *facts);

#endif
