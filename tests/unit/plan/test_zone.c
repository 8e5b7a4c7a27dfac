/*
 * Time zones: every zone of the system against glibc, around each of its changes and at random moments of two
 * centuries; what TZif files can be wrong in; gaps and overlaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "dice.h"
#include "plan/zone.h"
#include "zone_sample.h"

static const int64_t year_1900 = -2208988800, year_2100 = 4102444800;

/* One moment by both. */
static void compare(const struct zone *zone, int64_t utc)
{
    const struct zone_type *type = zone_offset(zone, utc);
    struct civil civil = zone_local(zone, utc);
    time_t when = (time_t)utc;
    struct tm tm;

    assert_non_null(localtime_r(&when, &tm));
    if (type->offset != tm.tm_gmtoff || type->is_dst != (tm.tm_isdst > 0) ||
        strcmp(type->abbreviation, tm.tm_zone) != 0)
        fail_msg("%s at %lld: %d %d %s, glibc says %ld %d %s", zone->name, (long long)utc, type->offset,
                 type->is_dst, type->abbreviation, tm.tm_gmtoff, tm.tm_isdst, tm.tm_zone);
    if (civil.year != tm.tm_year + 1900 || civil.month != tm.tm_mon + 1 || civil.day != tm.tm_mday ||
        civil.hour != tm.tm_hour || civil.minute != tm.tm_min || civil.second != tm.tm_sec ||
        civil.weekday != tm.tm_wday)
        fail_msg("%s at %lld: another date than glibc's", zone->name, (long long)utc);
}

/* There and back: the moment is among those of its local time, and each of these shows it. */
static void check_round_trip(const struct zone *zone, int64_t utc)
{
    int64_t local = zone_local_seconds(zone, utc);
    struct zone_moments moments = zone_utc(zone, local);

    assert_in_range(moments.count, 1, 2);
    assert_true(moments.at[0] == utc || (moments.count == 2 && moments.at[1] == utc));
    for (int i = 0; i < moments.count; i++)
        assert_int_equal(zone_local_seconds(zone, moments.at[i]), local);
}

struct tally {
    int zones, changes, moments;
};

static void compare_zone(const char *name, struct tally *tally)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, name);
    struct zone_span span = zone_span(&zone, year_1900);

    setenv("TZ", name, 1);
    tzset();
    while (span.end < year_2100) {
        for (int64_t at = span.end - 1; at <= span.end + 1; at++) {
            compare(&zone, at);
            check_round_trip(&zone, at);
        }
        tally->changes++;
        assert_true(zone_span(&zone, span.end).end > span.end);
        span = zone_span(&zone, span.end);
    }
    for (int i = 0; i < 100; i++) {
        int64_t at = dice_in(year_1900, year_2100);

        compare(&zone, at);
        check_round_trip(&zone, at);
        tally->moments++;
    }
    tally->zones++;
}

/* "posix" holds the same files again, "right" those with leap seconds. */
static void compare_folder(const char *folder, struct tally *tally)
{
    char path[512];
    struct dirent *entry;
    struct stat stat_;
    DIR *directory;

    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", folder);
    directory = opendir(path);
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        char name[300];

        if (entry->d_name[0] < 'A' || entry->d_name[0] > 'Z')
            continue;
        snprintf(name, sizeof name, "%s%s%s", folder, folder[0] == '\0' ? "" : "/", entry->d_name);
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
        assert_int_equal(stat(path, &stat_), 0);
        if (S_ISDIR(stat_.st_mode))
            compare_folder(name, tally);
        else
            compare_zone(name, tally);
    }
    closedir(directory);
}

static void every_zone_is_as_glibc_has_it(void **state)
{
    struct tally tally = {0};

    (void)state;
    compare_folder("", &tally);
    unsetenv("TZ");
    print_message("%d zones, %d changes (each -1, 0, +1 s), %d random moments, 0 differences\n", tally.zones,
                  tally.changes, tally.moments);
    assert_true(tally.zones > 400);
}

static int64_t utc_of(int year, int month, int day, int hour, int minute)
{
    const struct civil civil = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};

    return when_from_civil(&civil);
}

static void gaps_and_overlaps(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone amsterdam = zone_sample(&arena, "Europe/Amsterdam");
    struct zone apia = zone_sample(&arena, "Pacific/Apia");
    struct zone howe = zone_sample(&arena, "Australia/Lord_Howe");
    struct zone_moments moments = zone_utc(&amsterdam, utc_of(2026, 3, 29, 2, 30));

    (void)state;
    assert_int_equal(moments.count, 0);
    assert_int_equal(moments.change, utc_of(2026, 3, 29, 1, 0));
    assert_int_equal(moments.offset_before, 3600);
    assert_int_equal(moments.offset_after, 7200);
    /* The first and the last of the gap, and the minutes beside it. */
    assert_int_equal(zone_utc(&amsterdam, utc_of(2026, 3, 29, 2, 0)).count, 0);
    assert_int_equal(zone_utc(&amsterdam, utc_of(2026, 3, 29, 1, 59)).count, 1);
    moments = zone_utc(&amsterdam, utc_of(2026, 3, 29, 3, 0));
    assert_int_equal(moments.count, 1);
    assert_int_equal(moments.at[0], utc_of(2026, 3, 29, 1, 0));

    moments = zone_utc(&amsterdam, utc_of(2026, 10, 25, 2, 30));
    assert_int_equal(moments.count, 2);
    assert_int_equal(moments.at[0], utc_of(2026, 10, 25, 0, 30));
    assert_int_equal(moments.at[1], utc_of(2026, 10, 25, 1, 30));
    assert_int_equal(moments.change, utc_of(2026, 10, 25, 1, 0));
    assert_int_equal(zone_utc(&amsterdam, utc_of(2026, 10, 25, 2, 0)).count, 2);
    assert_int_equal(zone_utc(&amsterdam, utc_of(2026, 10, 25, 3, 0)).count, 1);

    /* The whole of 30 December 2011. */
    moments = zone_utc(&apia, utc_of(2011, 12, 30, 12, 0));
    assert_int_equal(moments.count, 0);
    assert_int_equal(moments.offset_after - moments.offset_before, 86400);
    /* Half an hour. */
    assert_int_equal(zone_utc(&howe, utc_of(2026, 10, 4, 2, 15)).count, 0);
    assert_int_equal(zone_utc(&howe, utc_of(2026, 10, 4, 2, 30)).count, 1);
    assert_int_equal(zone_utc(&howe, utc_of(2026, 4, 5, 1, 45)).count, 2);
    assert_int_equal(zone_utc(&howe, utc_of(2026, 4, 5, 1, 29)).count, 1);
    /* Long after the table of the file. */
    assert_int_equal(zone_utc(&amsterdam, utc_of(9998, 7, 1, 2, 0)).at[0], utc_of(9998, 7, 1, 0, 0));
}

static void utc_needs_no_file(void **state)
{
    (void)state;
    assert_int_equal(zone_offset(&zone_universal, 0)->offset, 0);
    assert_string_equal(zone_offset(&zone_universal, INT64_MAX)->abbreviation, "UTC");
    assert_int_equal(zone_utc(&zone_universal, 1795381205).at[0], 1795381205);
    assert_true(zone_span(&zone_universal, INT64_MIN).end == INT64_MAX);
}

/* A file without a table: what the footer says is all. */
static int parse_rule(struct arena *arena, const char *rule, struct zone *zone, struct err *err)
{
    static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" /* version, unused */
                               "\0\0\0\0\0\0\0\0\0\0\0\0"            /* isut, isstd, leap */
                               "\0\0\0\0\0\0\0\1\0\0\0\4"            /* changes, types, text */
                               "\0\0\0\0\0\0UTC";
    BUF_SCOPED bytes = BUF_EMPTY;

    buf_add(&bytes, head, sizeof head);
    buf_add(&bytes, head, sizeof head);
    buf_printf(&bytes, "\n%s\n", rule);
    return zone_parse(arena, "Test/Rule", bytes.data, bytes.size, zone, err);
}

/* Each against glibc, which reads the same string from TZ. */
static void every_form_of_rule(void **state)
{
    static const char *const rules[] = {
        "UTC0",
        "<+0545>-5:45",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "AAA3BBB,J60/0,J300/26",
        "AAA-3BBB-4:30:15,59,364/1:02:03",
        "AAA3BBB,M2.5.6/167,M11.1.1/-167",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct zone zone;
        struct err err;

        if (parse_rule(&arena, rules[i], &zone, &err) < 0)
            fail_msg("%s: %s", rules[i], err.message);
        setenv("TZ", rules[i], 1);
        tzset();
        for (int64_t at = 0; at < year_2100; at += 1234567)
            compare(&zone, at);
    }
    unsetenv("TZ");
}

/* RFC 8536 §3.3.1: the end of one year's summer time is the start of the next one's. */
static void summer_all_year(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone;
    struct err err;

    (void)state;
    assert_int_equal(parse_rule(&arena, "XXX3EDT4,0/0,J365/23", &zone, &err), 0);
    for (int64_t at = 0; at < year_2100; at += 98765)
        assert_string_equal(zone_offset(&zone, at)->abbreviation, "EDT");
    for (int year = 1970; year < 2100; year++)
        assert_int_equal(zone_offset(&zone, utc_of(year, 1, 1, 4, 0))->offset, -4 * 3600);
}

static void broken_rules_are_refused(void **state)
{
    static const char *const rules[] = {
        "A0",
        "CET",
        "CET-",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J2",
        "CET-1CEST,366,J2",
        "CET-1CEST,J1/168,J2",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
        "<CET-1",
        "CET-1:60",
        "<ABCDEFGHIJKLMNOPQ>0",
        ":Europe/Amsterdam",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct zone zone;
        struct err err;

        if (parse_rule(&arena, rules[i], &zone, &err) == 0)
            fail_msg("\"%s\" was taken", rules[i]);
    }
}

/* Cut anywhere, or with any byte turned, it is read or refused, and never more than that. */
static void broken_files_do_no_harm(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t size;
    unsigned char *bytes = zone_sample_bytes(&arena, "Europe/Amsterdam", &size);
    int refused = 0;

    (void)state;
    for (size_t i = 0; i < size; i++) {
        ARENA_SCOPED one = ARENA_EMPTY;
        unsigned char *copy = malloc(i + 1); /* so that a read behind it is seen */
        struct zone zone;
        struct err err;

        assert_non_null(copy);
        memcpy(copy, bytes, i);
        assert_int_equal(zone_parse(&one, "cut", copy, i, &zone, &err), -1);
        free(copy);
        bytes[i] ^= 0x81;
        if (zone_parse(&one, "turned", bytes, size, &zone, &err) < 0)
            refused++;
        else
            zone_utc(&zone, 1795381205);
        bytes[i] ^= 0x81;
    }
    assert_true(refused > 100);
}

static void leap_seconds_are_refused(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t size;
    unsigned char *bytes = zone_sample_bytes(&arena, "right/UTC", &size);
    struct zone zone;
    struct err err;

    (void)state;
    if (bytes == NULL)
        skip();
    assert_int_equal(zone_parse(&arena, "right/UTC", bytes, size, &zone, &err), -1);
    assert_non_null(strstr(err.message, "leap seconds"));
}

/* Version 1: 32 bits, no footer; the last type is for good. */
static void the_first_version(void **state)
{
    static const char file[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\1\0\0\0\2\0\0\0\10"
                               "\200\0\0\0" /* 1901-12-13T20:45:52Z */
                               "\1"
                               "\0\0\4\332\0\0" /* 1242 s */
                               "\0\0\16\20\0\4" /* 3600 s */
                               "LMT\0CET";
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone;
    struct err err;

    (void)state;
    assert_int_equal(zone_parse(&arena, "Old/One", file, sizeof file, &zone, &err), 0);
    assert_int_equal(zone_offset(&zone, INT32_MIN - (int64_t)1)->offset, 1242);
    assert_int_equal(zone_offset(&zone, INT32_MIN)->offset, 3600);
    assert_string_equal(zone_offset(&zone, INT64_MAX)->abbreviation, "CET");
    assert_int_equal(zone_parse(&arena, "Old/One", file, sizeof file - 1, &zone, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_zone_is_as_glibc_has_it),
        cmocka_unit_test(gaps_and_overlaps),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(every_form_of_rule),
        cmocka_unit_test(summer_all_year),
        cmocka_unit_test(broken_rules_are_refused),
        cmocka_unit_test(broken_files_do_no_harm),
        cmocka_unit_test(leap_seconds_are_refused),
        cmocka_unit_test(the_first_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
