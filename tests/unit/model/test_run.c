/* Runs: names, causes, and the states that may follow each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/run.h"

static void states_move_forward_only(void **state)
{
    (void)state;
    for (enum run_state from = RUN_QUEUED; from < RUN_STATE__MAX; from++) {
        for (enum run_state to = RUN_QUEUED; to <= RUN_STATE__MAX; to++) {
            bool expected =
                (from == RUN_QUEUED && (to == RUN_RUNNING || to == RUN_FAILED || to == RUN_CANCELLED)) ||
                (from == RUN_RUNNING && to >= RUN_SUCCESS && to < RUN_STATE__MAX);

            assert_int_equal(run_may_become(from, to), expected);
        }
        assert_int_equal(run_has_ended(from), from >= RUN_SUCCESS);
    }
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (enum run_state one = RUN_QUEUED; one < RUN_STATE__MAX; one++)
        assert_int_equal(run_state_parse(run_state_name(one)), one);
    for (enum cause one = CAUSE_NONE; one < CAUSE__MAX; one++)
        assert_int_equal(cause_parse(cause_name(one)), one);
    for (enum job one = JOB_BACKUP; one < JOB__MAX; one++)
        assert_int_equal(job_parse(job_name(one)), one);
    assert_int_equal(run_state_parse("Queued"), RUN_STATE__MAX);
    assert_int_equal(run_state_parse(NULL), RUN_STATE__MAX);
    assert_int_equal(cause_parse("nothing"), CAUSE__MAX);
    assert_int_equal(cause_parse(NULL), CAUSE_NONE);
    assert_int_equal(job_parse(""), JOB__MAX);
    assert_int_equal(job_parse(NULL), JOB__MAX);
    assert_string_equal(run_state_name(RUN_STATE__MAX), "unknown");
    assert_string_equal(cause_name(CAUSE__MAX), "internal");
    assert_string_equal(job_name(JOB__MAX), "unknown");
}

/* Exit codes: 7 refused by a guard, 8 backup root, 9 host unreachable or its key refused. */
static void causes_say_what_to_do(void **state)
{
    (void)state;
    for (enum cause cause = CAUSE_HOST_UNREACHABLE; cause < CAUSE__MAX; cause++)
        assert_true(strlen(cause_hint(cause)) > 10);
    assert_int_equal(err_exit_status(cause_error(CAUSE_HOST_KEY_CHANGED)), 9);
    assert_int_equal(err_exit_status(cause_error(CAUSE_NO_SPACE)), 8);
    assert_int_equal(err_exit_status(cause_error(CAUSE_SOURCE_EMPTY)), 7);
    assert_int_equal(err_exit_status(cause_error(CAUSE_BUSY)), 6);
    assert_int_equal(err_exit_status(cause_error(CAUSE_TIMEOUT)), 1);
    assert_int_equal(cause_error(CAUSE__MAX), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_move_forward_only),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(causes_say_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
