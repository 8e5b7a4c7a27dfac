/* Which runs are repeated by themselves, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/retry.h"

enum { NOW = 100000, HOUR = 3600 };

static struct run failed(enum cause cause)
{
    return (struct run){.trigger = "schedule",
                        .state = RUN_FAILED,
                        .cause = cause,
                        .attempt = 1,
                        .started_at = NOW - 60,
                        .retry_until = NOW + HOUR};
}

static void only_what_may_pass_is_repeated(void **state)
{
    static const enum cause passing[] = {CAUSE_HOST_UNREACHABLE, CAUSE_TIMEOUT, CAUSE_PROTOCOL, CAUSE_KILLED,
                                         CAUSE_BUSY};

    (void)state;
    for (enum cause cause = CAUSE_NONE; cause < CAUSE__MAX; cause++) {
        struct run run = failed(cause);
        bool expected = false;

        for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
            expected = expected || passing[i] == cause;
        assert_int_equal(retry_plan(&run, 2, NOW).again, expected);
        run.state = RUN_PARTIAL;
        assert_false(retry_plan(&run, 2, NOW).again);
    }
}

static void pauses_grow_and_attempts_are_counted(void **state)
{
    static const int64_t pauses[] = {60, 300, 900, 1800, 1800};

    (void)state;
    for (int64_t attempt = 1; attempt <= 5; attempt++) {
        struct run run = failed(CAUSE_TIMEOUT);
        struct retry retry;

        run.attempt = attempt;
        retry = retry_plan(&run, 5, NOW);
        assert_true(retry.again);
        assert_int_equal(retry.attempt, attempt + 1);
        assert_int_equal(retry.due_at, NOW + pauses[attempt - 1]);
        assert_false(retry_plan(&run, attempt - 1, NOW).again);
    }
}

static void the_grace_ends_what_is_the_hosts_fault(void **state)
{
    struct run run = failed(CAUSE_HOST_UNREACHABLE);

    (void)state;
    run.retry_until = NOW + 60;
    assert_true(retry_plan(&run, 2, NOW).again);
    run.retry_until = NOW + 59;
    assert_false(retry_plan(&run, 2, NOW).again);
    run.retry_until = 0; /* asked for by a person: no slot, no grace */
    assert_true(retry_plan(&run, 2, NOW).again);
    run = failed(CAUSE_KILLED);
    run.retry_until = NOW - HOUR;
    assert_true(retry_plan(&run, 2, NOW).again);
}

static void the_foreground_repeats_nothing(void **state)
{
    struct run run = failed(CAUSE_TIMEOUT);

    (void)state;
    run.trigger = "cli";
    assert_false(retry_plan(&run, 2, NOW).again);
    run.state = RUN_CANCELLED;
    assert_false(retry_plan(&run, 2, NOW).again);
}

static void what_the_service_stopped_goes_on(void **state)
{
    struct run run = failed(CAUSE_NONE);
    struct retry retry;

    (void)state;
    run.state = RUN_CANCELLED;
    run.attempt = 3;
    retry = retry_plan(&run, 2, NOW);
    assert_true(retry.again);
    assert_int_equal(retry.due_at, NOW);
    assert_int_equal(retry.attempt, 3);
    run.cancel_at = NOW - 1; /* a person wanted it */
    assert_false(retry_plan(&run, 2, NOW).again);
    run.cancel_at = 0;
    run.started_at = 0; /* it never began */
    assert_false(retry_plan(&run, 2, NOW).again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_may_pass_is_repeated),
        cmocka_unit_test(pauses_grow_and_attempts_are_counted),
        cmocka_unit_test(the_grace_ends_what_is_the_hosts_fault),
        cmocka_unit_test(the_foreground_repeats_nothing),
        cmocka_unit_test(what_the_service_stopped_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
