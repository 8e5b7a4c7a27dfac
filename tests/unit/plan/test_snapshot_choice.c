/* Which snapshot a word means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/snapshot_choice.h"

/* 2026-11-03, -02 (twice, the newer one partial), -01 at 23:30 UTC, newest first. */
#define GOOD(its_name, when)                                                                                 \
    {                                                                                                        \
        .name = its_name, .started_at = when, .status = SNAPSHOT_SUCCESS, .confirmed = true                  \
    }
static const struct snapshot snapshots[] = {
    {.name = "d", .started_at = 1793750400, .kind = KIND_INCOMPLETE},
    GOOD("c", 1793664000),
    {.name = "b2", .started_at = 1793620800, .status = SNAPSHOT_PARTIAL, .confirmed = true},
    GOOD("b", 1793577600),
    GOOD("a", 1793575800),
    {.name = "gone", .started_at = 1793400000, .status = SNAPSHOT_DELETING, .confirmed = true},
};
enum { COUNT = sizeof snapshots / sizeof snapshots[0] };

static const struct snapshot *choose(const char *wish, const struct zone *zone, struct err *err)
{
    return snapshot_choice("web1", snapshots, COUNT, wish, zone, err);
}

static void a_word_means_a_snapshot(void **state)
{
    /* An hour ahead: 23:30 UTC belongs to the next day. */
    const struct zone ahead = {.name = "X", .first = {.offset = 3600, .abbreviation = "X"}};
    struct err err;

    (void)state;
    assert_ptr_equal(choose(NULL, &zone_universal, &err), &snapshots[1]);
    assert_ptr_equal(choose("latest", &zone_universal, &err), &snapshots[1]);
    assert_ptr_equal(choose("b2", &zone_universal, &err), &snapshots[2]);
    assert_ptr_equal(choose("d", &zone_universal, &err), &snapshots[0]);
    assert_ptr_equal(choose("2026-11-02", &zone_universal, &err), &snapshots[3]);
    assert_ptr_equal(choose("2026-11-01", &zone_universal, &err), &snapshots[4]);
    assert_null(choose("2026-11-01", &ahead, &err));
}

static void what_is_not_there_is_told(void **state)
{
    struct err err;

    (void)state;
    assert_null(choose("gone", &zone_universal, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_null(choose("2026-11-09", &zone_universal, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "before that day is c"));
    assert_null(choose("2026-02-31", &zone_universal, &err));
    assert_null(snapshot_choice("web1", snapshots, 1, NULL, &zone_universal, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_means_a_snapshot),
        cmocka_unit_test(what_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
