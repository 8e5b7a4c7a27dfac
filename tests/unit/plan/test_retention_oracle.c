/*
 * The retention planner against a brute-force oracle, on random timelines. The oracle shares nothing with the
 * planner: a period is the text that glibc's strftime() gives it, and a snapshot has place n of a rule when it is the
 * newest of its period and n - 1 other newest ones are newer, found by comparing each with each.
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
#include "plan/retention.h"
#include "zone_sample.h"

enum { TIMELINES = 10000, ROWS_MAX = 40, RULES = 6 };

static const struct {
    const char *name, *format; /* "": each snapshot is a period of its own */
    size_t offset;
} rules[RULES] = {
    {"last", "", offsetof(struct config, keep_last)},
    {"hourly", "%Y-%m-%d %H", offsetof(struct config, keep_hourly)},
    {"daily", "%Y-%m-%d", offsetof(struct config, keep_daily)},
    {"weekly", "%G-W%V", offsetof(struct config, keep_weekly)},
    {"monthly", "%Y-%m", offsetof(struct config, keep_monthly)},
    {"yearly", "%Y", offsetof(struct config, keep_yearly)},
};

static int64_t *count_of(struct config *policy, size_t rule)
{
    return (int64_t *)(void *)((char *)policy + rules[rule].offset);
}

/* Where the interesting nights are: the middle of a timeline. */
static const struct {
    const char *zone, *moment;
} places[] = {
    {"Europe/Amsterdam", "2026-03-29T01:00:00Z"},
    {"Europe/Amsterdam", "2026-10-25T01:00:00Z"},
    {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
    {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
    {"Pacific/Apia", "2011-12-30T10:00:00Z"},
    {"Antarctica/Troll", "2025-10-26T01:00:00Z"},
    {"UTC", "2024-02-29T12:00:00Z"},
    {"America/New_York", "2028-02-29T12:00:00Z"},
    {"Asia/Kathmandu", "2026-12-31T18:15:00Z"},
    {"UTC", "2021-01-03T23:59:59Z"},
    {"Pacific/Auckland", "2027-01-03T11:00:00Z"},
    {"America/Caracas", "2016-05-01T07:00:00Z"},
    {"Asia/Tokyo", "2038-01-19T03:14:08Z"},
    {"Europe/London", "2100-02-28T23:00:00Z"},
};
enum { PLACES = sizeof places / sizeof places[0] };

struct timeline {
    struct arena arena;
    const struct zone *zone;
    size_t place;
    struct snapshot rows[ROWS_MAX];
    size_t count;
    struct config policy;
    const char *base_in_use;
    int64_t now;
};

static struct retention plan_of(struct timeline *timeline)
{
    const struct retention_facts facts = {
        .snapshots = timeline->rows,
        .snapshot_count = timeline->count,
        .policy = &timeline->policy,
        .zone = timeline->zone,
        .now = timeline->now,
        .base_in_use = timeline->base_in_use,
    };

    return retention_plan(&timeline->arena, &facts);
}

/* What can happen to a snapshot. */
static void roll_state(struct snapshot *row)
{
    row->status = dice_once_in(6) ? SNAPSHOT_WARNING : SNAPSHOT_SUCCESS;
    row->confirmed = true;
    if (dice_once_in(8))
        row->status = SNAPSHOT_PARTIAL;
    if (dice_once_in(25)) {
        row->status = SNAPSHOT_CLAIMED;
        row->confirmed = false;
    }
    row->pinned = dice_once_in(20);
    row->held_reason = dice_once_in(20) ? "shrunk" : NULL;
    row->missing_since = dice_once_in(20) ? 1 : 0;
    if (dice_once_in(40))
        row->status = dice_once_in(2) ? SNAPSHOT_DELETING : SNAPSHOT_DELETED;
    if (dice_once_in(40)) {
        row->kind = KIND_INCOMPLETE;
        row->status = SNAPSHOT_UNKNOWN;
    } else if (dice_once_in(30)) {
        row->kind = KIND_MANUAL;
    }
}

static void roll_policy(struct config *policy, int64_t max)
{
    for (size_t i = 0; i < RULES; i++)
        *count_of(policy, i) = dice_once_in(2) ? 0 : dice_in(0, max);
    policy->protect_bases = dice_once_in(3);
}

/* Bursts within an hour, hourly and daily runs, gaps of months; the dates lie on both sides of the moment. */
static void roll_timeline(struct timeline *timeline, size_t place, const struct zone *zone, int64_t moment)
{
    static const int64_t paces[] = {600, 1800, 3600, 6 * 3600, 86400, 7 * 86400, 40 * 86400, 300 * 86400};
    int64_t pace = paces[dice_in(0, 7)], when;

    *timeline = (struct timeline){.place = place, .zone = zone};
    timeline->count = (size_t)dice_in(0, ROWS_MAX);
    when = moment - pace * (int64_t)timeline->count / 2;
    for (size_t i = 0; i < timeline->count; i++) {
        struct snapshot *row = &timeline->rows[i];
        char compact[WHEN_TEXT];

        when += dice_once_in(8) ? dice_in(1, 100 * 86400) : dice_in(1, 2 * pace);
        *row = (struct snapshot){.started_at = when, .ended_at = when, .host = "web1"};
        row->name = arena_printf(&timeline->arena, "%s__%08x", when_compact(compact, when), (unsigned)i);
        roll_state(row);
        if (i > 0 && !dice_once_in(4))
            row->base = timeline->rows[dice_in(0, (int64_t)i - 1)].name;
    }
    if (timeline->count > 0 && dice_once_in(3))
        timeline->base_in_use = timeline->rows[dice_in(0, (int64_t)timeline->count - 1)].name;
    timeline->now = when + 1;
    roll_policy(&timeline->policy, 12);
}

/* What the oracle thinks of a row. */
struct verdict {
    bool part, good, keep; /* part: it is a row of the plan at all */
    int place[RULES];      /* from 1; 0: none */
};

static void judge_rule(const struct timeline *timeline, size_t rule, int64_t count, struct verdict *verdicts)
{
    char labels[ROWS_MAX][32];
    bool leads[ROWS_MAX];

    for (size_t i = 0; i < timeline->count; i++) {
        time_t when = (time_t)timeline->rows[i].started_at;
        struct tm tm;

        if (rules[rule].format[0] == '\0') {
            snprintf(labels[i], sizeof labels[i], "%zu", i);
        } else {
            localtime_r(&when, &tm);
            /* The formats are the literals above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            assert_true(strftime(labels[i], sizeof labels[i], rules[rule].format, &tm) > 0);
#pragma GCC diagnostic pop
        }
    }
    for (size_t i = 0; i < timeline->count; i++) {
        leads[i] = verdicts[i].good;
        for (size_t j = i + 1; j < timeline->count; j++)
            if (verdicts[j].good && strcmp(labels[i], labels[j]) == 0)
                leads[i] = false;
    }
    for (size_t i = 0; i < timeline->count; i++) {
        int64_t newer = 0;

        for (size_t j = i + 1; j < timeline->count; j++)
            newer += leads[j];
        if (leads[i] && newer < count) {
            verdicts[i].place[rule] = (int)newer + 1;
            verdicts[i].keep = true;
        }
    }
}

static void judge_bases(const struct timeline *timeline, struct verdict *verdicts)
{
    bool changed = timeline->policy.protect_bases;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < timeline->count; i++)
            for (size_t j = 0; j < timeline->count; j++) {
                const struct snapshot *row = &timeline->rows[i], *base = &timeline->rows[j];
                bool stays = verdicts[i].part
                                 ? verdicts[i].keep
                                 : row->kind != KIND_SCHEDULED && row->status != SNAPSHOT_DELETING &&
                                       row->status != SNAPSHOT_DELETED;

                if (stays && row->base != NULL && strcmp(row->base, base->name) == 0 && verdicts[j].part &&
                    !verdicts[j].keep)
                    changed = verdicts[j].keep = true;
            }
    }
}

/* Rows are in the order of time here. TZ is set. */
static void judge(struct timeline *timeline, struct verdict *verdicts)
{
    int64_t sum = 0;
    bool newer_good = false;

    memset(verdicts, 0, ROWS_MAX * sizeof *verdicts);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct snapshot *row = &timeline->rows[i];

        verdicts[i].part = row->kind == KIND_SCHEDULED && row->status != SNAPSHOT_DELETING &&
                           row->status != SNAPSHOT_DELETED;
        verdicts[i].good = verdicts[i].part && row->status <= SNAPSHOT_WARNING && row->confirmed &&
                           row->held_reason == NULL && row->missing_since == 0;
    }
    for (size_t rule = 0; rule < RULES; rule++) {
        judge_rule(timeline, rule, *count_of(&timeline->policy, rule), verdicts);
        sum += *count_of(&timeline->policy, rule);
    }
    for (size_t i = timeline->count; i-- > 0;) {
        const struct snapshot *row = &timeline->rows[i];

        if (sum == 0 || row->pinned || row->held_reason != NULL || row->missing_since != 0 ||
            !row->confirmed ||
            (timeline->base_in_use != NULL && strcmp(timeline->base_in_use, row->name) == 0) ||
            (!newer_good && (verdicts[i].good || row->status == SNAPSHOT_PARTIAL)))
            verdicts[i].keep = true;
        newer_good = newer_good || verdicts[i].good;
    }
    judge_bases(timeline, verdicts);
}

static const struct retention_item *find(const struct retention_items *items, const char *name)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->items[i].snapshot->name, name) == 0)
            return &items->items[i];
    return NULL;
}

/* Each reason of a rule is there when the oracle has it, with its number, and only then. */
static void compare_reasons(const struct list *reasons, const struct verdict *verdict)
{
    for (size_t rule = 0; rule < RULES; rule++) {
        char expected[32];
        size_t of_rule = 0;

        for (size_t i = 0; i < reasons->count; i++)
            of_rule += strncmp(reasons->items[i], rules[rule].name, strlen(rules[rule].name)) == 0;
        snprintf(expected, sizeof expected, "%s %d", rules[rule].name, verdict->place[rule]);
        assert_int_equal(of_rule, verdict->place[rule] > 0);
        assert_int_equal(list_has(reasons, expected), verdict->place[rule] > 0);
    }
}

static void compare(struct timeline *timeline, const struct retention *plan, const struct verdict *verdicts)
{
    size_t rows = 0, goods = 0, good_kept = 0;

    for (size_t i = 0; i < timeline->count; i++) {
        const char *name = timeline->rows[i].name;
        const struct retention_item *keep = find(&plan->keep, name), *gone = find(&plan->delete, name);

        if ((keep != NULL) != (verdicts[i].part && verdicts[i].keep) ||
            (gone != NULL) != (verdicts[i].part && !verdicts[i].keep))
            fail_msg("%s in %s: the oracle says %s", name, places[timeline->place].zone,
                     !verdicts[i].part  ? "no part"
                     : verdicts[i].keep ? "keep"
                                        : "delete");
        rows += verdicts[i].part;
        goods += verdicts[i].good;
        good_kept += verdicts[i].good && keep != NULL;
        if (keep != NULL)
            compare_reasons(&keep->reasons, &verdicts[i]);
        if (keep != NULL || gone != NULL)
            assert_true((keep != NULL ? keep : gone)->reasons.count > 0);
    }
    assert_int_equal(plan->keep.count + plan->delete.count, rows);
    /* Never an empty set, never without a good one. */
    assert_true(rows == 0 || plan->keep.count > 0);
    assert_true(goods == 0 || good_kept > 0);
    assert_null(plan->refusal);
}

/* The order of the rows means nothing. */
static void check_deterministic(struct timeline *timeline, const struct retention *plan)
{
    for (size_t i = timeline->count; i > 1; i--) {
        size_t other = (size_t)dice_in(0, (int64_t)i - 1);
        struct snapshot row = timeline->rows[i - 1];

        timeline->rows[i - 1] = timeline->rows[other];
        timeline->rows[other] = row;
    }
    assert_string_equal(plan_of(timeline).plan_id, plan->plan_id);
}

/* Where a rule is set, raising any count, or protecting bases, loses nothing. */
static bool check_monotone(struct timeline *timeline, const struct retention *plan)
{
    struct config before = timeline->policy;
    struct retention more;
    int64_t sum = 0;

    for (size_t rule = 0; rule < RULES; rule++)
        sum += *count_of(&timeline->policy, rule);
    if (sum == 0)
        return false;
    for (size_t rule = 0; rule < RULES; rule++)
        if (dice_once_in(2))
            *count_of(&timeline->policy, rule) += dice_in(1, 5);
    if (dice_once_in(3))
        timeline->policy.protect_bases = true;
    more = plan_of(timeline);
    for (size_t i = 0; i < plan->keep.count; i++)
        assert_non_null(find(&more.keep, plan->keep.items[i].snapshot->name));
    timeline->policy = before;
    return true;
}

/* Once applied there is nothing left to do. */
static void check_idempotent(struct timeline *timeline, const struct retention *plan)
{
    for (size_t i = 0; i < timeline->count; i++)
        if (find(&plan->delete, timeline->rows[i].name) != NULL)
            timeline->rows[i].status = SNAPSHOT_DELETED;
    assert_int_equal(plan_of(timeline).delete.count, 0);
}

static void random_timelines_are_as_the_oracle_has_them(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    long rows = 0, deleted = 0, raised = 0;

    (void)state;
    for (size_t place = 0; place < PLACES; place++) {
        struct zone zone = zone_sample(&arena, places[place].zone);
        int64_t moment = 0;
        struct err err;

        assert_int_equal(when_parse_rfc3339(places[place].moment, &moment, &err), 0);
        setenv("TZ", places[place].zone, 1);
        tzset();
        for (int i = 0; i <= TIMELINES / PLACES; i++) {
            struct timeline timeline;
            struct verdict verdicts[ROWS_MAX];
            struct retention plan;

            roll_timeline(&timeline, place, &zone, moment);
            judge(&timeline, verdicts);
            plan = plan_of(&timeline);
            compare(&timeline, &plan, verdicts);
            rows += (long)timeline.count;
            deleted += (long)plan.delete.count;
            check_deterministic(&timeline, &plan);
            /* The plan points to rows, which were just moved. */
            plan = plan_of(&timeline);
            raised += check_monotone(&timeline, &plan);
            check_idempotent(&timeline, &plan);
            arena_release(&timeline.arena);
        }
    }
    unsetenv("TZ");
    print_message("%d timelines, %ld snapshots, %ld deleted, %ld policies raised, 0 differences\n",
                  PLACES * (TIMELINES / PLACES + 1), rows, deleted, raised);
    assert_true(deleted > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_timelines_are_as_the_oracle_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
