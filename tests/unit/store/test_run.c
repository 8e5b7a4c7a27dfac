/* Runs: one running backup a host, forward only, ended once by who has the token. */
#include "rows.h"

#include <string.h>

/* A run that has been inserted, and ended with the state unless that is RUN_RUNNING. */
static struct run insert(struct scratch *s, struct run run, enum run_state state, int64_t ended_at)
{
    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    if (state != RUN_RUNNING) {
        run.state = state;
        run.ended_at = ended_at;
        assert_ok(store_run_finish(s->db, &run, &s->err), &s->err);
    }
    return run;
}

static void everything_comes_back(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = rows_backup(&host, 300), read;

    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_int_equal(read.id, run.id);
    assert_int_equal(read.host_id, host.id);
    assert_string_equal(read.host, "web1");
    assert_int_equal(read.job, JOB_BACKUP);
    assert_string_equal(read.kind, "scheduled");
    assert_string_equal(read.trigger, "cli");
    assert_int_equal(read.state, RUN_RUNNING);
    assert_int_equal(read.cause, CAUSE_NONE);
    assert_null(read.message);
    assert_null(read.snapshot);
    assert_null(read.base);
    assert_string_equal(read.actor, "root");
    assert_int_equal(read.requested_at, 299);
    assert_int_equal(read.started_at, 300);
    assert_int_equal(read.ended_at, 0);
    assert_int_equal(read.token, 7);
    assert_memory_equal(&read.stats, &RUN_STATS_UNKNOWN, sizeof read.stats);

    assert_ok(store_run_set_snapshot(s->db, run.id, 7, "s2", "s1", &s->err), &s->err);
    run.state = RUN_PARTIAL;
    run.cause = CAUSE_SOURCE_SHRUNK;
    run.message = "less than half";
    run.ended_at = 360;
    run.stats = (struct run_stats){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, -1, 13, 14, INT64_MAX, 16, 17};
    assert_ok(store_run_finish(s->db, &run, &s->err), &s->err);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_int_equal(read.state, RUN_PARTIAL);
    assert_int_equal(read.cause, CAUSE_SOURCE_SHRUNK);
    assert_string_equal(read.message, "less than half");
    assert_string_equal(read.snapshot, "s2");
    assert_string_equal(read.base, "s1");
    assert_int_equal(read.ended_at, 360);
    assert_memory_equal(&read.stats, &run.stats, sizeof read.stats);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM run WHERE rsync_exit IS NULL AND failed_paths = 0"),
                     1);
    assert_fails(store_run_load(&s->arena, s->db, 99, &read, &s->err), &s->err, ERR_NOT_FOUND);
    assert_string_equal(s->err.message, "no run 99");
}

static void progress_is_of_a_running_run(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = rows_backup(&host, 300), read;

    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_null(read.progress);
    assert_int_equal(store_run_set_progress(s->db, run.id, 7, "{\"bytes\":1}", &s->err), 1);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_string_equal(read.progress, "{\"bytes\":1}");
    assert_int_equal(read.heartbeat, 1);
    /* Another worker's token. */
    assert_int_equal(store_run_set_progress(s->db, run.id, 6, "{}", &s->err), 0);
    run.state = RUN_FAILED;
    run.ended_at = 400;
    assert_ok(store_run_finish(s->db, &run, &s->err), &s->err);
    assert_int_equal(store_run_set_progress(s->db, run.id, 7, "{}", &s->err), 0);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_null(read.progress);
}

static void each_figure_has_its_own_column(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = rows_backup(&host, 300);

    run.stats = (struct run_stats){.files = 1,
                                   .directories = 2,
                                   .bytes = 3,
                                   .linked_files = 4,
                                   .copied_same = 5,
                                   .new_inodes = 6,
                                   .new_bytes = 7,
                                   .sent = 8,
                                   .received = 9,
                                   .transferred = 10,
                                   .failed_paths = 11,
                                   .rsync_exit = 12,
                                   .connect_ms = 13,
                                   .transfer_ms = 14,
                                   .finish_ms = 15,
                                   -1,
                                   -1};
    insert(s, run, RUN_SUCCESS, 310);
    assert_int_equal(
        scratch_int(s, "SELECT count(*) FROM run WHERE files = 1 AND directories = 2 AND bytes = 3 AND "
                       "linked_files = 4 AND copied_same = 5 AND new_inodes = 6 AND new_bytes = 7 AND "
                       "sent = 8 AND received = 9 AND transferred = 10 AND failed_paths = 11 AND "
                       "rsync_exit = 12 AND connect_ms = 13 AND transfer_ms = 14 AND finish_ms = 15"),
        1);
}

static void one_backup_of_a_host_runs_at_a_time(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct run first = insert(s, rows_backup(&host, 300), RUN_RUNNING, 0), second = rows_backup(&host, 301);
    int64_t id;

    assert_fails(store_run_insert(s->db, &second, &id, &s->err), &s->err, ERR_BUSY);
    assert_string_equal(s->err.message, "a run of host \"web1\" is still going on");
    second.job = JOB_DRY_RUN;
    assert_ok(store_run_insert(s->db, &second, &id, &s->err), &s->err);
    second.job = JOB_BACKUP;
    second.state = RUN_QUEUED;
    second.started_at = 0;
    assert_ok(store_run_insert(s->db, &second, &id, &s->err), &s->err);
    insert(s, rows_backup(&other, 302), RUN_RUNNING, 0);
    first.state = RUN_SUCCESS;
    first.ended_at = 310;
    assert_ok(store_run_finish(s->db, &first, &s->err), &s->err);
    insert(s, rows_backup(&host, 311), RUN_RUNNING, 0);
    second.host_id = 99;
    second.state = RUN_RUNNING;
    assert_fails(store_run_insert(s->db, &second, &id, &s->err), &s->err, ERR_EXISTS);
}

static void a_run_ends_once(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = insert(s, rows_backup(&host, 300), RUN_RUNNING, 0), late = run,
               queued = rows_backup(&host, 301);
    struct run read;

    late.state = run.state = RUN_FAILED;
    late.ended_at = run.ended_at = 310;
    late.token = 6;
    assert_fails(store_run_finish(s->db, &late, &s->err), &s->err, ERR_REFUSED);
    assert_string_equal(s->err.message, "run 1 has gone to another worker");
    assert_fails(store_run_set_snapshot(s->db, run.id, 6, "s", NULL, &s->err), &s->err, ERR_REFUSED);
    assert_ok(store_run_finish(s->db, &run, &s->err), &s->err);
    run.state = RUN_SUCCESS;
    assert_fails(store_run_finish(s->db, &run, &s->err), &s->err, ERR_REFUSED);
    assert_string_equal(s->err.message, "run 1 has already ended");
    assert_fails(store_run_set_snapshot(s->db, run.id, 7, "s", NULL, &s->err), &s->err, ERR_REFUSED);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err);
    assert_int_equal(read.state, RUN_FAILED);
    assert_null(read.snapshot);

    queued.state = RUN_QUEUED;
    assert_ok(store_run_insert(s->db, &queued, &queued.id, &s->err), &s->err);
    queued.state = RUN_SUCCESS;
    queued.ended_at = 320;
    assert_fails(store_run_finish(s->db, &queued, &s->err), &s->err, ERR_REFUSED);
    assert_string_equal(s->err.message, "run 2 has not started");
    queued.id = 99;
    assert_fails(store_run_finish(s->db, &queued, &s->err), &s->err, ERR_NOT_FOUND);
}

static void the_table_refuses_what_cannot_be(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = insert(s, rows_backup(&host, 300), RUN_RUNNING, 0);

    (void)run;
    assert_fails(db_run(s->db, &s->err, "UPDATE run SET state = 'flying'", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE run SET kind = 'incomplete'", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE run SET ended_at = 5", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE run SET state = 'failed', running_host_id = NULL", ""),
                 &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE run SET state = 'failed', ended_at = 5", ""), &s->err,
                 ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE run SET files = 'many'", ""), &s->err, ERR_DATABASE);
}

static void unknown_words_are_told_with_row_and_column(void **state)
{
    static const struct {
        const char *spoil;
        const char *message;
    } words[] = {
        {"UPDATE run SET job = 'dance'",
         "run 1: column \"job\" holds \"dance\", which this program does not know"},
        {"UPDATE run SET job = 'backup', kind = 'odd'",
         "run 1: column \"kind\" holds \"odd\", which this program does not know"},
        {"UPDATE run SET kind = 'incomplete'",
         "run 1: column \"kind\" holds \"incomplete\", which this program does not know"},
        {"UPDATE run SET kind = NULL, state = 'flying', ended_at = 1, running_host_id = NULL",
         "run 1: column \"state\" holds \"flying\", which this program does not know"},
        {"UPDATE run SET state = 'failed', cause = 'gremlins'",
         "run 1: column \"cause\" holds \"gremlins\", which this program does not know"},
    };
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = insert(s, rows_backup(&host, 300), RUN_RUNNING, 0), read, *runs;
    size_t count;

    scratch_ignore_checks(s);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        scratch_run(s, words[i].spoil);
        assert_fails(store_run_load(&s->arena, s->db, run.id, &read, &s->err), &s->err, ERR_DATABASE);
        assert_string_equal(s->err.message, words[i].message);
    }
    assert_fails(store_run_list(&s->arena, s->db, &(struct run_filter){.state = RUN_STATE__MAX}, &runs,
                                &count, &s->err),
                 &s->err, ERR_DATABASE);
}

static void assert_listed(struct scratch *s, struct run_filter filter, const char *ids)
{
    struct run *runs;
    struct list found = {0};
    size_t count;

    assert_ok(store_run_list(&s->arena, s->db, &filter, &runs, &count, &s->err), &s->err);
    for (size_t i = 0; i < count; i++)
        list_add(&s->arena, &found, arena_printf(&s->arena, "%lld", (long long)runs[i].id));
    assert_string_equal(list_join(&s->arena, &found, " "), ids);
}

static void lists_are_filtered_and_newest_first(void **state)
{
    struct scratch *s = *state;
    struct host web = rows_host(s, "web1"), db = rows_host(s, "db1");
    struct run *running;
    size_t count;

    insert(s, rows_backup(&web, 100), RUN_SUCCESS, 110);
    insert(s, rows_backup(&db, 100), RUN_FAILED, 110);
    insert(s, rows_backup(&web, 120), RUN_FAILED, 130);
    insert(s, rows_backup(&web, 140), RUN_RUNNING, 0);
    insert(s, rows_backup(&db, 140), RUN_RUNNING, 0);
    assert_listed(s, (struct run_filter){.state = RUN_STATE__MAX}, "5 4 3 2 1");
    assert_listed(s, (struct run_filter){.state = RUN_STATE__MAX, .limit = 2}, "5 4");
    assert_listed(s, (struct run_filter){.state = RUN_STATE__MAX, .limit = 2, .before = 4}, "3 2");
    assert_listed(s, (struct run_filter){.state = RUN_STATE__MAX, .host = "web1"}, "4 3 1");
    assert_listed(s, (struct run_filter){.state = RUN_FAILED}, "3 2");
    assert_listed(s, (struct run_filter){.state = RUN_FAILED, .host = "db1"}, "2");
    assert_listed(s, (struct run_filter){.state = RUN_FAILED, .host = "db1", .before = 2}, "");
    assert_listed(s, (struct run_filter){.state = RUN_QUEUED}, "");
    assert_ok(store_run_running(&s->arena, s->db, web.id, &running, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_int_equal(running[0].id, 4);
}

static void durations_are_those_of_good_backups(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct run run = rows_backup(&host, 100);
    int64_t *seconds;
    size_t count;

    assert_ok(store_run_durations(&s->arena, s->db, host.id, 7, &seconds, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
    insert(s, run, RUN_SUCCESS, 101);
    insert(s, run, RUN_SUCCESS, 102);
    insert(s, run, RUN_WARNING, 104);
    insert(s, run, RUN_SUCCESS, 99); /* the clock stepped back */
    insert(s, run, RUN_FAILED, 108);
    insert(s, run, RUN_PARTIAL, 116);
    insert(s, rows_backup(&other, 100), RUN_SUCCESS, 132);
    run.job = JOB_DRY_RUN;
    insert(s, run, RUN_SUCCESS, 164);
    run.job = JOB_BACKUP;
    run.cause = CAUSE_SOURCE_EMPTY;
    insert(s, run, RUN_WARNING, 228);
    assert_ok(store_run_durations(&s->arena, s->db, host.id, 7, &seconds, &count, &s->err), &s->err);
    assert_int_equal(count, 3);
    assert_int_equal(seconds[0], 4);
    assert_int_equal(seconds[1], 2);
    assert_int_equal(seconds[2], 1);
    assert_ok(store_run_durations(&s->arena, s->db, host.id, 2, &seconds, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_int_equal(seconds[0], 4);
}

static void paths_keep_their_order(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = insert(s, rows_backup(&host, 300), RUN_PARTIAL, 310);
    struct run_path paths[40], *read;
    size_t count;

    for (size_t i = 0; i < 40; i++)
        paths[i] = (struct run_path){arena_printf(&s->arena, "/z/%zu", 40 - i), "Permission denied"};
    assert_ok(store_run_paths_save(s->db, run.id, paths, 40, &s->err), &s->err);
    assert_ok(store_run_paths_list(&s->arena, s->db, run.id, &read, &count, &s->err), &s->err);
    assert_int_equal(count, 40);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(read[i].path, paths[i].path);
    assert_string_equal(read[39].reason, "Permission denied");
    assert_ok(store_run_paths_list(&s->arena, s->db, 99, &read, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
}

static void paths_are_recorded_all_or_not_at_all(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = insert(s, rows_backup(&host, 300), RUN_PARTIAL, 310);
    struct run_path paths[] = {{"/a", "gone"}, {"/caf\xe9", "gone"}};

    assert_fails(store_run_paths_save(s->db, run.id, paths, 2, &s->err), &s->err, ERR_DATABASE);
    assert_false(db_in_transaction(s->db));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM run_path"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_comes_back, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(progress_is_of_a_running_run, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(each_figure_has_its_own_column, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(one_backup_of_a_host_runs_at_a_time, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_run_ends_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_table_refuses_what_cannot_be, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(unknown_words_are_told_with_row_and_column, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(lists_are_filtered_and_newest_first, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(durations_are_those_of_good_backups, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(paths_keep_their_order, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(paths_are_recorded_all_or_not_at_all, scratch_setup_db,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
