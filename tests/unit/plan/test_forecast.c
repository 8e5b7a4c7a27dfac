/* When room runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/forecast.h"

enum { DAY = 86400, HOUR = 3600, POINTS = 40 * 24, START = 1000000 };

static struct room_point points[POINTS];

/* An hourly point for each of `days` days, the newest at *now. */
static size_t hourly(int days, int64_t (*free_at)(int64_t hour), int64_t *now)
{
    size_t count = (size_t)days * 24;

    for (size_t i = 0; i < count; i++)
        points[i] = (struct room_point){START + (int64_t)i * HOUR, free_at((int64_t)i)};
    *now = points[count - 1].at;
    return count;
}

static int64_t steady(int64_t hour)
{
    return 100000 - hour * 10;
}

static void a_steady_loss_is_told_in_days(void **state)
{
    struct forecast forecast;
    int64_t now;
    size_t count = hourly(20, steady, &now);

    (void)state;
    forecast = forecast_plan(points, count, 0, now);
    assert_int_equal(forecast.state, FORECAST_FULL_IN);
    assert_int_equal(forecast.days, 20);
    assert_int_equal(forecast.per_day, 240);
    /* 100000 - 479 * 10 = 95210 left: 396.7 days */
    assert_int_equal(forecast.soonest, 396);
    assert_int_equal(forecast.latest, 397);
    forecast = forecast_plan(points, count, 95210 - 2400, now);
    assert_int_equal(forecast.soonest, 10);
}

static void few_days_tell_nothing(void **state)
{
    int64_t now;
    size_t count = hourly(6, steady, &now);
    struct forecast forecast = forecast_plan(points, count, 0, now);

    (void)state;
    assert_int_equal(forecast.state, FORECAST_SHORT);
    assert_int_equal(forecast.days, 6);
    count = hourly(7, steady, &now);
    assert_int_equal(forecast_plan(points, count, 0, now).state, FORECAST_FULL_IN);
    assert_int_equal(forecast_plan(NULL, 0, 0, now).state, FORECAST_SHORT);
}

/* Backups take 2400 a day in the night, the prune gives all of it back. */
static int64_t saw(int64_t hour)
{
    return 100000 - hour % 24 * 100;
}

/* The same, and the prune gives only half back. */
static int64_t sinking_saw(int64_t hour)
{
    return 100000 - hour / 24 * 1200 - hour % 24 * 100;
}

static void what_goes_up_and_down_each_day_is_no_trend(void **state)
{
    struct forecast forecast;
    int64_t now;
    size_t count = hourly(30, saw, &now);

    (void)state;
    assert_int_equal(forecast_plan(points, count, 0, now).state, FORECAST_NO_TREND);
    count = hourly(30, sinking_saw, &now);
    forecast = forecast_plan(points, count, 0, now);
    assert_int_equal(forecast.state, FORECAST_FULL_IN);
    assert_int_equal(forecast.per_day, 1200);
}

/* One big clean-up in between. */
static int64_t with_a_jump(int64_t hour)
{
    return 100000 - hour * 10 + (hour > 650 ? 30000 : 0);
}

static int64_t growing(int64_t hour)
{
    return 100000 + hour;
}

static int64_t slow(int64_t hour)
{
    return INT64_C(1000000000000) - hour;
}

static void one_jump_does_not_turn_the_trend(void **state)
{
    struct forecast forecast;
    int64_t now;
    size_t count = hourly(30, with_a_jump, &now);

    (void)state;
    forecast = forecast_plan(points, count, 0, now);
    assert_int_equal(forecast.state, FORECAST_FULL_IN);
    assert_int_equal(forecast.per_day, 240);
    count = hourly(30, growing, &now);
    forecast = forecast_plan(points, count, 0, now);
    assert_int_equal(forecast.state, FORECAST_NO_TREND);
    assert_true(forecast.per_day < 0);
    count = hourly(30, slow, &now);
    assert_int_equal(forecast_plan(points, count, 0, now).state, FORECAST_NO_TREND);
}

static void at_the_floor_it_is_full(void **state)
{
    int64_t now;
    size_t count = hourly(20, steady, &now);

    (void)state;
    assert_int_equal(forecast_plan(points, count, 95210, now).state, FORECAST_FULL);
    assert_int_equal(forecast_plan(points, 1, 200000, points[0].at).state, FORECAST_FULL);
}

static void what_is_not_known_or_old_or_ahead_is_left_out(void **state)
{
    struct forecast forecast;
    int64_t now;
    size_t count = hourly(40, steady, &now);

    (void)state;
    points[count - 1].free = -1;
    forecast = forecast_plan(points, count, 0, now);
    assert_int_equal(forecast.days, FORECAST_DAYS);
    assert_int_equal(forecast.per_day, 240);
    /* The clock was wrong: what is ahead of now does not count. */
    forecast = forecast_plan(points, count, 0, now - 20 * DAY);
    assert_int_equal(forecast.days, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_loss_is_told_in_days),
        cmocka_unit_test(few_days_tell_nothing),
        cmocka_unit_test(what_goes_up_and_down_each_day_is_no_trend),
        cmocka_unit_test(one_jump_does_not_turn_the_trend),
        cmocka_unit_test(at_the_floor_it_is_full),
        cmocka_unit_test(what_is_not_known_or_old_or_ahead_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
