/* The retention planner: its reasons and what it protects. Random timelines are in test_retention_oracle.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "plan/retention.h"
#include "zone_sample.h"

enum { TIMELINE_MAX = 64 };

/* Snapshots are named by their local time in short, such as "1122-0215", in 2026. */
struct timeline {
    struct arena arena;
    struct snapshot snapshots[TIMELINE_MAX];
    size_t count;
    struct config policy;
    struct zone zone;
    int64_t now;
    enum snapshot_kind kind;
    const char *base_in_use;
};

static int64_t at(const char *rfc3339)
{
    int64_t when = 0;
    struct err err;

    if (when_parse_rfc3339(rfc3339, &when, &err) < 0)
        fail_msg("%s", err.message);
    return when;
}

static int setup(void **state)
{
    static struct timeline timeline;

    timeline = (struct timeline){.zone = zone_universal, .now = at("2026-11-22T12:00:00Z")};
    *state = &timeline;
    return 0;
}

static int teardown(void **state)
{
    struct timeline *timeline = *state;

    arena_release(&timeline->arena);
    return 0;
}

/* A good one that began at that time. */
static struct snapshot *add(struct timeline *timeline, const char *rfc3339)
{
    struct snapshot *snapshot = &timeline->snapshots[timeline->count++];
    int64_t when = at(rfc3339);
    char compact[WHEN_TEXT];

    assert_true(timeline->count <= TIMELINE_MAX);
    *snapshot = (struct snapshot){
        .host = "web1",
        .name = arena_printf(&timeline->arena, "%s__%08zx", when_compact(compact, when), timeline->count),
        .status = SNAPSHOT_SUCCESS,
        .confirmed = true,
        .started_at = when,
        .ended_at = when + 60,
    };
    return snapshot;
}

/* One a day at 02:15 UTC, the last on 22 November 2026. */
static void add_days(struct timeline *timeline, int days)
{
    for (int i = 0; i < days; i++) {
        char time[WHEN_TEXT];

        add(timeline, when_rfc3339(time, at("2026-11-22T02:15:00Z") - i * (int64_t)86400));
    }
}

static struct retention plan_of(struct timeline *timeline)
{
    const struct retention_facts facts = {
        .snapshots = timeline->snapshots,
        .snapshot_count = timeline->count,
        .kind = timeline->kind,
        .policy = &timeline->policy,
        .zone = &timeline->zone,
        .now = timeline->now,
        .base_in_use = timeline->base_in_use,
    };

    return retention_plan(&timeline->arena, &facts);
}

/* "20261122-0215 daily 1, weekly 1; …" */
static const char *shown(struct timeline *timeline, const struct retention_items *items)
{
    struct list lines = {0};

    for (size_t i = 0; i < items->count; i++)
        list_add(&timeline->arena, &lines,
                 arena_printf(&timeline->arena, "%.13s %s", items->items[i].snapshot->name,
                              list_join(&timeline->arena, &items->items[i].reasons, ", ")));
    return list_join(&timeline->arena, &lines, "; ");
}

static void check(struct timeline *timeline, const char *keep, const char *delete)
{
    struct retention plan = plan_of(timeline);

    assert_string_equal(shown(timeline, &plan.keep), keep);
    assert_string_equal(shown(timeline, &plan.delete), delete);
}

static void each_rule_is_counted_for_itself(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_daily = 2;
    timeline->policy.keep_weekly = 2;
    add_days(timeline, 9);
    check(timeline,
          "20261122-0215 daily 1, weekly 1, newest good; 20261121-0215 daily 2; 20261115-0215 weekly 2",
          "20261120-0215 outside the policy; 20261119-0215 outside the policy; "
          "20261118-0215 outside the policy; 20261117-0215 outside the policy; "
          "20261116-0215 outside the policy; 20261114-0215 outside the policy");
}

static void periods_without_snapshots_are_not_counted(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_daily = 3;
    timeline->policy.keep_monthly = 2;
    timeline->policy.keep_yearly = 2;
    add(timeline, "2026-11-22T02:15:00Z");
    add(timeline, "2026-11-22T01:15:00Z");
    add(timeline, "2026-08-01T02:15:00Z");
    add(timeline, "2025-12-31T02:15:00Z");
    add(timeline, "2025-12-30T02:15:00Z");
    check(timeline,
          "20261122-0215 daily 1, monthly 1, yearly 1, newest good; 20260801-0215 daily 2, monthly 2; "
          "20251231-0215 daily 3, yearly 2",
          "20261122-0115 outside the policy; 20251230-0215 outside the policy");
}

static void last_counts_snapshots(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_last = 2;
    timeline->policy.keep_hourly = 2;
    add(timeline, "2026-11-22T02:15:00Z");
    add(timeline, "2026-11-22T02:14:00Z");
    add(timeline, "2026-11-22T02:13:00Z");
    add(timeline, "2026-11-22T01:59:59Z");
    check(timeline,
          "20261122-0215 last 1, hourly 1, newest good; 20261122-0214 last 2; 20261122-0159 hourly 2",
          "20261122-0213 outside the policy");
}

static void no_rule_keeps_everything(void **state)
{
    struct timeline *timeline = *state;

    add(timeline, "2026-11-22T02:15:00Z");
    add(timeline, "2026-11-21T02:15:00Z")->status = SNAPSHOT_PARTIAL;
    check(timeline, "20261122-0215 newest good, no rule is set; 20261121-0215 no rule is set", "");
    /* A count below nothing is none. */
    timeline->policy.keep_daily = -5;
    check(timeline, "20261122-0215 newest good, no rule is set; 20261121-0215 no rule is set", "");
}

static void an_empty_timeline(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_daily = 1;
    check(timeline, "", "");
    assert_int_equal(strlen(plan_of(timeline).plan_id), 32);
}

static void iso_weeks_and_the_end_of_the_year(void **state)
{
    struct timeline *timeline = *state;

    /* 28 December 2026 to 3 January 2027 is week 53 of 2026. */
    timeline->now = at("2027-01-05T00:00:00Z");
    timeline->policy.keep_weekly = 3;
    add(timeline, "2027-01-04T02:15:00Z");
    add(timeline, "2027-01-03T02:15:00Z");
    add(timeline, "2027-01-01T02:15:00Z");
    add(timeline, "2026-12-28T02:15:00Z");
    add(timeline, "2026-12-27T02:15:00Z");
    check(timeline, "20270104-0215 weekly 1, newest good; 20270103-0215 weekly 2; 20261227-0215 weekly 3",
          "20270101-0215 outside the policy; 20261228-0215 outside the policy");
}

static void periods_are_those_of_the_zone(void **state)
{
    struct timeline *timeline = *state;

    timeline->zone = zone_sample(&timeline->arena, "Pacific/Auckland"); /* UTC+13 */
    timeline->policy.keep_daily = 2;
    add(timeline, "2026-11-22T11:30:00Z"); /* the 23rd */
    add(timeline, "2026-11-22T10:30:00Z"); /* the 22nd */
    add(timeline, "2026-11-21T11:30:00Z"); /* the 22nd */
    check(timeline, "20261122-1130 daily 1, newest good; 20261122-1030 daily 2",
          "20261121-1130 outside the policy");
}

/* In Amsterdam 02:00 to 03:00 comes twice on 25 October 2026, from 00:00 to 02:00 UTC. */
static void an_hour_that_comes_twice_is_one(void **state)
{
    struct timeline *timeline = *state;

    timeline->zone = zone_sample(&timeline->arena, "Europe/Amsterdam");
    timeline->policy.keep_hourly = 2;
    add(timeline, "2026-10-25T01:30:00Z");
    add(timeline, "2026-10-25T00:30:00Z");
    add(timeline, "2026-10-24T23:30:00Z");
    check(timeline, "20261025-0130 hourly 1, newest good; 20261024-2330 hourly 2",
          "20261025-0030 outside the policy");
    /* At Troll two hours come twice, one after the other: 03 02 01 02 01 00. */
    timeline->zone = zone_sample(&timeline->arena, "Antarctica/Troll");
    timeline->count = 0;
    timeline->policy.keep_hourly = 3;
    add(timeline, "2025-10-26T02:30:00Z");
    add(timeline, "2025-10-26T01:30:00Z");
    add(timeline, "2025-10-26T00:30:00Z");
    add(timeline, "2025-10-25T23:30:00Z");
    add(timeline, "2025-10-25T22:30:00Z");
    check(timeline, "20251026-0230 hourly 1, newest good; 20251026-0130 hourly 2; 20251025-2230 hourly 3",
          "20251026-0030 outside the policy; 20251025-2330 outside the policy");
}

static void what_is_protected(void **state)
{
    struct timeline *timeline = *state;
    struct snapshot *snapshot;

    timeline->policy.keep_last = 1;
    add(timeline, "2026-11-22T02:15:00Z");
    add(timeline, "2026-11-21T02:15:00Z")->pinned = true;
    add(timeline, "2026-11-20T02:15:00Z")->held_reason = "the source holds no files";
    add(timeline, "2026-11-19T02:15:00Z")->missing_since = 1;
    add(timeline, "2026-11-18T02:15:00Z")->confirmed = false;
    add(timeline, "2026-11-17T02:15:00Z")->status = SNAPSHOT_CLAIMED;
    timeline->base_in_use = add(timeline, "2026-11-16T02:15:00Z")->name;
    add(timeline, "2026-11-15T02:15:00Z")->name = "backup.old";
    add(timeline, "2026-11-14T02:15:00Z")->status = SNAPSHOT_UNKNOWN;
    snapshot = add(timeline, "2026-11-13T02:15:00Z");
    snapshot->pinned = true;
    snapshot->held_reason = "shrunk";
    add(timeline, "2026-11-12T02:15:00Z");
    /* An older installation's name is one that may go. */
    add(timeline, "2026-11-11T02:15:00Z")->name = "20261111-021500-abc";
    check(timeline,
          "20261122-0215 last 1, newest good; 20261121-0215 pinned; 20261120-0215 held; "
          "20261119-0215 missing on disk; 20261118-0215 claimed, not confirmed; "
          "20261117-0215 claimed, not confirmed; 20261116-0215 base of the run in progress; "
          "backup.old not a name of a snapshot; 20261114-0215 status not known; 20261113-0215 pinned, held",
          "20261112-0215 outside the policy; 20261111-0215 outside the policy");
}

static void the_newest_good_one_stays_whatever_came_after(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_last = 1;
    add(timeline, "2026-11-22T02:15:00Z")->held_reason = "shrunk";
    add(timeline, "2026-11-21T02:15:00Z")->status = SNAPSHOT_PARTIAL;
    add(timeline, "2026-11-20T02:15:00Z")->missing_since = 5;
    add(timeline, "2026-11-19T02:15:00Z")->status = SNAPSHOT_WARNING;
    add(timeline, "2026-11-18T02:15:00Z")->status = SNAPSHOT_PARTIAL;
    check(timeline,
          "20261122-0215 held; 20261121-0215 partial, no newer good one; 20261120-0215 missing on disk; "
          "20261119-0215 last 1, newest good",
          "20261118-0215 partial, replaced by 20261119-021500Z__00000004");
}

static void without_a_good_one_nothing_goes(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_last = 1;
    add(timeline, "2026-11-22T02:15:00Z")->status = SNAPSHOT_PARTIAL;
    add(timeline, "2026-11-21T02:15:00Z")->status = SNAPSHOT_PARTIAL;
    check(timeline, "20261122-0215 partial, no newer good one; 20261121-0215 partial, no newer good one", "");
}

static void incomplete_ones_are_listed_apart(void **state)
{
    struct timeline *timeline = *state;
    struct snapshot *snapshot;
    struct retention plan;

    timeline->policy.keep_last = 1;
    add_days(timeline, 1);
    snapshot = add(timeline, "2026-11-20T02:15:00Z");
    snapshot->kind = KIND_INCOMPLETE;
    snapshot->status = SNAPSHOT_UNKNOWN;
    /* Neither another kind nor what is on its way out is part of the plan. */
    add(timeline, "2026-11-19T02:15:00Z")->kind = KIND_MANUAL;
    add(timeline, "2026-11-18T02:15:00Z")->status = SNAPSHOT_DELETING;
    add(timeline, "2026-11-17T02:15:00Z")->status = SNAPSHOT_DELETED;
    check(timeline, "20261122-0215 last 1, newest good", "");
    plan = plan_of(timeline);
    assert_string_equal(shown(timeline, &plan.incomplete), "20261120-0215 never finished");
    timeline->kind = KIND_MANUAL;
    check(timeline, "20261119-0215 last 1, newest good", "");
}

static void bases_can_be_protected(void **state)
{
    struct timeline *timeline = *state;
    struct snapshot *all;

    timeline->policy.keep_last = 2;
    add_days(timeline, 7);
    all = timeline->snapshots;
    all[0].base = all[2].name;
    all[1].base = all[2].name;
    all[2].base = all[4].name;                  /* a chain */
    all[4].base = "20250101-000000Z__00000000"; /* gone */
    all[3].base = all[5].name;                  /* of one that goes */
    check(timeline, "20261122-0215 last 1, newest good; 20261121-0215 last 2",
          "20261120-0215 outside the policy; 20261119-0215 outside the policy; "
          "20261118-0215 outside the policy; 20261117-0215 outside the policy; "
          "20261116-0215 outside the policy");
    timeline->policy.protect_bases = true;
    /* A manual one is kept by nature. */
    add(timeline, "2026-11-22T05:00:00Z")->kind = KIND_MANUAL;
    all[7].base = all[6].name;
    check(timeline,
          "20261122-0215 last 1, newest good; 20261121-0215 last 2; "
          "20261120-0215 base of 20261122-021500Z__00000001 and 1 more; "
          "20261118-0215 base of 20261120-021500Z__00000003; "
          "20261116-0215 base of 20261122-050000Z__00000008",
          "20261119-0215 outside the policy; 20261117-0215 outside the policy");
    /* A ring, and one that names itself: no end without an end. */
    all[4].base = all[0].name;
    all[6].base = all[6].name;
    assert_int_equal(plan_of(timeline).keep.count, 5);
}

static void a_clock_that_went_back_stops_it(void **state)
{
    struct timeline *timeline = *state;
    struct retention plan;
    struct snapshot *snapshot;

    timeline->policy.keep_last = 1;
    add_days(timeline, 3);
    assert_null(plan_of(timeline).refusal);
    timeline->now = at("2026-11-22T02:15:59Z"); /* it ended at 02:16 */
    plan = plan_of(timeline);
    assert_non_null(plan.refusal);
    assert_non_null(strstr(plan.refusal, "the clock went back: it is 2026-11-22T02:15:59Z now"));
    assert_non_null(strstr(plan.refusal, "20261122-021500Z__00000001"));
    assert_int_equal(plan.delete.count, 2);
    timeline->now++;
    assert_null(plan_of(timeline).refusal);
    /* A claim stops nothing. */
    snapshot = add(timeline, "2030-01-01T00:00:00Z");
    snapshot->status = SNAPSHOT_CLAIMED;
    snapshot->confirmed = false;
    assert_null(plan_of(timeline).refusal);
    snapshot->confirmed = true;
    snapshot->status = SNAPSHOT_SUCCESS;
    assert_non_null(plan_of(timeline).refusal);
}

static void a_time_that_is_not_known_is_that_of_the_name(void **state)
{
    struct timeline *timeline = *state;

    timeline->policy.keep_last = 1;
    add_days(timeline, 2);
    timeline->snapshots[0].started_at = 0;
    check(timeline, "20261122-0215 last 1, newest good", "20261121-0215 outside the policy");
}

static void the_id_tells_plans_apart(void **state)
{
    struct timeline *timeline = *state;
    char first[RETENTION_ID_SIZE];
    struct snapshot swapped;

    timeline->policy.keep_last = 2;
    add_days(timeline, 5);
    memcpy(first, plan_of(timeline).plan_id, sizeof first);
    timeline->now += 1000;
    assert_string_equal(plan_of(timeline).plan_id, first);
    swapped = timeline->snapshots[0];
    timeline->snapshots[0] = timeline->snapshots[3];
    timeline->snapshots[3] = swapped;
    assert_string_equal(plan_of(timeline).plan_id, first);
    /* A count that changes nothing here is another policy all the same. */
    timeline->policy.keep_daily = 1;
    assert_string_not_equal(plan_of(timeline).plan_id, first);
    timeline->policy.keep_daily = 0;
    timeline->snapshots[4].pinned = true;
    assert_string_not_equal(plan_of(timeline).plan_id, first);
    timeline->snapshots[4].pinned = false;
    assert_string_equal(plan_of(timeline).plan_id, first);
    for (size_t i = 0; i < 5; i++)
        timeline->snapshots[i].host = "web2";
    assert_string_not_equal(plan_of(timeline).plan_id, first);
}

enum { MANY = 10000 };

/* Ten thousand, 50 minutes apart, in no order, each with the next as its base. */
static struct snapshot *many_snapshots(struct arena *arena, int64_t now)
{
    struct snapshot *snapshots = arena_alloc(arena, MANY * sizeof *snapshots);

    for (size_t i = 0; i < MANY; i++) {
        int64_t when = now - (int64_t)(i * 7919 % MANY) * 3000 - 3600;
        char compact[WHEN_TEXT];

        snapshots[i] = (struct snapshot){.host = "web1",
                                         .status = SNAPSHOT_SUCCESS,
                                         .confirmed = true,
                                         .started_at = when,
                                         .ended_at = when + 60};
        snapshots[i].name = arena_printf(arena, "%s__%08zx", when_compact(compact, when), i);
        snapshots[i].base = i == 0 ? NULL : snapshots[i - 1].name;
    }
    return snapshots;
}

/* The best of three, in milliseconds. */
static double time_of(const struct retention_facts *facts)
{
    double best = 1e9;

    for (int round = 0; round < 3; round++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct timespec begin, end;
        double milliseconds;
        struct retention plan;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        plan = retention_plan(&arena, facts);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        assert_int_equal(plan.keep.count + plan.delete.count, MANY);
        milliseconds =
            (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
        best = milliseconds < best ? milliseconds : best;
    }
    return best;
}

/* The limits are wide, for sanitizers and loaded machines; a planner that compares each with each takes seconds. */
static void ten_thousand_are_planned_at_once(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, "Europe/Amsterdam");
    struct config usual = {.keep_daily = 14, .keep_weekly = 8, .keep_monthly = 12, .keep_yearly = 3};
    struct config heavy = {.keep_last = 10,
                           .keep_hourly = 5000,
                           .keep_daily = 1000,
                           .keep_weekly = 300,
                           .keep_monthly = 100,
                           .keep_yearly = 20,
                           .protect_bases = true};
    struct retention_facts facts = {
        .snapshot_count = MANY, .policy = &usual, .zone = &zone, .now = at("2026-11-22T12:00:00Z")};
    double milliseconds;

    (void)state;
    facts.snapshots = many_snapshots(&arena, facts.now);
    milliseconds = time_of(&facts);
    print_message("10,000 snapshots, usual policy: %.1f ms\n", milliseconds);
    assert_true(milliseconds < 200);
    facts.policy = &heavy;
    milliseconds = time_of(&facts);
    print_message("10,000 snapshots, nearly all kept, each for several reasons: %.1f ms\n", milliseconds);
    assert_true(milliseconds < 400);
}

#define timeline_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        timeline_test(each_rule_is_counted_for_itself),
        timeline_test(periods_without_snapshots_are_not_counted),
        timeline_test(last_counts_snapshots),
        timeline_test(no_rule_keeps_everything),
        timeline_test(an_empty_timeline),
        timeline_test(iso_weeks_and_the_end_of_the_year),
        timeline_test(periods_are_those_of_the_zone),
        timeline_test(an_hour_that_comes_twice_is_one),
        timeline_test(what_is_protected),
        timeline_test(the_newest_good_one_stays_whatever_came_after),
        timeline_test(without_a_good_one_nothing_goes),
        timeline_test(incomplete_ones_are_listed_apart),
        timeline_test(bases_can_be_protected),
        timeline_test(a_clock_that_went_back_stops_it),
        timeline_test(a_time_that_is_not_known_is_that_of_the_name),
        timeline_test(the_id_tells_plans_apart),
        cmocka_unit_test(ten_thousand_are_planned_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
