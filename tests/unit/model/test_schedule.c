/* The fields of a schedule: defaults, options, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/schedule.h"

static int set(struct arena *arena, struct schedule *schedule, const char *name, const char *text,
               struct err *err)
{
    return schedule_set(arena, schedule, schedule_field(name), text, err);
}

static void defaults(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct schedule schedule;

    (void)state;
    schedule_init(&arena, &schedule);
    assert_null(schedule.cron);
    assert_null(schedule.timezone);
    assert_false(schedule.prune);
    assert_int_equal(schedule.grace_seconds, 3600);
    assert_true(schedule.enabled);
}

static void texts_are_read_and_taken_back(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct schedule schedule;
    struct err err;

    (void)state;
    schedule_init(&arena, &schedule);
    assert_int_equal(set(&arena, &schedule, "cron", "15 2 * * *", &err), 0);
    assert_string_equal(schedule.cron, "15 2 * * *");
    assert_int_equal(set(&arena, &schedule, "prune", "yes", &err), 0);
    assert_true(schedule.prune);
    assert_int_equal(set(&arena, &schedule, "grace_seconds", "1h30m", &err), 0);
    assert_int_equal(schedule.grace_seconds, 5400);
    assert_int_equal(set(&arena, &schedule, "timezone", "Europe/Amsterdam", &err), 0);
    assert_string_equal(schedule.timezone, "Europe/Amsterdam");
    assert_int_equal(set(&arena, &schedule, "timezone", "", &err), 0);
    assert_null(schedule.timezone);
    assert_int_equal(set(&arena, &schedule, "grace_seconds", NULL, &err), 0);
    assert_int_equal(schedule.grace_seconds, 3600);
}

static void what_is_wrong_names_the_option(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct schedule schedule;
    struct err err;

    (void)state;
    schedule_init(&arena, &schedule);
    assert_int_equal(set(&arena, &schedule, "grace_seconds", "5", &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "--grace: \"5\" is outside 60 to"));
    assert_int_equal(set(&arena, &schedule, "timezone", "Europe/Amsterdm", &err), -1);
    assert_non_null(strstr(err.message, "--timezone"));
}

static void options_have_the_promised_spelling(void **state)
{
    static const char *const options[][2] = {{"cron", "--cron"},
                                             {"prune", "--prune"},
                                             {"timezone", "--timezone"},
                                             {"grace_seconds", "--grace"},
                                             {"enabled", "--enable"}};
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_int_equal(schedule_fields.count, sizeof options / sizeof options[0]);
    for (size_t i = 0; i < schedule_fields.count; i++) {
        assert_string_equal(schedule_fields.fields[i].name, options[i][0]);
        assert_string_equal(field_option(&arena, &schedule_fields.fields[i]), options[i][1]);
    }
    assert_string_equal(field_negation(&arena, schedule_field("enabled")), "--disable");
    assert_string_equal(field_negation(&arena, schedule_field("prune")), "--no-prune");
    assert_null(schedule_field("Cron"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(texts_are_read_and_taken_back),
        cmocka_unit_test(what_is_wrong_names_the_option),
        cmocka_unit_test(options_have_the_promised_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
