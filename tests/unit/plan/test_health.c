/* Health: each timeline of the table, and what holds for all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dice.h"
#include "health_timelines.h"
#include "zone_sample.h"

/* Everything is created, and scheduled, at the beginning of November 2026, or of the year for other dates. */
static struct health_report report_of(struct arena *arena, const struct timeline *timeline,
                                      struct health_facts *facts)
{
    bool november = strncmp(timeline->now, "11-", 3) == 0;
    struct run *runs = arena_alloc(arena, RUNS_MAX * sizeof *runs);
    struct snapshot *held = arena_alloc(arena, sizeof *held);
    size_t count = 0;

    while (count < RUNS_MAX && timeline->runs[count] != NULL)
        count++;
    for (size_t i = 0; i < count; i++)
        runs[count - 1 - i] = run_of(timeline->runs[i]);
    *held = (struct snapshot){.name = "20261122-021500Z__00000001",
                              .held_reason = "the source has shrunk",
                              .ended_at = at(timeline->held)};
    *facts = (struct health_facts){
        .now = at(timeline->now),
        .enabled = !timeline->paused,
        .created_at = at(november ? "11-01 00:00" : "01-01 00:00"),
        .runs = runs,
        .run_count = count,
        .unreadable = timeline->unreadable,
        .unreadable_since = at("11-20 00:00"),
        .grace_seconds = timeline->grace_minutes == 0 ? 3600 : timeline->grace_minutes * 60,
        .last_good_at = at(timeline->good),
        .max_age_seconds = timeline->max_age_hours * 3600,
        .held = timeline->held == NULL ? NULL : held,
    };
    if (timeline->cron != NULL) {
        struct zone zone = timeline->zone == NULL ? zone_universal : zone_sample(arena, timeline->zone);
        struct cron cron;
        struct err err;

        assert_int_equal(cron_parse(timeline->cron, &cron, &err), 0);
        facts->due_at = health_due(runs, count, &cron, &zone, facts->created_at);
    }
    return health_plan(arena, facts);
}

static void every_timeline(void **state)
{
    (void)state;
    for (size_t i = 0; i < TIMELINES; i++) {
        const struct timeline *timeline = &timelines[i];
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct health_facts facts;
        struct health_report report = report_of(&arena, timeline, &facts);
        char since[WHEN_TEXT];

        if (report.health != timeline->health || report.beneath != timeline->beneath ||
            report.since != at(timeline->since) ||
            (timeline->reason != NULL && strstr(report.reason, timeline->reason) == NULL))
            fail_msg("%s: %s (%s) since %s, \"%s\"; expected %s", timeline->what, health_name(report.health),
                     health_name(report.beneath), when_rfc3339(since, report.since), report.reason,
                     health_name(timeline->health));
        assert_true(report.reason[0] != '\0');
    }
    print_message("%d timelines\n", TIMELINES);
}

/* Whatever else is true: with a lost root no enabled host is green, late, never or only warned about. */
static void unknown_is_never_green(void **state)
{
    (void)state;
    for (size_t i = 0; i < TIMELINES; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct health_facts facts;
        struct health_report report;

        report_of(&arena, &timelines[i], &facts);
        facts.enabled = true;
        facts.unreadable = "gone";
        report = health_plan(&arena, &facts);
        assert_true(report.health <= HEALTH_UNKNOWN);
        assert_true(health_needs_attention(&report, facts.now));
    }
}

/* Runs that were cancelled or have not ended, anywhere in any timeline, change nothing but what is due. */
static void cancelled_and_running_ones_change_nothing(void **state)
{
    static const enum run_state states[] = {RUN_CANCELLED, RUN_QUEUED, RUN_RUNNING};

    (void)state;
    for (size_t i = 0; i < TIMELINES; i++)
        for (int round = 0; round < 20; round++) {
            ARENA_SCOPED arena = ARENA_EMPTY;
            struct health_facts facts;
            struct health_report before = report_of(&arena, &timelines[i], &facts), after;
            struct run more[RUNS_MAX + 1];
            size_t place = (size_t)dice_in(0, (int64_t)facts.run_count);

            memcpy(more, facts.runs, place * sizeof *more);
            memcpy(more + place + 1, facts.runs + place, (facts.run_count - place) * sizeof *more);
            more[place] =
                (struct run){.job = JOB_BACKUP, .state = states[dice_in(0, 2)], .started_at = facts.now};
            facts.runs = more;
            facts.run_count++;
            after = health_plan(&arena, &facts);
            assert_int_equal(after.health, before.health);
            assert_int_equal(after.since, before.since);
            assert_string_equal(after.reason, before.reason);
        }
}

static void who_needs_attention(void **state)
{
    (void)state;
    for (enum health health = 0; health < HEALTH__MAX; health++) {
        const struct health_report report = {.health = health, .since = 1000};

        assert_int_equal(health_needs_attention(&report, 1000 + DAY), health <= HEALTH_WARNING);
        assert_int_equal(health_needs_attention(&report, 1001 + DAY),
                         health <= HEALTH_WARNING || health == HEALTH_NEVER);
    }
}

static void what_goes_on(void **state)
{
    static const struct {
        const char *runs[3];
        enum activity activity;
    } cases[] = {
        {{NULL}, ACTIVITY_IDLE},
        {{"S 11-21 02:15", "F 11-22 02:15", "q 11-22 02:20"}, ACTIVITY_IDLE},
        {{"F 11-21 02:15", "Q 11-22 02:15"}, ACTIVITY_QUEUED},
        {{"R 11-22 02:15", "Q 11-22 02:20"}, ACTIVITY_RUNNING},
        {{"r 11-22 02:15", "Q 11-22 02:20"}, ACTIVITY_PRUNING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run runs[3];
        size_t count = 0;

        for (; count < 3 && cases[i].runs[count] != NULL; count++)
            runs[count] = run_of(cases[i].runs[count]);
        assert_string_equal(activity_name(health_activity(runs, count)), activity_name(cases[i].activity));
    }
}

static void nothing_is_due_before_the_schedule_was_made(void **state)
{
    struct cron cron;
    struct err err;
    const struct run old = run_of("S 11-01 02:15");

    (void)state;
    assert_int_equal(cron_parse(daily, &cron, &err), 0);
    assert_int_equal(health_due(&old, 1, &cron, &zone_universal, at("11-20 12:00")), at("11-21 02:15"));
    assert_int_equal(health_due(&old, 1, &cron, &zone_universal, at("10-20 12:00")), at("11-02 02:15"));
    assert_int_equal(health_due(NULL, 0, &cron, &zone_universal, INT64_MAX), 0);
}

/* A failure stays one until a repeat has ended well; whoever alerts can see that there will be one. */
static void a_repeat_is_told(void **state)
{
    struct run failed = run_of("F 11-22 02:15"), queued = run_of("Q 11-22 02:30"), runs[2];
    struct health_facts facts = {.now = at("11-22 02:30"),
                                 .enabled = true,
                                 .created_at = at("11-01 00:00"),
                                 .runs = runs,
                                 .run_count = 2};
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct health_report report;

    (void)state;
    failed.id = 1;
    queued.id = 2;
    queued.retry_of = 1;
    queued.due_at = at("11-22 02:40");
    runs[0] = queued;
    runs[1] = failed;
    report = health_plan(&arena, &facts);
    assert_int_equal(report.health, HEALTH_FAILED);
    assert_true(report.retry_pending);
    assert_string_equal(
        report.reason,
        "the last run failed: the host is down; it will be tried again at 2026-11-22 02:40 UTC");
    runs[0].state = RUN_RUNNING;
    report = health_plan(&arena, &facts);
    assert_true(report.retry_pending);
    assert_string_equal(report.reason, "the last run failed: the host is down; it is being tried again");
    runs[0].retry_of = 7;
    report = health_plan(&arena, &facts);
    assert_false(report.retry_pending);
    runs[0].retry_of = 1;
    runs[0].state = RUN_CANCELLED;
    assert_false(health_plan(&arena, &facts).retry_pending);
}

static void the_interval_is_the_widest(void **state)
{
    static const struct {
        const char *cron;
        int64_t seconds;
    } cases[] = {{"15 2 * * *", DAY},          {"0 * * * *", 3600},         {"*/15 * * * *", 900},
                 {"0 2 * * mon-fri", 3 * DAY}, {"0 8-18 * * *", 14 * 3600}, {"0 8-18 * * mon-fri", 62 * 3600},
                 {"0 2 * * sun", 7 * DAY},     {"0 2 1 * *", 31 * DAY}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cron cron;
        struct err err;

        assert_int_equal(cron_parse(cases[i].cron, &cron, &err), 0);
        for (int hour = 0; hour < 24 * 7; hour++) {
            int64_t interval =
                health_interval(&cron, &zone_universal, at("11-22 12:00") + hour * (int64_t)3600);

            if (interval != cases[i].seconds)
                fail_msg("\"%s\" after %d hours: %lld s", cases[i].cron, hour, (long long)interval);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_timeline),
        cmocka_unit_test(unknown_is_never_green),
        cmocka_unit_test(cancelled_and_running_ones_change_nothing),
        cmocka_unit_test(who_needs_attention),
        cmocka_unit_test(what_goes_on),
        cmocka_unit_test(nothing_is_due_before_the_schedule_was_made),
        cmocka_unit_test(a_repeat_is_told),
        cmocka_unit_test(the_interval_is_the_widest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
