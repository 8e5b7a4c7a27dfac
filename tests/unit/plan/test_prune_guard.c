/* What keeps snapshots beside the plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/prune_guard.h"

#define NAME(day) "202611" day "-000000Z__00000001"
#define GOOD(day, its_kind, when)                                                                            \
    {                                                                                                        \
        .host = "web1", .name = NAME(day), .kind = its_kind, .status = SNAPSHOT_SUCCESS, .confirmed = true,  \
        .started_at = when                                                                                   \
    }

static const char *why_of(struct arena *arena, const struct snapshot *all, size_t count, size_t index,
                          const char *base)
{
    struct prune_refusal refusal = prune_guard_snapshot(arena, all, count, &all[index], base);

    assert_true((refusal.why == NULL) == (refusal.hint == NULL));
    return refusal.why == NULL ? "" : refusal.why;
}

static void the_newest_good_ones_stay(void **state)
{
    const struct snapshot all[] = {
        GOOD("03", KIND_MANUAL, 300),
        GOOD("02", KIND_SCHEDULED, 200),
        GOOD("01", KIND_SCHEDULED, 100),
        GOOD("00", KIND_MANUAL, 50),
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_non_null(strstr(why_of(&arena, all, 4, 0, NULL), "newest good"));
    assert_non_null(strstr(why_of(&arena, all, 4, 1, NULL), "newest good"));
    assert_string_equal(why_of(&arena, all, 4, 2, NULL), "");
    assert_string_equal(why_of(&arena, all, 4, 3, NULL), "");
    assert_non_null(strstr(why_of(&arena, all, 4, 2, NAME("01")), "base of the run"));
}

static void what_is_no_good_does_not_count_as_newest(void **state)
{
    struct snapshot all[] = {GOOD("03", KIND_SCHEDULED, 300), GOOD("02", KIND_SCHEDULED, 200)};
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    all[0].status = SNAPSHOT_PARTIAL;
    assert_string_equal(why_of(&arena, all, 2, 0, NULL), "");
    assert_non_null(strstr(why_of(&arena, all, 2, 1, NULL), "newest good"));
    all[0].status = SNAPSHOT_DELETING;
    assert_non_null(strstr(why_of(&arena, all, 2, 0, NULL), "is being deleted"));
    all[0].status = SNAPSHOT_DELETED;
    assert_non_null(strstr(why_of(&arena, all, 2, 0, NULL), "has been deleted"));
    all[0].status = SNAPSHOT_SUCCESS;
    all[0].missing_since = 5;
    assert_string_equal(why_of(&arena, all, 2, 0, NULL), "");
}

static void decisions_are_respected(void **state)
{
    struct snapshot all[] = {GOOD("03", KIND_SCHEDULED, 300), GOOD("02", KIND_SCHEDULED, 200)};
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    all[1].pinned = true;
    all[1].pin_reason = "audit";
    assert_non_null(strstr(why_of(&arena, all, 2, 1, NULL), "pinned (audit)"));
    all[1].pinned = false;
    all[1].held_reason = "shrunk";
    assert_non_null(strstr(why_of(&arena, all, 2, 1, NULL), "held (shrunk)"));
    all[1].held_reason = NULL;
    all[1].confirmed = false;
    assert_non_null(strstr(why_of(&arena, all, 2, 1, NULL), "claimed"));
    all[1].kind = KIND_INCOMPLETE;
    assert_non_null(strstr(why_of(&arena, all, 2, 1, NULL), "never finished"));
}

static void doubts_stop_the_whole_host(void **state)
{
    struct snapshot all[] = {GOOD("03", KIND_SCHEDULED, 300), GOOD("02", KIND_MANUAL, 200)};
    struct run last = {.id = 7, .host = "web1", .state = RUN_SUCCESS};
    struct prune_guard_facts facts = {.snapshots = all, .snapshot_count = 2};
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_null(prune_guard_host(&arena, &facts).why);
    facts.last_backup = &last;
    assert_null(prune_guard_host(&arena, &facts).why);
    last.state = RUN_WARNING;
    assert_null(prune_guard_host(&arena, &facts).why);
    last.cause = CAUSE_SOURCE_SHRUNK;
    assert_non_null(strstr(prune_guard_host(&arena, &facts).why, "no good"));
    last.cause = CAUSE_NONE;
    last.state = RUN_PARTIAL;
    assert_non_null(strstr(prune_guard_host(&arena, &facts).why, "run 7"));
    last.state = RUN_FAILED;
    assert_non_null(prune_guard_host(&arena, &facts).why);
    facts.last_backup = NULL;
    all[1].held_reason = "empty";
    assert_non_null(strstr(prune_guard_host(&arena, &facts).why, "held (empty)"));
    assert_non_null(strstr(prune_guard_host(&arena, &facts).hint, "pobsync release web1 " NAME("02")));
    all[1].status = SNAPSHOT_DELETING;
    assert_null(prune_guard_host(&arena, &facts).why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_good_ones_stay),
        cmocka_unit_test(what_is_no_good_does_not_count_as_newest),
        cmocka_unit_test(decisions_are_respected),
        cmocka_unit_test(doubts_stop_the_whole_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
