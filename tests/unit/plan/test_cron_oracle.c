/*
 * cron_next() against an oracle that walks minute by minute with glibc's clocks. It shares nothing with the program:
 * expressions are made together with what they mean, and the rule of the two nights is told in another way, as a clock
 * that somebody watches: a fixed time fires when the clock reaches it or passes it for the first time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dice.h"
#include "plan/cron.h"
#include "zone_sample.h"

/* What an expression means, one flag a value. */
struct meaning {
    bool minute[60], hour[24], day[32], month[13], weekday[8];
    bool day_star, weekday_star, wild;
};

static const char *const month_names[] = {"",    "Jan", "feb", "MAR", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "MON", "tue", "wed", "Thu", "fri", "sat", "sun"};

/* A value as a number or, now and then, by its name. */
static void add_value(char *text, size_t size, int value, const char *const *names)
{
    size_t length = strlen(text);

    if (names != NULL && dice_once_in(2))
        snprintf(text + length, size - length, "%s", names[value]);
    else
        snprintf(text + length, size - length, "%d", value);
}

static void add_text(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);

    snprintf(text + length, size - length, "%s", more);
}

/* Writes one item of a list and sets its flags. */
static void roll_item(char *text, size_t size, bool *flags, int min, int max, const char *const *names,
                      bool star)
{
    int from = min, to = max, step = 1;
    char number[16];

    if (!star) {
        from = (int)dice_in(min, max);
        to = dice_once_in(2) ? from : (int)dice_in(from, max);
    }
    if (star) {
        add_text(text, size, "*");
    } else {
        add_value(text, size, from, names == weekday_names && from == 7 ? NULL : names);
        if (to > from || dice_once_in(4)) {
            add_text(text, size, "-");
            add_value(text, size, to, names == weekday_names && to == 7 ? NULL : names);
            if (to == from)
                star = true; /* "5-5": may have a step as well */
        }
    }
    if ((star || to > from) && dice_once_in(2)) {
        step = (int)dice_in(1, max - min);
        snprintf(number, sizeof number, "/%d", step);
        add_text(text, size, number);
    }
    if (names == weekday_names && from == 0 && to == 7 && text[strlen(text) - 1] == '*')
        to = 6;
    for (int value = from; value <= to; value += step)
        flags[value] = true;
}

/* One field of one to three items; says whether it begins with a star. */
static bool roll_field(char *text, size_t size, bool *flags, int min, int max, const char *const *names,
                       int stars)
{
    bool begins_with_star = dice_in(1, 100) <= stars;
    int items = dice_once_in(3) ? (int)dice_in(2, 3) : 1;

    if (text[0] != '\0')
        add_text(text, size, " ");
    if (begins_with_star && !dice_once_in(3)) {
        add_text(text, size, "*");
        for (int value = min; value <= max; value++)
            flags[value] = true;
        return true;
    }
    for (int i = 0; i < items; i++) {
        if (i > 0)
            add_text(text, size, ",");
        roll_item(text, size, flags, min, max, names, i == 0 && begins_with_star);
    }
    return begins_with_star;
}

static struct meaning roll_expression(char *text, size_t size)
{
    struct meaning meaning = {0};
    bool minute_star, hour_star;

    text[0] = '\0';
    minute_star = roll_field(text, size, meaning.minute, 0, 59, NULL, 20);
    hour_star = roll_field(text, size, meaning.hour, 0, 23, NULL, 30);
    meaning.wild = minute_star || hour_star;
    meaning.day_star = roll_field(text, size, meaning.day, 1, 31, NULL, 70);
    roll_field(text, size, meaning.month, 1, 12, month_names, 80);
    meaning.weekday_star = roll_field(text, size, meaning.weekday, 0, 7, weekday_names, 70);
    meaning.weekday[0] = meaning.weekday[7] = meaning.weekday[0] || meaning.weekday[7];
    return meaning;
}

/* A minute of the local clock. */
struct shown {
    int64_t clock; /* as seconds, to compare and to subtract */
    uint8_t minute, hour, day, month, weekday;
};

static bool means(const struct meaning *meaning, const struct shown *shown)
{
    bool day = meaning->day[shown->day], weekday = meaning->weekday[shown->weekday];

    if (!meaning->minute[shown->minute] || !meaning->hour[shown->hour] || !meaning->month[shown->month])
        return false;
    if (meaning->day_star || meaning->weekday_star)
        return day && weekday;
    return day || weekday;
}

static struct shown shown_of(const struct tm *tm)
{
    struct tm copy = *tm;

    return (struct shown){timegm(&copy),        (uint8_t)tm->tm_min,       (uint8_t)tm->tm_hour,
                          (uint8_t)tm->tm_mday, (uint8_t)(tm->tm_mon + 1), (uint8_t)tm->tm_wday};
}

/* What the clock of the zone in TZ shows, from two days before `begin`, which is what it may be set back. */
enum { BEFORE = 2 * 1440 };
struct film {
    const char *zone_name;
    struct zone zone;
    int64_t begin;
    size_t minutes; /* from begin on */
    struct shown *shown;
};

static struct film record(struct arena *arena, const char *zone_name, int64_t begin, size_t minutes)
{
    struct film film = {zone_name, zone_sample(arena, zone_name), begin, minutes, NULL};

    setenv("TZ", zone_name, 1);
    tzset();
    film.shown = arena_alloc(arena, (BEFORE + minutes) * sizeof *film.shown);
    for (size_t i = 0; i < BEFORE + minutes; i++) {
        time_t when = (time_t)(begin + ((int64_t)i - BEFORE) * 60);
        struct tm tm;

        localtime_r(&when, &tm);
        film.shown[i] = shown_of(&tm);
    }
    unsetenv("TZ");
    return film;
}

/* Whether one of the minutes that the clock leapt over between two frames fires. A leap over a whole date does not. */
static bool fires_in_leap(const struct meaning *meaning, const struct shown *from, const struct shown *to)
{
    for (int64_t clock = from->clock + 60; clock < to->clock; clock += 60) {
        time_t when = (time_t)clock;
        int64_t midnight = clock / 86400 * 86400;
        struct tm tm;
        struct shown skipped;

        if (from->clock + 60 <= midnight && to->clock >= midnight + 86400)
            continue;
        gmtime_r(&when, &tm);
        skipped = shown_of(&tm);
        if (means(meaning, &skipped))
            return true;
    }
    return false;
}

/* Watches the film and asks cron_next() for each time at which something should happen. Gives how many did. */
static int watch(const struct film *film, const char *text, const struct meaning *meaning)
{
    struct cron cron;
    struct err err;
    int64_t latest = INT64_MIN, asked = film->begin - 60, next = INT64_MAX;
    int fired = 0;

    if (cron_parse(text, &cron, &err) < 0) {
        /* What the dice made may be a date that never comes, and nothing else wrong. */
        if (strstr(err.message, "never fires") == NULL)
            fail_msg("%s", err.message);
        next = INT64_MAX;
    } else {
        assert_true(cron_next(&cron, &film->zone, asked, &next));
    }
    for (size_t i = 0; i < BEFORE + film->minutes; i++) {
        const struct shown *shown = &film->shown[i];
        int64_t now = film->begin + ((int64_t)i - BEFORE) * 60;
        bool fires = means(meaning, shown) && (meaning->wild || shown->clock > latest);

        if (!meaning->wild && i > 0 && shown->clock > shown[-1].clock + 60 && shown->clock > latest)
            fires = fires || fires_in_leap(meaning, &shown[-1], shown);
        latest = shown->clock > latest ? shown->clock : latest;
        if (now < film->begin)
            continue;
        if (fires != (now == next)) {
            char is[WHEN_TEXT], should[WHEN_TEXT];

            fail_msg("\"%s\" in %s: next is %s, %s at %s", text, film->zone_name, when_rfc3339(is, next),
                     fires ? "should be" : "nothing", when_rfc3339(should, now));
        }
        if (fires) {
            fired++;
            assert_true(cron_next(&cron, &film->zone, now, &next));
        } else if (next < INT64_MAX && dice_once_in(50)) {
            int64_t again;

            /* From any moment on it is the same one. */
            assert_true(cron_next(&cron, &film->zone, now + dice_in(0, 59), &again));
            assert_int_equal(again, next);
        }
    }
    return fired;
}

/* The n-th change of the clocks in a zone after `begin`, from 0. */
static int64_t change_in(const char *zone_name, int64_t begin, int n)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, zone_name);
    int64_t change = zone_span(&zone, begin).end;

    for (int i = 0; i < n; i++)
        change = zone_span(&zone, change).end;
    if (change == INT64_MAX)
        fail_msg("%s has no such change", zone_name);
    return change;
}

static int64_t watch_many(const struct film *film, int expressions)
{
    int64_t fired = 0;

    for (int i = 0; i < expressions; i++) {
        char text[400];
        struct meaning meaning = roll_expression(text, sizeof text);

        if (strlen(text) <= 256)
            fired += watch(film, text, &meaning);
    }
    return fired;
}

static void around_changes_of_the_clocks(void **state)
{
    static const struct {
        const char *zone;
        const char *after;
        int changes; /* as many from there on */
    } nights[] = {
        {"Europe/Amsterdam", "2026-01-01T00:00:00Z", 2},   {"Australia/Lord_Howe", "2026-01-01T00:00:00Z", 2},
        {"Pacific/Apia", "2011-12-01T00:00:00Z", 1},       {"Asia/Beirut", "2025-01-01T00:00:00Z", 2},
        {"America/New_York", "2037-01-01T00:00:00Z", 4},   {"America/Nuuk", "2025-01-01T00:00:00Z", 2},
        {"Antarctica/Troll", "2025-01-01T00:00:00Z", 2},   {"Africa/Casablanca", "2024-01-01T00:00:00Z", 2},
        {"Pacific/Kiritimati", "1994-12-01T00:00:00Z", 1}, {"Europe/Dublin", "2044-01-01T00:00:00Z", 2},
        {"America/Caracas", "2007-11-01T00:00:00Z", 2},    {"Asia/Kathmandu", "1985-12-01T00:00:00Z", 1},
        {"America/Santiago", "2024-01-01T00:00:00Z", 2},   {"Asia/Pyongyang", "2015-01-01T00:00:00Z", 2},
        {"Asia/Manila", "1978-01-01T00:00:00Z", 2},        {"Pacific/Kwajalein", "1993-01-01T00:00:00Z", 1},
    };
    int64_t fired = 0;
    int films = 0;

    (void)state;
    for (size_t i = 0; i < sizeof nights / sizeof nights[0]; i++)
        for (int n = 0; n < nights[i].changes; n++) {
            ARENA_SCOPED arena = ARENA_EMPTY;
            int64_t after = 0, change;
            struct film film;
            struct err err;

            assert_int_equal(when_parse_rfc3339(nights[i].after, &after, &err), 0);
            change = change_in(nights[i].zone, after, n);
            film = record(&arena, nights[i].zone, change - 86400 - change % 60, 3 * 1440);
            fired += watch_many(&film, 300);
            films++;
        }
    print_message("%d nights, 300 expressions each, %lld times as the oracle has them\n", films,
                  (long long)fired);
    assert_true(fired > 100000);
}

static void over_years(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct film film;
    int64_t begin = 0, fired;
    struct err err;

    (void)state;
    assert_int_equal(when_parse_rfc3339("2027-12-30T00:00:00Z", &begin, &err), 0);
    film = record(&arena, "Europe/Amsterdam", begin, 430 * 1440);
    fired = watch_many(&film, 60);
    print_message("430 days, 60 expressions, %lld times as the oracle has them\n", (long long)fired);
    assert_true(fired > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(around_changes_of_the_clocks),
        cmocka_unit_test(over_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
