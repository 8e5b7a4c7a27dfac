/* The queue in SQL: claimed once, one run a host and a place, forward only. */
#include "rows.h"

#include "store/store_daemon.h"
#include "store/store_queue.h"

static struct run queued(struct scratch *s, const struct host *host, int64_t due_at)
{
    struct run run = {.host_id = host->id,
                      .host = host->name,
                      .node_id = host->node_id,
                      .job = JOB_BACKUP,
                      .kind = "scheduled",
                      .trigger = "queue",
                      .state = RUN_QUEUED,
                      .actor = "root",
                      .requested_at = 100,
                      .due_at = due_at,
                      .stats = RUN_STATS_UNKNOWN};

    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    return run;
}

static size_t due(struct scratch *s, const struct host *host, bool takes_place, int64_t now,
                  struct run **runs)
{
    size_t count;

    assert_ok(store_queue_due(&s->arena, s->db, host->node_id, takes_place, now, 10, runs, &count, &s->err),
              &s->err);
    return count;
}

static void what_was_asked_for_comes_back(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = {.host_id = host.id,
                      .host = "web1",
                      .node_id = host.node_id,
                      .job = JOB_DRY_RUN,
                      .trigger = "retry",
                      .state = RUN_QUEUED,
                      .actor = "anna",
                      .request = "{\"prune\":true}",
                      .requested_at = 100,
                      .due_at = 200,
                      .slot_at = 150,
                      .retry_until = 900,
                      .attempt = 3,
                      .stats = RUN_STATS_UNKNOWN};
    struct run read;

    run.retry_of = queued(s, &host, 50).id;
    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_int_equal(read.node_id, host.node_id);
    assert_string_equal(read.request, run.request);
    assert_int_equal(read.due_at, 200);
    assert_int_equal(read.slot_at, 150);
    assert_int_equal(read.retry_until, 900);
    assert_int_equal(read.attempt, 3);
    assert_int_equal(read.retry_of, run.retry_of);
    assert_int_equal(read.cancel_at, 0);
    assert_null(read.cancel_by);
    assert_int_equal(read.place, 0);
    assert_null(read.worker);
    assert_fails(store_run_insert(s->db, &run, &run.id, &s->err), &s->err, ERR_EXISTS);
    assert_string_equal(s->err.message, "the run of \"web1\" for this time is in the queue already");
}

static void the_order_is_that_of_the_due_times(void **state)
{
    struct scratch *s = *state;
    struct host a = rows_host(s, "a"), b = rows_host(s, "b"), c = rows_host(s, "c");
    struct run late = queued(s, &a, 300), early = queued(s, &b, 100), same = queued(s, &c, 300), *runs;

    assert_int_equal(due(s, &a, true, 99, &runs), 0);
    assert_int_equal(due(s, &a, true, 100, &runs), 1);
    assert_int_equal(due(s, &a, true, 300, &runs), 3);
    assert_int_equal(runs[0].id, early.id);
    assert_int_equal(runs[1].id, late.id);
    assert_int_equal(runs[2].id, same.id);
    assert_int_equal(due(s, &a, false, 300, &runs), 0);
}

static void a_run_is_claimed_once(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct run first = queued(s, &host, 100), copy = first, second = queued(s, &host, 100);
    struct run elsewhere = queued(s, &other, 100), *runs;

    assert_int_equal(store_queue_claim(s->db, &first, 1, "w1", 200, &s->err), 1);
    assert_int_equal(first.token, 1);
    assert_int_equal(first.state, RUN_RUNNING);
    assert_int_equal(store_queue_claim(s->db, &copy, 2, "w2", 200, &s->err), 0);
    assert_int_equal(store_queue_claim(s->db, &second, 2, "w2", 200, &s->err), 0);    /* its host is taken */
    assert_int_equal(store_queue_claim(s->db, &elsewhere, 1, "w2", 200, &s->err), 0); /* its place is taken */
    assert_int_equal(due(s, &host, true, 200, &runs), 1); /* what waits for its host is not shown */
    assert_int_equal(runs[0].id, elsewhere.id);
    assert_int_equal(store_queue_claim(s->db, &elsewhere, 2, "w2", 200, &s->err), 1);
    first.state = RUN_SUCCESS;
    first.ended_at = 300;
    assert_ok(store_run_finish(s->db, &first, &s->err), &s->err);
    assert_int_equal(store_queue_claim(s->db, &second, 1, "w1", 300, &s->err), 1);
}

static void a_beat_hears_of_cancellation_and_loss(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = queued(s, &host, 100), waiting = queued(s, &host, 100), read;
    bool cancel = true;

    assert_int_equal(store_queue_claim(s->db, &run, 1, "w1", 200, &s->err), 1);
    assert_int_equal(store_queue_beat(s->db, run.id, run.token, &cancel, &s->err), 1);
    assert_false(cancel);
    assert_ok(store_queue_cancel(&s->arena, s->db, run.id, 210, "anna", &read, &s->err), &s->err);
    assert_int_equal(read.state, RUN_RUNNING);
    assert_int_equal(store_queue_beat(s->db, run.id, run.token, &cancel, &s->err), 1);
    assert_true(cancel);
    assert_ok(store_queue_cancel(&s->arena, s->db, run.id, 220, "bert", &read, &s->err), &s->err);
    assert_int_equal(read.cancel_at, 210); /* the first who asked */
    assert_string_equal(read.cancel_by, "anna");
    assert_ok(store_queue_cancel(&s->arena, s->db, waiting.id, 230, "anna", &read, &s->err), &s->err);
    assert_int_equal(read.state, RUN_CANCELLED);
    assert_fails(store_queue_cancel(&s->arena, s->db, waiting.id, 240, "anna", &read, &s->err), &s->err,
                 ERR_REFUSED);

    read = run;
    read.heartbeat = 1; /* an old look */
    assert_int_equal(store_queue_take_over(s->db, &read, "w2", &s->err), 0);
    read.heartbeat = 2;
    assert_int_equal(store_queue_take_over(s->db, &read, "w2", &s->err), 1);
    assert_int_equal(store_queue_beat(s->db, run.id, run.token, &cancel, &s->err), 0);
    run.state = RUN_SUCCESS;
    run.ended_at = 300;
    assert_fails(store_run_finish(s->db, &run, &s->err), &s->err, ERR_REFUSED); /* the stale one */
    read.state = RUN_FAILED;
    read.ended_at = 300;
    assert_ok(store_run_finish(s->db, &read, &s->err), &s->err);
}

static void what_waits_in_the_same_words_is_found(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = queued(s, &host, 100), wish = run;
    int64_t id = 0;

    assert_int_equal(store_queue_find(s->db, &wish, &id, &s->err), 1);
    assert_int_equal(id, run.id);
    wish.kind = "manual";
    assert_int_equal(store_queue_find(s->db, &wish, &id, &s->err), 0);
    wish = run;
    wish.request = "{\"prune\":true}";
    assert_int_equal(store_queue_find(s->db, &wish, &id, &s->err), 0);
    assert_int_equal(store_queue_has_slot(s->db, host.id, &s->err), 0);
    run.slot_at = 150;
    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    assert_int_equal(store_queue_has_slot(s->db, host.id, &s->err), 1);
}

static void daemons_and_passes_are_noted(void **state)
{
    struct scratch *s = *state;
    struct scheduler_pass pass = {.passed_at = 500,
                                  .boot_id = "b",
                                  .boot_ms = 7,
                                  .schedules = 3,
                                  .enqueued = 1},
                          read;
    struct daemon_row *rows;
    int64_t node;
    size_t count;

    assert_ok(store_node_load(s->db, 1, &node, &s->err), &s->err);
    assert_ok(store_daemon_beat(s->db, node, "worker", "w1", 100, &s->err), &s->err);
    assert_ok(store_daemon_beat(s->db, node, "worker", "w1", 200, &s->err), &s->err);
    assert_ok(store_daemon_beat(s->db, node, "scheduler", "s1", 150, &s->err), &s->err);
    assert_ok(store_daemon_list(&s->arena, s->db, node, 160, &rows, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].name, "w1");
    assert_int_equal(rows[0].started_at, 100);
    assert_int_equal(rows[0].seen_at, 200);
    assert_ok(store_daemon_delete(s->db, node, "worker", "w1", &s->err), &s->err);
    assert_ok(store_daemon_beat(s->db, node, "worker", "w2", 100000, &s->err),
              &s->err); /* sweeps out the old */
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM daemon"), 1);

    assert_int_equal(store_pass_load(&s->arena, s->db, node, &read, &s->err), 0);
    assert_ok(store_pass_save(s->db, node, &pass, &s->err), &s->err);
    assert_int_equal(store_pass_take_maintenance(s->db, node, 0, 600, &s->err), 1);
    assert_int_equal(store_pass_take_maintenance(s->db, node, 0, 601, &s->err), 0);
    pass.trouble = "the clock";
    pass.trouble_at = 500;
    assert_ok(store_pass_save(s->db, node, &pass, &s->err), &s->err);
    assert_int_equal(store_pass_load(&s->arena, s->db, node, &read, &s->err), 1);
    assert_string_equal(read.boot_id, "b");
    assert_string_equal(read.trouble, "the clock");
    assert_int_equal(read.maintenance_at, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_asked_for_comes_back, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_order_is_that_of_the_due_times, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_run_is_claimed_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_beat_hears_of_cancellation_and_loss, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(what_waits_in_the_same_words_is_found, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(daemons_and_passes_are_noted, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
