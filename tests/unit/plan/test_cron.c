/*
 * Cron: the language and its refusals, the two nights in which the clocks change, words, speed. The comparison with a
 * slow oracle is in test_cron_oracle.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plan/cron.h"
#include "zone_sample.h"

static struct cron parsed(const char *text)
{
    struct cron cron;
    struct err err;

    if (cron_parse(text, &cron, &err) < 0)
        fail_msg("\"%s\": %s", text, err.message);
    return cron;
}

static int64_t at(const char *rfc3339)
{
    int64_t when = 0;
    struct err err;

    if (when_parse_rfc3339(rfc3339, &when, &err) < 0)
        fail_msg("%s", err.message);
    return when;
}

static void two_spellings_of_one(void **state)
{
    static const char *const pairs[][2] = {
        {"@hourly", "0 * * * *"},
        {"@daily", "0 0 * * *"},
        {"@midnight", "0 0 * * *"},
        {"  @Weekly\t", "0 0 * * 0"},
        {"@monthly", "0 0 1 * *"},
        {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
        {"\t5  4\t* * *  ", "05 4 * * *"},
        {"0 0 * jan,FEB,Mar mon-fri", "0 0 * 1-3 1,2,3,4,5"},
        {"0 0 * * 7", "0 0 * * sun"},
        {"0 0 * * 5-7", "0 0 * * 0,5,6"},
        {"0 0 * * fri-sun", "0 0 * * fri,sat,0"},
        {"0 0 * * 0-7", "0 0 * * 0-6"},
        {"0 9-17/4 * * *", "0 9,13,17 * * *"},
        {"0-59/30 0 * * *", "0,30 0 * * *"},
        {"0 0 1-31/7 1-12/6 sun-sat/3", "0 0 1,8,15,22,29 1,7 0,3,6"},
        {"1,1,1-2 0 * * *", "1,2 0 * * *"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct cron one = parsed(pairs[i][0]), other = parsed(pairs[i][1]);

        if (one.minutes != other.minutes || one.hours != other.hours || one.days != other.days ||
            one.months != other.months || one.weekdays != other.weekdays || one.any_day != other.any_day ||
            one.any_weekday != other.any_weekday || one.follows_clock != other.follows_clock)
            fail_msg("\"%s\" is not \"%s\"", pairs[i][0], pairs[i][1]);
    }
}

static void stars_are_remembered(void **state)
{
    (void)state;
    assert_true(parsed("*/15 2 * * *").follows_clock);
    assert_true(parsed("0 */2 * * *").follows_clock);
    assert_false(parsed("0-59 0-23 * * *").follows_clock);
    assert_true(parsed("0 0 */2 * *").any_day);
    assert_false(parsed("0 0 1-31 * *").any_day);
    assert_true(parsed("0 0 * * */2").any_weekday);
    assert_false(parsed("0 0 * * 1,*").any_weekday);
    assert_int_equal(parsed("0 0 * * */7").weekdays, 1);
}

static void bad_ones_are_refused(void **state)
{
    static const struct {
        const char *text;
        int column;
        const char *reason;
    } cases[] = {
        {"", 1, "minute is missing"},
        {"   ", 4, "minute is missing"},
        {"15 2 * *", 9, "day of the week is missing"},
        {"15 2 * * * root", 12, "more than five fields"},
        {"60 2 * * *", 1, "60 is no minute: these go from 0 to 59"},
        {"15 24 * * *", 4, "24 is no hour"},
        {"15 2 0 * *", 6, "0 is no day of the month"},
        {"15 2 32 * *", 6, "32 is no day"},
        {"15 2 * 13 *", 8, "13 is no month"},
        {"15 2 * 0 *", 8, "0 is no month"},
        {"15 2 * * 8", 10, "8 is no day of the week: these go from 0 to 7"},
        {"15 2 * january *", 8, "\"january\" is no month"},
        {"15 mon * * *", 4, "\"mon\" is no hour"},
        {"15 2 * mon *", 8, "\"mon\" is no month"},
        {"10-5 2 * * *", 1, "backwards"},
        {"15 2 * * fri-mon", 10, "backwards"},
        {"*/0 2 * * *", 3, "from 1 to 60"},
        {"*/ 2 * * *", 3, "from 1 to 60"},
        {"*/-5 2 * * *", 3, "from 1 to 60"},
        {"*/90 * * * *", 3, "a step of 90 is more than the 60 values"},
        {"0 0 * * */8", 11, "more than the 7 values"},
        {"5/10 * * * *", 2, "a step needs \"*\" or a range"},
        {"1,,2 * * * *", 3, "means nothing here"},
        {"1, 2 * * *", 3, "the minute is missing"},
        {"1- 2 * * *", 3, "the minute is missing"},
        {"-1 2 * * *", 1, "means nothing here"},
        {"1-2-3 2 * * *", 4, "does not belong there"},
        {"** 2 * * *", 2, "does not belong there"},
        {"0 0 L * *", 5, "\"L\" is no day of the month"},
        {"0 0 ? * *", 5, "\"?\" means nothing here"},
        {"0 0 * * 1#2", 10, "does not belong there"},
        {"0~30 0 * * *", 2, "does not belong there"},
        {"99999999999999999999 0 * * *", 1, "is no minute"},
        {"@reboot", 1, "names no time"},
        {"@every 5m", 1, "such a name is not known"},
        {"@", 1, "such a name is not known"},
        {"@daily x", 1, "such a name is not known"},
        {"0 0 31 2 *", 5, "never fires"},
        {"0 0 31 feb,apr,jun,sep,nov *", 5, "never fires"},
        {"0 0  30-31 2 */2", 6, "never fires"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cron cron;
        struct err err = {0};
        char column[32];

        if (cron_parse(cases[i].text, &cron, &err) == 0)
            fail_msg("\"%s\" was taken", cases[i].text);
        assert_int_equal(err.code, ERR_INVALID);
        snprintf(column, sizeof column, "column %d: ", cases[i].column);
        if (strstr(err.message, column) == NULL || strstr(err.message, cases[i].reason) == NULL)
            fail_msg("\"%s\" at %d: %s", cases[i].text, cases[i].column, err.message);
    }
}

static void a_long_one_is_refused(void **state)
{
    char text[400];
    struct cron cron;
    struct err err;

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text + 300, "0 0 * * *", 10);
    assert_int_equal(cron_parse(text, &cron, &err), -1);
    assert_int_equal(cron_parse(text + 100, &cron, &err), 0);
}

/* `expected` is a list of times, ended by NULL. */
static void check_times(const char *text, const struct zone *zone, const char *after,
                        const char *const *expected)
{
    struct cron cron = parsed(text);
    int64_t time = at(after);

    for (; *expected != NULL; expected++) {
        char found[WHEN_TEXT];

        assert_true(cron_next(&cron, zone, time, &time));
        if (time != at(*expected))
            fail_msg("\"%s\" after %s: %s, expected %s", text, after, when_rfc3339(found, time), *expected);
    }
}

#define CHECK_TIMES(text, zone, after, ...)                                                                  \
    check_times(text, zone, after, (const char *const[]){__VA_ARGS__, NULL})

static void plain_times(void **state)
{
    const struct zone *utc = &zone_universal;

    (void)state;
    CHECK_TIMES("15 2 * * *", utc, "2026-11-22T02:14:59Z", "2026-11-22T02:15:00Z", "2026-11-23T02:15:00Z");
    CHECK_TIMES("15 2 * * *", utc, "2026-12-31T02:15:00Z", "2027-01-01T02:15:00Z");
    CHECK_TIMES("*/20 * * * *", utc, "2026-11-22T23:30:00Z", "2026-11-22T23:40:00Z", "2026-11-23T00:00:00Z");
    CHECK_TIMES("0 0 29 2 *", utc, "2026-11-22T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z");
    CHECK_TIMES("0 0 29 2 *", utc, "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z");
    CHECK_TIMES("0 0 31 * *", utc, "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z");
    /* 29 February on a Sunday: the longest wait that there is. */
    CHECK_TIMES("0 0 29 2 */7", utc, "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z");
}

static void the_two_day_fields(void **state)
{
    const struct zone *utc = &zone_universal;

    (void)state;
    /* Friday 13 November 2026. Both restricted: either. */
    CHECK_TIMES("0 0 13 * 5", utc, "2026-11-12T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z",
                "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z",
                "2026-12-13T00:00:00Z");
    /* One begins with a star: both. */
    CHECK_TIMES("0 0 */13 * 5", utc, "2026-11-12T00:00:00Z", "2026-11-27T00:00:00Z", "2027-01-01T00:00:00Z");
    CHECK_TIMES("0 0 1 * */2", utc, "2026-11-12T00:00:00Z", "2026-12-01T00:00:00Z", "2027-04-01T00:00:00Z");
}

static void nights_in_amsterdam(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct zone zone = zone_sample(&arena, "Europe/Amsterdam");

    (void)state;
    /* 29 March: 02:00 CET is 03:00 CEST. */
    CHECK_TIMES("15 2 * * *", &zone, "2026-03-27T12:00:00Z", "2026-03-28T01:15:00Z", "2026-03-29T01:00:00Z",
                "2026-03-30T00:15:00Z");
    CHECK_TIMES("30 2 * * *", &zone, "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    CHECK_TIMES("0,30 2,3 * * *", &zone, "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z",
                "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z");
    CHECK_TIMES("*/30 * * * *", &zone, "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z",
                "2026-03-29T01:30:00Z");
    CHECK_TIMES("*/30 2 * * *", &zone, "2026-03-28T01:30:00Z", "2026-03-30T00:00:00Z");
    /* The date of a skipped minute is its own. */
    CHECK_TIMES("30 2 29 3 *", &zone, "2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z", "2027-03-29T00:30:00Z");
    /* 25 October: 03:00 CEST is 02:00 CET. */
    CHECK_TIMES("30 2 * * *", &zone, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    CHECK_TIMES("0 * * * *", &zone, "2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z",
                "2026-10-25T02:00:00Z");
    CHECK_TIMES("0,30 2,3 * * *", &zone, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z",
                "2026-10-25T02:00:00Z");
    /* From within the second 02:00 to 03:00. */
    CHECK_TIMES("30 2 * * *", &zone, "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z");
}

static void other_changes(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct zone howe = zone_sample(&arena, "Australia/Lord_Howe");
    const struct zone apia = zone_sample(&arena, "Pacific/Apia");
    const struct zone beirut = zone_sample(&arena, "Asia/Beirut");

    (void)state;
    /* 02:00 to 02:30 is left out on 4 October 2026, at 15:30 UTC of the third. */
    CHECK_TIMES("15 2 * * *", &howe, "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z");
    CHECK_TIMES("30 2 * * *", &howe, "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:30:00Z");
    /* 01:30 to 02:00 twice on 5 April 2026. */
    CHECK_TIMES("45 1 * * *", &howe, "2026-04-04T12:00:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z");
    CHECK_TIMES("45 * * * *", &howe, "2026-04-04T14:00:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z");
    /* 30 December 2011 was not. */
    CHECK_TIMES("15 2 * * *", &apia, "2011-12-29T00:00:00Z", "2011-12-29T12:15:00Z", "2011-12-30T12:15:00Z");
    CHECK_TIMES("0 0 30 12 *", &apia, "2011-06-01T00:00:00Z", "2012-12-29T10:00:00Z");
    /* The day begins at 01:00. */
    CHECK_TIMES("@daily", &beirut, "2025-03-29T00:00:00Z", "2025-03-29T22:00:00Z", "2025-03-30T21:00:00Z");
}

/* 400 days of each: one run for each local date, at any hour and minute. */
static void a_daily_one_fires_once_a_day(void **state)
{
    static const char *const zones[] = {"Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Beirut",
                                        "America/New_York", "America/Nuuk",        "Antarctica/Troll"};
    int days = 0;

    (void)state;
    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct zone zone = zone_sample(&arena, zones[z]);

        for (int minute = 0; minute < 1440; minute += 15) {
            char text[32];
            struct cron cron;
            int64_t time = at("2026-01-01T12:00:00Z");
            int64_t day = zone_local_seconds(&zone, time) / 86400;

            snprintf(text, sizeof text, "%d %d * * *", minute % 60, minute / 60);
            cron = parsed(text);
            if (zone_local_seconds(&zone, time) % 86400 >= minute * 60)
                day++;
            for (int i = 0; i < 400; i++, day++, days++) {
                assert_true(cron_next(&cron, &zone, time, &time));
                /* In Nuuk the clocks leap over 23:00: then the first moment is of the next date. */
                if (zone_local_seconds(&zone, time) / 86400 != day &&
                    zone_local_seconds(&zone, time) != (day + 1) * 86400)
                    fail_msg("\"%s\" in %s: day %lld", text, zones[z], (long long)day);
            }
        }
    }
    print_message("%d local dates, one run each\n", days);
}

static void the_end_of_time(void **state)
{
    struct cron cron = parsed("0 0 1 1 *");
    int64_t next, times[5];

    (void)state;
    assert_false(cron_next(&cron, &zone_universal, at("9999-06-01T00:00:00Z"), &next));
    assert_false(cron_next(&cron, &zone_universal, INT64_MAX, &next));
    assert_true(cron_next(&cron, &zone_universal, INT64_MIN, &next));
    assert_int_equal(cron_preview(&cron, &zone_universal, at("9997-06-01T00:00:00Z"), times, 5), 2);
    assert_int_equal(times[1], at("9999-01-01T00:00:00Z"));
    cron = parsed("* * * * *");
    assert_false(cron_next(&cron, &zone_universal, at("9999-12-31T23:59:00Z"), &next));
}

static void words(void **state)
{
    static const char *const cases[][2] = {
        {"15 2 * * *", "every day at 02:15"},
        {"15 2,14 * * *", "every day at 02:15 and 14:15"},
        {"0 */6 * * *", "every day at 00:00, 06:00, 12:00 and 18:00"},
        {"0 3 * * 1", "Mondays at 03:00"},
        {"0 3 * * 1,4", "Mondays and Thursdays at 03:00"},
        {"0 3 * * 1-5", "Monday to Friday at 03:00"},
        {"0 3 * * sat,sun", "Saturdays and Sundays at 03:00"},
        {"0 3 * * 1,3-5,0", "Mondays, Wednesday to Friday and Sundays at 03:00"},
        {"@monthly", "on day 1 of every month at 00:00"},
        {"@yearly", "on day 1 of January at 00:00"},
        {"0 0 1,15 1,7 *", "on days 1 and 15 of January and July at 00:00"},
        {"0 0 * 6-8 *", "every day in June to August at 00:00"},
        {"0 0 * 6 mon", "Mondays in June at 00:00"},
        {"0 0 13 * 5", "on day 13 of every month and Fridays at 00:00"},
        {"0 0 13 * */2",
         "on day 13 of every month, only Tuesdays, Thursdays, Saturdays and Sundays at 00:00"},
        {"0 0 1-31 * 1", "every day at 00:00"},
        {"* * * * *", "every minute"},
        {"*/15 * * * *", "every 15 minutes"},
        {"*/15 * * * 1-5", "every 15 minutes, Monday to Friday"},
        {"*/15 * * 1 *", "every 15 minutes, in January"},
        {"*/15 9-17 * * *", "every 15 minutes from 09:00 to 17:45"},
        {"@hourly", "every hour"},
        {"5 * * * *", "every hour at minute 5"},
        {"0 */2 * * *", "every 2 hours"},
        {"10 */2 * * *", "every 2 hours at minute 10"},
        {"10 9-17 * * 1-5", "every hour from 09:10 to 17:10, Monday to Friday"},
        {"1,7-9,11 2,5 * * *", "every day at minute 1, 7 to 9 and 11 of hour 2 and 5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct cron cron = parsed(cases[i][0]);

        assert_string_equal(cron_words(&arena, &cron), cases[i][1]);
    }
}

/* No walk over minutes: eight years ahead take microseconds. */
static void far_ahead_is_quick(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    static const char *const texts[] = {"0 0 29 2 *", "0 0 29 2 */7", "*/5 * 29 2 */7", "15 2 * * *"};
    const struct zone zone = zone_sample(&arena, "Europe/Amsterdam");

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct cron cron = parsed(texts[i]);
        struct timespec begin, end;
        double microseconds;
        int64_t next;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        for (int j = 0; j < 100; j++)
            cron_next(&cron, &zone, at("2096-03-01T00:00:00Z") + j, &next);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        microseconds =
            (double)(end.tv_sec - begin.tv_sec) * 1e4 + (double)(end.tv_nsec - begin.tv_nsec) / 1e5;
        print_message("next \"%s\": %.1f us\n", texts[i], microseconds);
        assert_true(microseconds < 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_spellings_of_one),
        cmocka_unit_test(stars_are_remembered),
        cmocka_unit_test(bad_ones_are_refused),
        cmocka_unit_test(a_long_one_is_refused),
        cmocka_unit_test(plain_times),
        cmocka_unit_test(the_two_day_fields),
        cmocka_unit_test(nights_in_amsterdam),
        cmocka_unit_test(other_changes),
        cmocka_unit_test(a_daily_one_fires_once_a_day),
        cmocka_unit_test(the_end_of_time),
        cmocka_unit_test(words),
        cmocka_unit_test(far_ahead_is_quick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
