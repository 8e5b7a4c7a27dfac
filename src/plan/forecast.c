/* The trend of free room. */
#include "plan/forecast.h"

#include <stdbool.h>
#include <stdlib.h>

enum { DAY = 86400, PAIRS_MAX = FORECAST_DAYS * (FORECAST_DAYS - 1) / 2 };

/* The lowest value of one day of the last FORECAST_DAYS. */
struct low {
    bool known;
    int64_t free;
};

const char *forecast_state_name(enum forecast_state state)
{
    switch (state) {
    case FORECAST_SHORT:
        return "short";
    case FORECAST_NO_TREND:
        return "no_trend";
    case FORECAST_FULL_IN:
        return "full_in";
    case FORECAST_FULL:
        return "full";
    }
    return NULL;
}

/* `lows[0]` is the day that ends now. */
static void find_lows(const struct room_point *points, size_t count, int64_t now, struct low *lows)
{
    for (size_t i = 0; i < count; i++) {
        int64_t day = (now - points[i].at) / DAY;
        struct low *low;

        if (points[i].free < 0 || points[i].at > now || day >= FORECAST_DAYS)
            continue;
        low = &lows[day];
        if (!low->known || points[i].free < low->free)
            *low = (struct low){true, points[i].free};
    }
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return one < other ? -1 : one > other;
}

/* What each pair of days says is taken a day, sorted. */
static size_t find_slopes(const struct low *lows, double *slopes)
{
    size_t count = 0;

    for (int later = 0; later < FORECAST_DAYS; later++)
        for (int earlier = later + 1; earlier < FORECAST_DAYS; earlier++)
            if (lows[later].known && lows[earlier].known)
                slopes[count++] = (double)(lows[earlier].free - lows[later].free) / (earlier - later);
    qsort(slopes, count, sizeof *slopes, by_value);
    return count;
}

static int64_t newest(const struct room_point *points, size_t count, int64_t now)
{
    for (size_t i = count; i > 0; i--)
        if (points[i - 1].free >= 0 && points[i - 1].at <= now)
            return points[i - 1].free;
    return -1;
}

struct forecast forecast_plan(const struct room_point *points, size_t count, int64_t floor, int64_t now)
{
    struct forecast forecast = {.state = FORECAST_SHORT};
    struct low lows[FORECAST_DAYS] = {0};
    double slopes[PAIRS_MAX], fast, slow;
    int64_t left = newest(points, count, now);
    size_t pairs;

    find_lows(points, count, now, lows);
    for (int i = 0; i < FORECAST_DAYS; i++)
        forecast.days += lows[i].known;
    if (left >= 0 && left <= floor) {
        forecast.state = FORECAST_FULL;
        return forecast;
    }
    if (forecast.days < FORECAST_DAYS_MIN || left < 0)
        return forecast;
    pairs = find_slopes(lows, slopes);
    forecast.per_day = (int64_t)slopes[pairs / 2];
    fast = slopes[pairs * 3 / 4];
    slow = slopes[pairs / 4];
    forecast.state = FORECAST_NO_TREND;
    /* A quarter of the pairs that says it does not shrink at all, or the far future, is no trend. */
    if (slow <= 0 || (double)(left - floor) / slow > FORECAST_FAR_DAYS)
        return forecast;
    forecast.state = FORECAST_FULL_IN;
    forecast.soonest = (int64_t)((double)(left - floor) / fast);
    forecast.latest = (int64_t)((double)(left - floor) / slow) + 1;
    return forecast;
}
