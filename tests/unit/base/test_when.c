/* Calendar arithmetic and times as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/when.h"

/* glibc's timegm() is the other opinion. It is asked for a stretch of every century from 1600 to 2400, at odd steps. */
static void agrees_with_libc(void **state)
{
    (void)state;
    for (int64_t when = -11676096000; when < 13569465600; when += 86400 * 17 + 12345) {
        struct civil civil = when_civil(when);
        struct tm tm = {0};
        time_t time = (time_t)when;

        assert_non_null(gmtime_r(&time, &tm));
        assert_int_equal(civil.year, tm.tm_year + 1900);
        assert_int_equal(civil.month, tm.tm_mon + 1);
        assert_int_equal(civil.day, tm.tm_mday);
        assert_int_equal(civil.hour, tm.tm_hour);
        assert_int_equal(civil.minute, tm.tm_min);
        assert_int_equal(civil.second, tm.tm_sec);
        assert_int_equal(civil.weekday, tm.tm_wday);
        assert_true(when_from_civil(&civil) == when);
    }
}

static void the_ends_of_time_do_no_harm(void **state)
{
    char to[WHEN_TEXT];

    (void)state;
    assert_int_equal(when_civil(INT64_MAX).year, 292277026596);
    assert_true(when_civil(INT64_MIN).year < -292277022000);
    assert_true(strlen(when_rfc3339(to, INT64_MIN)) < WHEN_TEXT);
    assert_true(strlen(when_compact(to, INT64_MAX)) < WHEN_TEXT);
}

static void writes_the_fixed_forms(void **state)
{
    const int64_t when = 1795381205; /* date -u -d @1795381205 */
    char to[WHEN_TEXT];

    (void)state;
    assert_string_equal(when_rfc3339(to, when), "2026-11-22T21:00:05Z");
    assert_string_equal(when_minute(to, when), "2026-11-22 21:00");
    assert_string_equal(when_compact(to, when), "20261122-210005Z");
    assert_string_equal(when_rfc3339(to, 0), "1970-01-01T00:00:00Z");
}

static void reads_rfc3339(void **state)
{
    static const struct {
        const char *text;
        int64_t when;
    } good[] = {
        {"2026-11-22T21:00:05Z", 1795381205},
        {"2026-11-22 21:00:05Z", 1795381205},
        {"2026-11-22t21:00:05z", 1795381205},
        {"2026-11-22T22:00:05+01:00", 1795381205},
        {"2026-11-22T15:30:05-05:30", 1795381205},
        {"2026-11-22T21:00:05.123456Z", 1795381205},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"1970-01-01T00:00:00Z", 0},
        {"0001-01-01T00:00:00Z", -62135596800},
    };
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T21:00:05",
        "2026-11-22T21:00Z",
        "2026-11-22T21:00:05Zx",
        "2026-11-22T21:00:05.Z",
        "2026-11-22T21:00:05+0100",
        "2026-11-22T21:00:05+24:00",
        "2026-11-22T24:00:00Z",
        "2026-11-22T21:60:00Z",
        "2026-11-22T21:00:61Z",
        "2026-02-29T00:00:00Z",
        "2026-02-30T10:00:60Z",
        "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z",
        " 2026-11-22T21:00:05Z",
        "2026/11/22T21:00:05Z",
    };
    struct err err;
    int64_t when;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(when_parse_rfc3339(good[i].text, &when, &err), 0);
        assert_true(when == good[i].when);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(when_parse_rfc3339(bad[i], &when, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
}

static void distances_for_people(void **state)
{
    static const struct {
        int64_t distance;
        const char *past, *future;
    } rows[] = {
        {0, "just now", "just now"},
        {59, "just now", "just now"},
        {60, "1 min ago", "in 1 min"},
        {3599, "59 min ago", "in 59 min"},
        {3600, "1 h ago", "in 1 h"},
        {47 * 3600 + 3599, "47 h ago", "in 47 h"},
        {48 * 3600, "2 days ago", "in 2 days"},
        {7 * 86400 - 1, "6 days ago", "in 6 days"},
        {7 * 86400, "2026-11-15 21:00", "2026-11-29 21:00"},
    };
    const int64_t now = 1795381205;
    char to[WHEN_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(when_ago(to, now - rows[i].distance, now), rows[i].past);
        assert_string_equal(when_ago(to, now + rows[i].distance, now), rows[i].future);
    }
}

static void durations_have_two_units_at_most(void **state)
{
    static const struct {
        int64_t seconds;
        const char *shown;
    } rows[] = {
        {-5, "0 s"},         {0, "0 s"},
        {59, "59 s"},        {60, "1 min"},
        {192, "3 min 12 s"}, {3600, "1 h"},
        {3659, "1 h"},       {5400, "1 h 30 min"},
        {86400, "1 d"},      {2 * 86400 + 4 * 3600 + 59, "2 d 4 h"},
    };
    char to[WHEN_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(when_duration(to, rows[i].seconds), rows[i].shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libc),       cmocka_unit_test(the_ends_of_time_do_no_harm),
        cmocka_unit_test(writes_the_fixed_forms), cmocka_unit_test(reads_rfc3339),
        cmocka_unit_test(distances_for_people),   cmocka_unit_test(durations_have_two_units_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
