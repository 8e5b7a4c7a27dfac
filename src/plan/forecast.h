/*
 * When room runs out, from what was free over the last weeks. Backups and prunes make it go up and down every day, so
 * each day counts with its lowest value, and the trend is the median of the slopes between all pairs of days (the
 * estimator of Theil and Sen), which no single clean-up or migration bends; the quartiles of the same slopes are the
 * range that is told. Pure; any unit, here bytes or inodes.
 */
#ifndef PLAN_FORECAST_H
#define PLAN_FORECAST_H

#include <stddef.h>
#include <stdint.h>

enum {
    FORECAST_DAYS = 30,     /* that are looked at */
    FORECAST_DAYS_MIN = 7,  /* with fewer nothing is said */
    FORECAST_FAR_DAYS = 730 /* beyond that nothing is said either */
};

enum forecast_state {
    FORECAST_SHORT,    /* too few days are known */
    FORECAST_NO_TREND, /* it does not shrink, or not clearly, or not within two years */
    FORECAST_FULL_IN,
    FORECAST_FULL, /* nothing is left above the floor */
};
const char *forecast_state_name(enum forecast_state state); /* "short", "no_trend", "full_in", "full" */

struct room_point {
    int64_t at;   /* UTC seconds */
    int64_t free; /* negative: not known, left out */
};

struct forecast {
    enum forecast_state state;
    int64_t days;    /* that are known, of the last FORECAST_DAYS */
    int64_t per_day; /* what is taken a day, by the median; negative: it grows. 0 if `state` is SHORT */
    int64_t soonest, latest; /* days from `now`, if `state` is FULL_IN; rounded down and up */
};

/* `points` by time. `floor`: what has to stay free for a backup to begin. */
struct forecast forecast_plan(const struct room_point *points, size_t count, int64_t floor, int64_t now);

#endif
