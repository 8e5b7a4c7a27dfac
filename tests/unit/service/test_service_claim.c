/* Many workers on one queue: each run is claimed once. And how long a pass over many schedules takes. */
#include "place.h"

#include <sys/wait.h>

#include "db/transaction.h"
#include "service/service_claim.h"
#include "service/service_scheduler.h"
#include "store/store_host.h"
#include "store/store_installation.h"
#include "store/store_run.h"
#include "store/store_schedule.h"
#include "sys/clock.h"

enum { WORKERS = 4, RUNS = 2000, SCHEDULES = 3000 };

static int64_t node_of(struct place *place)
{
    int64_t id;

    assert_ok(store_node_load(place->service.db, 1, &id, &place->err), &place->err);
    return id;
}

/* Claims and ends runs until none is left; the exit status is 0, and `claimed` gets a line for each. */
static void work_off(const char *claimed)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct service service;
    struct claimant claimant;
    struct claim claim;
    struct err err;
    FILE *file = fopen(claimed, "we");
    int found = 1;

    if (file == NULL || service_open(&service, &arena, "test", &err) < 0 ||
        service_claimant_begin(&service, &claimant, &err) < 0)
        _exit(1);
    while (found > 0) {
        found = service_claim_next(&service, &claimant, false, 0, &claim, &err);
        if (found > 0) {
            const struct run run = {.id = claim.run,
                                    .token = claim.token,
                                    .state = RUN_SUCCESS,
                                    .ended_at = 1,
                                    .stats = RUN_STATS_UNKNOWN};

            fprintf(file, "%lld\n", (long long)claim.run);
            if (store_run_finish(service.db, &run, &err) < 0)
                _exit(2);
        }
    }
    fclose(file);
    service_close(&service);
    _exit(found < 0 ? 3 : 0);
}

static int count_lines(const char *path, bool seen[RUNS + 1])
{
    FILE *file = fopen(path, "re");
    int count = 0, id;

    assert_non_null(file);
    while (fscanf(file, "%d", &id) == 1) {
        assert_in_range(id, 1, RUNS);
        assert_false(seen[id]);
        seen[id] = true;
        count++;
    }
    fclose(file);
    return count;
}

static void each_run_is_claimed_once(void **state)
{
    struct place *place = *state;
    struct run run = {.node_id = node_of(place),
                      .job = JOB_TEST,
                      .trigger = "queue",
                      .state = RUN_QUEUED,
                      .actor = "root",
                      .requested_at = 1,
                      .stats = RUN_STATS_UNKNOWN};
    static bool seen[RUNS + 1];
    pid_t children[WORKERS];
    int64_t begun;
    int total = 0, status;

    assert_ok(db_begin(place->service.db, &place->err), &place->err);
    for (int i = 0; i < RUNS; i++)
        assert_ok(store_run_insert(place->service.db, &run, &run.id, &place->err), &place->err);
    assert_ok(db_commit(place->service.db, &place->err), &place->err);
    begun = clock_boot_ms();
    for (int i = 0; i < WORKERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            work_off(arena_printf(&place->arena, "%s/claimed%d", place->top, i));
    }
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < WORKERS; i++)
        total += count_lines(arena_printf(&place->arena, "%s/claimed%d", place->top, i), seen);
    assert_int_equal(total, RUNS);
    print_message("    %d workers claimed and ended %d runs in %lld ms, none twice\n", WORKERS, RUNS,
                  (long long)(clock_boot_ms() - begun));
}

static int64_t pass(struct place *place, int64_t now, int64_t enqueued)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct service service = place->service;
    struct scheduler_result result;
    int64_t begun = clock_boot_ms();

    service.arena = &arena;
    service.now = now;
    assert_ok(service_scheduler_pass(&service, &result, &place->err), &place->err);
    assert_int_equal(result.schedules, SCHEDULES);
    assert_int_equal(result.enqueued, enqueued);
    return clock_boot_ms() - begun;
}

static void a_pass_over_many_schedules(void **state)
{
    struct place *place = *state;
    const int64_t midnight = 1795392000; /* 2026-11-23 00:00 UTC */
    struct host host = {.node_id = node_of(place), .created_at = 1};
    struct schedule schedule = {.prune = true,
                                .grace_seconds = 3600,
                                .enabled = true,
                                .created_at = midnight,
                                .changed_at = midnight};
    int64_t idle, busy;

    assert_ok(db_begin(place->service.db, &place->err), &place->err);
    for (int i = 0; i < SCHEDULES; i++) {
        host.name = arena_printf(&place->arena, "host%d", i);
        schedule.cron = arena_printf(&place->arena, "%d 2 * * *", i % 60);
        schedule.timezone = i % 2 == 0 ? "Europe/Amsterdam" : "America/New_York";
        assert_ok(store_host_insert(place->service.db, &host, &schedule.host_id, &place->err), &place->err);
        assert_ok(store_schedule_save(place->service.db, &schedule, &place->err), &place->err);
    }
    assert_ok(db_commit(place->service.db, &place->err), &place->err);
    idle = pass(place, midnight + 60, 0);
    busy = pass(place, midnight + 86400, SCHEDULES);
    print_message("    %d schedules: a pass with nothing due %lld ms, with all due %lld ms\n", SCHEDULES,
                  (long long)idle, (long long)busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_run_is_claimed_once, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(a_pass_over_many_schedules, place_make_open, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
