/* Why a run waits, when a lease has lapsed, and what a step of the clock is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/clock_check.h"
#include "plan/lease.h"
#include "plan/queue_reason.h"

enum { NOW = 1795381205 };

static void each_reason_is_told(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct run running[] = {{.id = 7, .host_id = 1, .host = "web1", .job = JOB_BACKUP, .place = 1},
                                  {.id = 8, .host_id = 2, .host = "web2", .job = JOB_DISCOVER},
                                  {.id = 9, .host_id = 3, .host = "web3", .job = JOB_BACKUP}};
    struct queue_facts facts = {
        .running = running, .running_count = 3, .places = 2, .workers = 1, .now = NOW};
    struct run run = {.host_id = 4, .host = "web4", .job = JOB_BACKUP, .due_at = NOW};

    (void)state;
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "starts now");
    facts.places = 1;
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "1 of 1 slots are taken");
    run.host_id = 1;
    run.host = "web1";
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "web1 is busy: run 7, backup");
    run.host_id = 2; /* what runs there takes no host */
    facts.places = 2;
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "starts now");
    facts.workers = 0;
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "no worker is running: pobsync up");
    run.due_at = NOW + 180;
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "is due in 3 min");
    run.retry_of = 5;
    assert_string_equal(queue_reason_plan(&arena, &run, &facts), "will be tried again in 3 min");
}

static void a_lease_lasts_as_long_as_the_counter_moves(void **state)
{
    struct run run = {.id = 5, .token = 1, .heartbeat = 10};
    struct lease lease = lease_renew(NULL, 0, &run, 1000);

    (void)state;
    assert_int_equal(lease.seen_ms, 1000);
    lease = lease_renew(&lease, 1, &run, 1000 + LEASE_MS - 1);
    assert_int_equal(lease.seen_ms, 1000);
    assert_false(lease_has_lapsed(&lease, 1000 + LEASE_MS - 1));
    assert_true(lease_has_lapsed(&lease, 1000 + LEASE_MS));
    run.heartbeat++;
    lease = lease_renew(&lease, 1, &run, 1000 + LEASE_MS);
    assert_false(lease_has_lapsed(&lease, 1000 + LEASE_MS));
    run.token++; /* another worker has it */
    lease = lease_renew(&lease, 1, &run, 2000 + LEASE_MS);
    assert_int_equal(lease.seen_ms, 2000 + LEASE_MS);
}

static void a_step_of_the_clock_shows(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct clock_mark before = {NOW, "boot", 50000};
    const struct {
        struct clock_mark now;
        const char *told;
    } rows[] = {
        {{NOW + 60, "boot", 110000}, NULL},
        {{NOW, "boot", 110000}, NULL},       /* a minute behind */
        {{NOW + 120, "boot", 110000}, NULL}, /* a minute ahead */
        {{NOW + 3600, "boot", 3650000}, NULL},
        {{NOW - 3 * 3600 + 60, "boot", 110000},
         "the clock went back by 3 h: it was 2026-11-22 21:01 UTC and is 2026-11-22 18:01 UTC"},
        {{NOW + 30 * 86400 + 60, "boot", 110000},
         "the clock leapt forward by 30 d: it was 2026-11-22 21:01 UTC and is 2026-12-22 21:01 UTC"},
        {{NOW + 86400, "another boot", 1000}, NULL}, /* it was off */
        {{NOW - 3600, "another boot", 1000},
         "the clock went back by 1 h: it was 2026-11-22 21:00 UTC and is 2026-11-22 20:00 UTC"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *told = clock_check_plan(&arena, &before, &rows[i].now);

        if (rows[i].told == NULL)
            assert_null(told);
        else
            assert_string_equal(told, rows[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_is_told),
        cmocka_unit_test(a_lease_lasts_as_long_as_the_counter_moves),
        cmocka_unit_test(a_step_of_the_clock_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
