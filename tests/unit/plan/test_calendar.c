/* Days of a host: by examples of a zone whose clocks change, and where the edges of days lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dice.h"
#include "plan/calendar.h"
#include "zone_sample.h"

enum { HOUR = 3600 };

static int64_t at(const char *text)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct err err;
    int64_t when = 0;

    if (when_parse_rfc3339(arena_printf(&arena, "%s:00Z", text), &when, &err) < 0)
        fail_msg("%s", err.message);
    return when;
}

static const char *date_of(struct arena *arena, const struct calendar_day *day)
{
    return arena_printf(arena, "%04d-%02d-%02d", (int)day->date.year, day->date.month, day->date.day);
}

/* One letter a day: . none, a ahead, o ok, r running, w warning, m missed, f failed. */
static const char *letters(struct arena *arena, const struct calendar_day *days, size_t count)
{
    char *text = arena_alloc(arena, count + 1);

    for (size_t i = 0; i < count; i++)
        text[i] = ".aorwmf"[days[i].worst];
    return text;
}

static void days_follow_each_other_in_every_zone(void **state)
{
    static const struct {
        const char *zone, *now, *first, *last;
        size_t count;
        int64_t hours; /* of the last one */
    } examples[] = {
        {"Europe/Amsterdam", "2026-11-26 22:59", "2026-10-28", "2026-11-26", 30, 24},
        {"Europe/Amsterdam", "2026-11-26 23:00", "2026-10-29", "2026-11-27", 30, 24},
        {"Europe/Amsterdam", "2026-10-25 12:00", "2026-10-23", "2026-10-25", 3, 25},
        {"Europe/Amsterdam", "2027-03-28 12:00", "2027-03-26", "2027-03-28", 3, 23},
        /* The clocks leap over midnight. */
        {"America/Santiago", "2026-09-06 12:00", "2026-09-05", "2026-09-06", 2, 23},
        /* 30 December 2011 was left out. */
        {"Pacific/Apia", "2011-12-31 06:00", "2011-12-28", "2011-12-31", 3, 24},
        {"Pacific/Kiritimati", "2026-11-26 10:00", "2026-11-26", "2026-11-27", 2, 24},
        {"America/St_Johns", "2026-11-26 03:29", "2026-11-25", "2026-11-25", 1, 24},
    };
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct zone zone = zone_sample(&arena, examples[i].zone);
        struct calendar_day days[30];
        size_t count = examples[i].count;
        int64_t now = at(examples[i].now);

        calendar_lay_out(&zone, now, days, count);
        assert_string_equal(date_of(&arena, &days[0]), examples[i].first);
        assert_string_equal(date_of(&arena, &days[count - 1]), examples[i].last);
        assert_int_equal(days[count - 1].end - days[count - 1].begin, examples[i].hours * HOUR);
        assert_int_equal(calendar_find(days, count, now), count - 1);
        assert_int_equal(calendar_find(days, count, days[0].begin - 1), count);
        assert_int_equal(calendar_find(days, count, days[count - 1].end), count);
        for (size_t j = 0; j < count; j++) {
            assert_true(days[j].begin < days[j].end);
            assert_int_equal(calendar_find(days, count, days[j].begin), j);
            assert_int_equal(calendar_find(days, count, days[j].end - 1), j);
            if (j > 0)
                assert_int_equal(days[j].begin, days[j - 1].end);
        }
    }
}

/* Any moment is in the day that the clocks of the zone show. */
static void each_moment_is_in_its_date(void **state)
{
    static const char *const names[] = {"Europe/Amsterdam", "America/Santiago", "Africa/Cairo",
                                        "Australia/Lord_Howe", "Asia/Kolkata"};

    (void)state;
    for (size_t i = 0; i < 500; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct zone zone = zone_sample(&arena, names[i % 5]);
        struct calendar_day days[40];
        int64_t now = at("2020-01-01 00:00") + dice_in(0, 10 * 365 * 24) * HOUR;
        int64_t when = now - dice_in(0, 38 * 24) * HOUR - dice_in(0, HOUR - 1);
        struct civil shown = zone_local(&zone, when);
        size_t found;

        calendar_lay_out(&zone, now, days, 40);
        found = calendar_find(days, 40, when);
        assert_true(found < 40);
        assert_int_equal(days[found].date.day, shown.day);
        assert_int_equal(days[found].date.month, shown.month);
        assert_int_equal(days[found].date.year, shown.year);
        assert_int_equal(days[found].date.weekday, shown.weekday);
    }
}

/* Seven days up to now in Amsterdam; runs are "2026-11-20 01:15 f", by the letter of what they are. */
struct example {
    const char *what, *cron, *now, *since;
    const char *runs[12];
    const char *worst;
};

#define DAILY "15 2 * * *"
#define LONG_AGO "2026-01-01 00:00"
#define NOON "2026-11-26 11:00"

static const struct example examples[] = {
    {"nothing expected, nothing ran", NULL, NOON, LONG_AGO, {NULL}, "......."},
    {"what was asked for by hand counts", NULL, NOON, LONG_AGO, {"2026-11-24 10:00 o"}, "....o.."},
    {"nothing ran", DAILY, NOON, LONG_AGO, {NULL}, "mmmmmmm"},
    {"one each day",
     DAILY,
     NOON,
     LONG_AGO,
     {"2026-11-20 01:15 o", "2026-11-21 01:15 w", "2026-11-22 01:15 f", "2026-11-23 01:15 p",
      "2026-11-24 01:15 o", "2026-11-25 01:16 o", "2026-11-26 01:15 r"},
     "owfwoor"},
    {"the worst of a day wins",
     DAILY,
     NOON,
     LONG_AGO,
     {"2026-11-24 01:15 f", "2026-11-24 01:45 o", "2026-11-25 01:15 o", "2026-11-26 01:15 w",
      "2026-11-26 03:00 o"},
     "mmmmfow"},
    {"late on the same day is not missed", DAILY, NOON, LONG_AGO, {"2026-11-25 20:00 o"}, "mmmmmom"},
    {"before it was due does not count", DAILY, NOON, LONG_AGO, {"2026-11-25 00:30 o"}, "mmmmmmm"},
    {"a failure is worse than what is missed behind it",
     DAILY,
     NOON,
     LONG_AGO,
     {"2026-11-25 00:30 f"},
     "mmmmmfm"},
    {"within the grace of today", DAILY, "2026-11-26 02:00", LONG_AGO, {NULL}, "mmmmmma"},
    {"later today", DAILY, "2026-11-26 00:10", LONG_AGO, {NULL}, "mmmmmma"},
    {"the schedule is younger", DAILY, NOON, "2026-11-24 12:00", {NULL}, ".....mm"},
    {"on Wednesdays", "15 2 * * 3", NOON, LONG_AGO, {NULL}, ".....m."},
    {"late in the evening, begun the next day",
     "50 23 * * *",
     NOON,
     LONG_AGO,
     {"2026-11-24 23:10 o", "2026-11-23 23:51 o"},
     "mmmmoma"},
    {"each hour, and none since the morning", "0 * * * *", NOON, LONG_AGO, {"2026-11-25 08:00 o"}, "mmmmmmm"},
    {"cancelled and queued ones are none",
     DAILY,
     NOON,
     LONG_AGO,
     {"2026-11-25 01:15 c", "2026-11-26 01:15 q"},
     "mmmmmmm"},
    {"one that goes on keeps others from being due",
     DAILY,
     NOON,
     LONG_AGO,
     {"2026-11-24 01:15 r"},
     "mmmmr.."},
};

static struct run_start run_of(const char *text)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    static const char letters_of[] = "ofprcqw";
    static const enum run_state states[] = {RUN_SUCCESS,   RUN_FAILED, RUN_PARTIAL, RUN_RUNNING,
                                            RUN_CANCELLED, RUN_QUEUED, RUN_WARNING};
    size_t length = strlen(text);

    return (struct run_start){.host_id = 1,
                              .started_at = at(arena_copy(&arena, text, length - 2)),
                              .state = states[strchr(letters_of, text[length - 1]) - letters_of]};
}

static void days_are_what_ran_and_what_should_have(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        const struct example *example = &examples[i];
        struct zone zone = zone_sample(&arena, "Europe/Amsterdam");
        struct calendar_day days[7];
        struct run_start runs[12];
        struct cron cron;
        struct err err;
        struct calendar_facts facts = {.now = at(example->now),
                                       .created_at = at(LONG_AGO),
                                       .runs = runs,
                                       .zone = &zone,
                                       .scheduled_since = at(example->since),
                                       .grace_seconds = HOUR};

        for (; example->runs[facts.run_count] != NULL; facts.run_count++)
            runs[facts.run_count] = run_of(example->runs[facts.run_count]);
        if (example->cron != NULL) {
            assert_int_equal(cron_parse(example->cron, &cron, &err), 0);
            facts.cron = &cron;
        }
        calendar_lay_out(&zone, facts.now, days, 7);
        calendar_fill(days, 7, &facts);
        if (strcmp(letters(&arena, days, 7), example->worst) != 0)
            fail_msg("%s: %s, expected %s", example->what, letters(&arena, days, 7), example->worst);
    }
}

static void the_best_of_a_day_is_known_too(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct calendar_day days[2];
    const struct run_start runs[] = {{1, at("2026-11-26 05:00"), RUN_FAILED},
                                     {1, at("2026-11-26 04:00"), RUN_SUCCESS},
                                     {1, at("2026-11-26 06:00"), RUN_WARNING}};
    const struct calendar_facts facts = {.now = at(NOON),
                                         .created_at = at("2026-11-26 01:00"),
                                         .runs = runs,
                                         .run_count = 3,
                                         .zone = &zone_universal};

    (void)state;
    calendar_lay_out(&zone_universal, facts.now, days, 2);
    calendar_fill(days, 2, &facts);
    assert_true(days[0].before);
    assert_false(days[1].before);
    assert_int_equal(days[1].runs, 3);
    assert_int_equal(days[1].worst, DAY_FAILED);
    assert_int_equal(days[1].best, DAY_OK);
    assert_int_equal(days[1].first, at("2026-11-26 04:00"));
    assert_int_equal(days[1].last, at("2026-11-26 06:00"));
    assert_int_equal(days[0].best, DAY_NONE);
}

/* What fires in the night without 02:15, or with two of them, is one run on that date. */
static void nights_in_which_the_clocks_change_are_days_like_others(void **state)
{
    static const char *const nows[] = {"2026-10-25 12:00", "2027-03-28 12:00"};
    static const char *const runs_at[] = {"2026-10-25 00:15", "2027-03-28 01:00"};
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, "Europe/Amsterdam");
    struct cron cron;
    struct err err;

    (void)state;
    assert_int_equal(cron_parse(DAILY, &cron, &err), 0);
    for (size_t i = 0; i < 2; i++)
        for (int ran = 0; ran < 2; ran++) {
            const struct run_start run = {1, at(runs_at[i]), RUN_SUCCESS};
            const struct calendar_facts facts = {.now = at(nows[i]),
                                                 .runs = &run,
                                                 .run_count = (size_t)ran,
                                                 .cron = &cron,
                                                 .zone = &zone,
                                                 .grace_seconds = HOUR};
            struct calendar_day days[1];

            calendar_lay_out(&zone, facts.now, days, 1);
            calendar_fill(days, 1, &facts);
            assert_int_equal(days[0].worst, ran ? DAY_OK : DAY_MISSED);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_follow_each_other_in_every_zone),
        cmocka_unit_test(each_moment_is_in_its_date),
        cmocka_unit_test(days_are_what_ran_and_what_should_have),
        cmocka_unit_test(the_best_of_a_day_is_known_too),
        cmocka_unit_test(nights_in_which_the_clocks_change_are_days_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
