/* What the health of hosts is told from: the newest of each host, and good in SQL as good in the model. */
#include "rows.h"

#include <string.h>

#include "store/store_health.h"

static int64_t insert(struct scratch *s, struct run run, enum run_state state)
{
    run.state = state == RUN_QUEUED ? RUN_QUEUED : RUN_RUNNING;
    run.started_at = state == RUN_QUEUED ? 0 : run.started_at;
    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    if (run_has_ended(state)) {
        run.state = state;
        run.ended_at = run.started_at + 10;
        assert_ok(store_run_finish(s->db, &run, &s->err), &s->err);
    }
    return run.id;
}

static const char *ids_of(struct scratch *s, const struct run *runs, size_t count)
{
    struct list ids = {0};

    for (size_t i = 0; i < count; i++)
        list_add(&s->arena, &ids,
                 arena_printf(&s->arena, "%lld:%lld", (long long)runs[i].host_id, (long long)runs[i].id));
    return list_join(&s->arena, &ids, " ");
}

static void the_newest_backups_of_each_host(void **state)
{
    struct scratch *s = *state;
    struct host web = rows_host(s, "web1"), db = rows_host(s, "db1"); /* 1 and 2 */
    struct run test = rows_backup(&web, 140), *runs;
    size_t count;

    test.job = JOB_TEST;
    for (int i = 0; i < 3; i++) {
        insert(s, rows_backup(&web, 100 + i), RUN_SUCCESS); /* 1 3 5 */
        insert(s, rows_backup(&db, 100 + i), RUN_FAILED);   /* 2 4 6 */
    }
    insert(s, test, RUN_FAILED);                   /* 7 */
    insert(s, rows_backup(&web, 150), RUN_QUEUED); /* 8 */
    insert(s, rows_backup(&db, 150), RUN_RUNNING); /* 9 */
    assert_ok(store_health_backups(&s->arena, s->db, 0, 2, &runs, &count, &s->err), &s->err);
    assert_string_equal(ids_of(s, runs, count), "1:5 1:3 2:9 2:6");
    assert_ok(store_health_backups(&s->arena, s->db, web.id, 9, &runs, &count, &s->err), &s->err);
    assert_string_equal(ids_of(s, runs, count), "1:5 1:3 1:1");
    assert_ok(store_health_open_runs(&s->arena, s->db, 0, &runs, &count, &s->err), &s->err);
    assert_string_equal(ids_of(s, runs, count), "1:8 2:9");
    assert_ok(store_health_open_runs(&s->arena, s->db, db.id, &runs, &count, &s->err), &s->err);
    assert_string_equal(ids_of(s, runs, count), "2:9");
}

static void starts_of_backups_since_a_time(void **state)
{
    struct scratch *s = *state;
    struct host web = rows_host(s, "web1"), db = rows_host(s, "db1");
    struct run test = rows_backup(&web, 140);
    struct run_start *starts;
    size_t count;

    test.job = JOB_TEST;
    insert(s, rows_backup(&web, 99), RUN_SUCCESS);
    insert(s, rows_backup(&db, 130), RUN_FAILED);
    insert(s, rows_backup(&web, 100), RUN_WARNING);
    insert(s, rows_backup(&web, 120), RUN_CANCELLED);
    insert(s, test, RUN_FAILED);
    insert(s, rows_backup(&web, 150), RUN_QUEUED);
    insert(s, rows_backup(&web, 160), RUN_RUNNING);
    assert_ok(store_health_starts(&s->arena, s->db, 0, 100, &starts, &count, &s->err), &s->err);
    assert_int_equal(count, 3);
    assert_int_equal(starts[0].host_id, web.id);
    assert_int_equal(starts[0].started_at, 100);
    assert_int_equal(starts[0].state, RUN_WARNING);
    assert_int_equal(starts[1].host_id, db.id);
    assert_int_equal(starts[1].state, RUN_FAILED);
    assert_int_equal(starts[2].state, RUN_RUNNING);
    assert_ok(store_health_starts(&s->arena, s->db, web.id, 1, &starts, &count, &s->err), &s->err);
    assert_int_equal(count, 3);
    assert_int_equal(starts[0].started_at, 99);
    assert_ok(store_health_starts(&s->arena, s->db, db.id, 131, &starts, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
}

/* Every combination of what makes a snapshot good or not, one host each. */
static void good_is_what_the_model_says(void **state)
{
    struct scratch *s = *state;
    int good_ones = 0;

    for (int status = SNAPSHOT_SUCCESS; status < SNAPSHOT__MAX; status++)
        for (int kind = KIND_SCHEDULED; kind < KIND__MAX; kind++)
            for (int bits = 0; bits < 8; bits++) {
                struct host host = rows_host(s, arena_printf(&s->arena, "h%d-%d-%d", status, kind, bits));
                struct snapshot snapshot = rows_incomplete(&host, "20261122-021500Z__00000001"), *found;
                size_t count;

                snapshot.status = (enum snapshot_status)status;
                snapshot.kind = (enum snapshot_kind)kind;
                snapshot.held_reason = (bits & 1) != 0 ? "it is empty" : NULL;
                snapshot.confirmed = (bits & 2) != 0;
                snapshot.missing_since = (bits & 4) != 0 ? 5 : 0;
                assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
                assert_ok(store_health_last_good(&s->arena, s->db, host.id, &found, &count, &s->err),
                          &s->err);
                assert_int_equal(count, snapshot_is_good(&snapshot));
                good_ones += snapshot_is_good(&snapshot);
                assert_ok(store_health_held(&s->arena, s->db, host.id, &found, &count, &s->err), &s->err);
                assert_int_equal(count, snapshot.held_reason != NULL && status != SNAPSHOT_DELETING &&
                                            status != SNAPSHOT_DELETED);
            }
    assert_int_equal(good_ones, 4);
}

static void the_newest_good_one_is_found_behind_others(void **state)
{
    static const char *const names[] = {"20261120-021500Z__00000001", "20261121-021500Z__00000001",
                                        "20261122-021500Z__00000001"};
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct snapshot *found;
    size_t count;

    (void)other;
    for (size_t i = 0; i < 3; i++) {
        struct snapshot snapshot = rows_incomplete(&host, names[i]);

        snapshot.kind = KIND_SCHEDULED;
        snapshot.status = i == 2 ? SNAPSHOT_PARTIAL : SNAPSHOT_SUCCESS;
        snapshot.confirmed = true;
        assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    }
    assert_ok(store_health_last_good(&s->arena, s->db, 0, &found, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].name, names[1]);
}

static void everything_is_counted(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = rows_incomplete(&host, "20261122-021500Z__00000001");
    struct store_counts counts;

    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    snapshot.name = "20261121-021500Z__00000001";
    snapshot.kind = KIND_SCHEDULED;
    snapshot.status = SNAPSHOT_SUCCESS;
    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    insert(s, rows_backup(&host, 100), RUN_SUCCESS);
    insert(s, rows_backup(&host, 110), RUN_QUEUED);
    insert(s, rows_backup(&host, 110), RUN_RUNNING);
    assert_ok(store_health_counts(s->db, &counts, &s->err), &s->err);
    assert_int_equal(counts.hosts, 1);
    assert_int_equal(counts.snapshots, 1);
    assert_int_equal(counts.runs, 3);
    assert_int_equal(counts.queued, 1);
    assert_int_equal(counts.running, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_backups_of_each_host, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(starts_of_backups_since_a_time, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(good_is_what_the_model_says, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_newest_good_one_is_found_behind_others, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(everything_is_counted, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
