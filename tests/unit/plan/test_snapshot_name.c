/* Names of snapshots: made, recognised, always increasing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/snapshot_name.h"

static void names_have_the_fixed_form(void **state)
{
    char name[SNAPSHOT_NAME_SIZE];
    int64_t when;

    (void)state;
    snapshot_name_plan(name, 1795381205, NULL, 0xdeadbeef);
    assert_string_equal(name, "20261122-210005Z__deadbeef");
    snapshot_name_plan(name, 1795381205, "no name at all", 1);
    assert_string_equal(name, "20261122-210005Z__00000001");
    assert_true(snapshot_name_is_ours(name));
    assert_true(snapshot_name_is_candidate(name, &when));
    assert_int_equal(when, 1795381205);
}

/* The clock steps back three hours; the names go on. */
static void names_increase_even_if_the_clock_does_not(void **state)
{
    char name[SNAPSHOT_NAME_SIZE], last[SNAPSHOT_NAME_SIZE] = "20261122-210005Z__ffffffff";

    (void)state;
    for (int i = 0; i < 100; i++) {
        snapshot_name_plan(name, 1795381205 - 3 * 3600, last, 0);
        assert_true(strcmp(name, last) > 0);
        memcpy(last, name, sizeof last);
    }
    assert_string_equal(last, "20261122-210145Z__00000000");
    snapshot_name_plan(name, 1795381205, "20261122-210005", 0);
    assert_string_equal(name, "20261122-210006Z__00000000");
    snapshot_name_plan(name, 1795381205 + 1, "20261122-210005Z__ffffffff", 0);
    assert_string_equal(name, "20261122-210006Z__00000000");
}

static void impossible_times_still_give_a_name(void **state)
{
    char name[SNAPSHOT_NAME_SIZE];

    (void)state;
    snapshot_name_plan(name, INT64_MIN, NULL, 0);
    assert_string_equal(name, "19700101-000000Z__00000000");
    snapshot_name_plan(name, INT64_MAX, NULL, UINT32_MAX);
    assert_string_equal(name, "99991231-235959Z__ffffffff");
    snapshot_name_plan(name, 0, "99991231-235959Z__00000000", 7);
    assert_string_equal(name, "99991231-235959Z__00000007");
}

static void our_grammar_is_exact(void **state)
{
    static const char *const ours[] = {"20261122-210005Z__0123abcd", "20240229-000000Z__ABCDEF01"};
    static const char *const others[] = {
        "",
        "20261122-210005Z__0123abc",
        "20261122-210005Z__0123abcde",
        "20261122-210005Z_0123abcd",
        "20261122-210005__0123abcd",
        "20261122-210005Z__0123abcg",
        "20261122-210005z__0123abcd",
        " 20261122-210005Z__0123abcd",
        "20261122-210005Z__0123abcd ",
        "20261122-210005Z__0123abcd/",
        "20260229-210005Z__0123abcd",
        "2026112-2210005Z__0123abcd",
        "20261122T210005Z__0123abcd",
        "20261322-210005Z__0123abcd",
        ".20261122-210005Z__0123abcd",
    };

    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        assert_true(snapshot_name_is_ours(ours[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (snapshot_name_is_ours(others[i]))
            fail_msg("\"%s\" was taken", others[i]);
}

static void candidates_begin_with_a_real_time(void **state)
{
    static const char *const good[] = {"20261122-210005", "20261122-210005Z", "20261122-210005Z__x1",
                                       "20261122-210005-17", "20261122-210005.old"};
    static const char *const bad[] = {
        "",
        "data",
        "20261122",
        "20261122-21000",
        "20261122_210005",
        "2026-11-22-2100",
        "20260230-000000",
        "20261122-240000",
        "20261122-216000",
        "20261122-210060",
        "00000101-000000",
        "19691231-235959",
        "2026112a-210005",
        "20261100-210005",
        "20260022-210005",
        "20261122-2100\n5",
    };
    int64_t when;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(snapshot_name_is_candidate(good[i], &when));
        assert_int_equal(when, 1795381205);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (snapshot_name_is_candidate(bad[i], &when))
            fail_msg("\"%s\" was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_the_fixed_form),
        cmocka_unit_test(names_increase_even_if_the_clock_does_not),
        cmocka_unit_test(impossible_times_still_give_a_name),
        cmocka_unit_test(our_grammar_is_exact),
        cmocka_unit_test(candidates_begin_with_a_real_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
