/* Which slot is due: by examples, and against a walk over all slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dice.h"
#include "plan/schedule_due.h"
#include "zone_sample.h"

static int64_t at(const char *text)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct err err;
    int64_t when = 0;

    if (text != NULL && when_parse_rfc3339(arena_printf(&arena, "%s:00Z", text), &when, &err) < 0)
        fail_msg("%s", err.message);
    return when;
}

/* Times are UTC to the minute; the schedule is that of 02:15 each day in Amsterdam unless told. */
struct example {
    const char *what;
    const char *cron;
    const char *changed, *last_slot, *now;
    bool disabled, paused;
    const char *slot;
    int64_t missed;
    const char *next;
    bool clock_trouble;
};

#define DAILY "15 2 * * *"

static const struct example examples[] = {
    {"nothing before the schedule was made", DAILY, "2026-11-22 12:00", NULL, "2026-11-22 12:01", false,
     false, NULL, 0, "2026-11-23 01:15", false},
    {"at the minute itself", DAILY, "2026-11-22 12:00", NULL, "2026-11-23 01:15", false, false,
     "2026-11-23 01:15", 0, "2026-11-24 01:15", false},
    {"once only", DAILY, "2026-11-22 12:00", "2026-11-23 01:15", "2026-11-23 01:16", false, false, NULL, 0,
     "2026-11-24 01:15", false},
    {"three days without a scheduler are one run", DAILY, "2026-11-01 12:00", "2026-11-20 01:15",
     "2026-11-23 10:00", false, false, "2026-11-23 01:15", 2, "2026-11-24 01:15", false},
    {"a change forgets what was due before", DAILY, "2026-11-23 09:00", "2026-11-20 01:15",
     "2026-11-23 10:00", false, false, NULL, 0, "2026-11-24 01:15", false},
    {"the night that has no 02:15", DAILY, "2027-03-01 00:00", "2027-03-27 01:15", "2027-03-28 01:00", false,
     false, "2027-03-28 01:00", 0, "2027-03-29 00:15", false},
    {"the night that has it twice", DAILY, "2026-10-01 00:00", "2026-10-25 00:15", "2026-10-25 01:15", false,
     false, NULL, 0, "2026-10-26 01:15", false},
    {"disabled", DAILY, "2026-11-01 12:00", NULL, "2026-11-23 10:00", true, false, NULL, 0, NULL, false},
    {"a paused host", DAILY, "2026-11-01 12:00", NULL, "2026-11-23 10:00", false, true, NULL, 0, NULL, false},
    {"the clock back by half an hour repeats nothing", "*/10 * * * *", "2026-11-01 12:00", "2026-11-23 10:00",
     "2026-11-23 09:31", false, false, NULL, 0, "2026-11-23 10:10", false},
    {"an hour to the second is not too much", DAILY, "2026-11-01 12:00", "2026-11-23 01:15",
     "2026-11-23 00:15", false, false, NULL, 0, "2026-11-24 01:15", false},
    {"a slot of 2038 is not believed", DAILY, "2026-11-01 12:00", "2038-01-19 01:15", "2026-11-23 10:00",
     false, false, "2026-11-23 01:15", 21, "2026-11-24 01:15", true},
    {"with a change that is ahead as well nothing is due", DAILY, "2038-01-18 12:00", "2038-01-19 01:15",
     "2026-11-23 10:00", false, false, NULL, 0, "2038-01-19 01:15", true},
    {"every minute for ten years is one run", "* * * * *", "2016-11-01 12:00", NULL, "2026-11-23 10:00",
     false, false, "2026-11-23 10:00", SCHEDULE_MISSED_MAX, "2026-11-23 10:01", false},
    {"29 February", "0 12 29 2 *", "2024-03-01 00:00", NULL, "2031-01-01 00:00", false, false,
     "2028-02-29 11:00", 0, "2032-02-29 11:00", false},
};

static struct schedule schedule_of(const struct example *example)
{
    return (struct schedule){.cron = example->cron,
                             .enabled = !example->disabled,
                             .host_enabled = !example->paused,
                             .changed_at = at(example->changed),
                             .last_slot_at = at(example->last_slot)};
}

static void every_example(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, "Europe/Amsterdam");

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const struct example *example = &examples[i];
        struct schedule schedule = schedule_of(example);
        struct schedule_due due;
        struct cron cron;
        struct err err;
        char slot[WHEN_TEXT], next[WHEN_TEXT];

        assert_int_equal(cron_parse(example->cron, &cron, &err), 0);
        due = schedule_due_plan(&schedule, &cron, &zone, at(example->now));
        if (due.slot != at(example->slot) || due.missed != example->missed || due.next != at(example->next) ||
            due.clock_trouble != example->clock_trouble)
            fail_msg("%s: slot %s, %lld missed, next %s%s", example->what, when_minute(slot, due.slot),
                     (long long)due.missed, when_minute(next, due.next),
                     due.clock_trouble ? ", trouble" : "");
    }
}

/* By asking for each slot in turn from the beginning on. */
static struct schedule_due walk(const struct schedule *schedule, const struct cron *cron,
                                const struct zone *zone, int64_t now)
{
    struct schedule_due due = {0};
    int64_t from =
        schedule->last_slot_at > schedule->changed_at ? schedule->last_slot_at : schedule->changed_at;
    int64_t slot = from;

    while (cron_next(cron, zone, slot, &slot) && slot <= now) {
        due.missed += due.slot != 0;
        due.slot = slot;
    }
    due.next = slot;
    if (due.missed > SCHEDULE_MISSED_MAX)
        due.missed = SCHEDULE_MISSED_MAX;
    return due;
}

static void random_times_agree_with_a_walk(void **state)
{
    static const char *const crons[] = {
        "* * * * *",   "*/7 * * * *",   "15 2 * * *",    "30 2 * * *",     "0 0 1 * *",
        "0 12 29 2 *", "5 1-3 * * sun", "59 23 31 12 *", "*/5 2 * 3,10 *", "0 */6 * * mon-fri"};
    static const char *const zones[] = {"Europe/Amsterdam", "UTC", "Australia/Lord_Howe", "America/New_York"};
    ARENA_SCOPED arena = ARENA_EMPTY;
    int with_slot = 0;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct zone zone = zone_sample(&arena, zones[dice_in(0, 3)]);
        int64_t changed = at("2026-01-01 00:00") + dice_in(0, 400 * 86400);
        struct schedule schedule = {.enabled = true, .host_enabled = true, .changed_at = changed};
        int64_t now = changed + (dice_in(0, 1) ? dice_in(0, 7200) : dice_in(0, 20 * 86400));
        struct cron cron;
        struct err err;
        struct schedule_due due, expected;

        assert_int_equal(cron_parse(crons[dice_in(0, 9)], &cron, &err), 0);
        if (dice_in(0, 1))
            schedule.last_slot_at = changed + dice_in(0, now - changed);
        due = schedule_due_plan(&schedule, &cron, &zone, now);
        expected = walk(&schedule, &cron, &zone, now);
        assert_int_equal(due.slot, expected.slot);
        assert_int_equal(due.missed, expected.missed);
        assert_int_equal(due.next, expected.next);
        assert_false(due.clock_trouble);
        with_slot += due.slot != 0;
        arena_release(&arena);
    }
    assert_in_range(with_slot, 200, 1900);
}

/* 400 days of a scheduler that passes each minute, and is off now and then: each local date gets one run. */
static void each_local_day_has_one_run(void **state)
{
    static const char *const crons[] = {"15 2 * * *", "30 2 * * *", "0 3 * * *"};
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, "Europe/Amsterdam");

    (void)state;
    for (size_t i = 0; i < sizeof crons / sizeof crons[0]; i++) {
        int64_t begin = at("2026-01-01 00:00") - 3600, now = begin; /* midnight there */
        struct schedule schedule = {.enabled = true, .host_enabled = true, .changed_at = begin};
        int runs[401] = {0}, violations = 0;
        struct cron cron;
        struct err err;

        assert_int_equal(cron_parse(crons[i], &cron, &err), 0);
        for (; now < begin + 400 * (int64_t)86400; now += dice_in(0, 500) == 0 ? dice_in(1, 5 * 3600) : 60) {
            struct schedule_due due = schedule_due_plan(&schedule, &cron, &zone, now);

            if (due.slot == 0)
                continue;
            assert_int_equal(due.missed, 0);
            runs[(zone_local_seconds(&zone, due.slot) - zone_local_seconds(&zone, begin)) / 86400]++;
            schedule.last_slot_at = due.slot;
        }
        for (int day = 0; day < 399; day++)
            violations += runs[day] != 1;
        print_message("\"%s\": 400 simulated days, violations = %d\n", crons[i], violations);
        assert_int_equal(violations, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example),
        cmocka_unit_test(random_times_agree_with_a_walk),
        cmocka_unit_test(each_local_day_has_one_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
