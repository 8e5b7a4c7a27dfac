/* The choice of the base and of the measure of the shrink guard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/base_choice.h"

#define GOOD(when, its_kind)                                                                                 \
    {                                                                                                        \
        .name = when, .kind = its_kind, .status = SNAPSHOT_SUCCESS, .confirmed = true                        \
    }

static void the_newest_good_scheduled_one_comes_first(void **state)
{
    const struct snapshot all[] = {
        GOOD("20261101-000000Z__00000001", KIND_SCHEDULED),
        GOOD("20261105-000000Z__00000001", KIND_MANUAL),
        GOOD("20261103-000000Z__00000001", KIND_SCHEDULED),
        {.name = "20261104-000000Z__00000001",
         .kind = KIND_SCHEDULED,
         .status = SNAPSHOT_PARTIAL,
         .confirmed = true},
        {.name = "20261106-000000Z__00000001", .kind = KIND_INCOMPLETE},
        GOOD("20261102-000000Z__00000001", KIND_SCHEDULED),
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t count = 99;
    const struct snapshot **chosen = base_choice_plan(&arena, all, sizeof all / sizeof all[0], &count);

    (void)state;
    assert_int_equal(count, 4);
    assert_ptr_equal(chosen[0], &all[2]);
    assert_ptr_equal(chosen[1], &all[5]);
    assert_ptr_equal(chosen[2], &all[0]);
    assert_ptr_equal(chosen[3], &all[1]);
    assert_ptr_equal(base_choice_last_good(all, sizeof all / sizeof all[0]), &all[2]);
}

static void manual_ones_serve_where_nothing_else_does(void **state)
{
    const struct snapshot all[] = {
        GOOD("20261101-000000Z__00000001", KIND_MANUAL),
        GOOD("20261105-000000Z__00000001", KIND_MANUAL),
        {.name = "20261106-000000Z__00000001",
         .kind = KIND_SCHEDULED,
         .status = SNAPSHOT_SUCCESS,
         .confirmed = true,
         .held_reason = "shrunk"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t count = 99;
    const struct snapshot **chosen = base_choice_plan(&arena, all, 3, &count);

    (void)state;
    assert_int_equal(count, 2);
    assert_ptr_equal(chosen[0], &all[1]);
    assert_ptr_equal(chosen[1], &all[0]);
    assert_ptr_equal(base_choice_last_good(all, 3), &all[1]);
}

static void nothing_of_nothing(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t count = 99;

    (void)state;
    assert_non_null(base_choice_plan(&arena, NULL, 0, &count));
    assert_int_equal(count, 0);
    assert_null(base_choice_last_good(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_good_scheduled_one_comes_first),
        cmocka_unit_test(manual_ones_serve_where_nothing_else_does),
        cmocka_unit_test(nothing_of_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
