/* Purge records. */
#include "rows.h"

#include "store/store_purge.h"

static void add(struct scratch *s, const struct host *host, const struct snapshot *snapshot, int64_t run)
{
    const struct purge purge = {
        .at = 500,
        .actor = "anna",
        .origin = "web",
        .host_id = host->id,
        .host = host->name,
        .snapshot_id = snapshot->id,
        .snapshot = snapshot->name,
        .kind = KIND_SCHEDULED,
        .status = "success",
        .snapshot_started_at = 200,
        .files = 3,
        .bytes = 4096,
        .new_bytes = -1,
        .reason = "outside the policy",
        .plan = "abc",
        .run_id = run,
    };

    assert_ok(store_purge_add(s->db, &purge, &s->err), &s->err);
}

static void a_record_comes_back_and_is_completed(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct snapshot snapshot = rows_incomplete(&host, "20261101-000000Z__00000001");
    struct run run = rows_backup(&host, 300);
    struct purge *purges;
    size_t count;

    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    add(s, &host, &snapshot, run.id);
    assert_ok(store_purge_list(&s->arena, s->db, other.id, 0, 10, &purges, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
    assert_ok(store_purge_list(&s->arena, s->db, host.id, 0, 10, &purges, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_string_equal(purges[0].actor, "anna");
    assert_string_equal(purges[0].origin, "web");
    assert_string_equal(purges[0].host, "web1");
    assert_string_equal(purges[0].snapshot, snapshot.name);
    assert_string_equal(purges[0].status, "success");
    assert_string_equal(purges[0].reason, "outside the policy");
    assert_string_equal(purges[0].plan, "abc");
    assert_int_equal(purges[0].kind, KIND_SCHEDULED);
    assert_int_equal(purges[0].bytes, 4096);
    assert_int_equal(purges[0].new_bytes, -1);
    assert_int_equal(purges[0].run_id, run.id);
    assert_int_equal(purges[0].removed_at, 0);
    assert_int_equal(purges[0].freed_bytes, -1);

    assert_ok(store_purge_set_removed(s->db, snapshot.id, 600, 7, 8192, &s->err), &s->err);
    /* Only once. */
    assert_ok(store_purge_set_removed(s->db, snapshot.id, 700, 9, 1, &s->err), &s->err);
    assert_ok(store_purge_list(&s->arena, s->db, 0, 0, 10, &purges, &count, &s->err), &s->err);
    assert_int_equal(purges[0].removed_at, 600);
    assert_int_equal(purges[0].removed_entries, 7);
    assert_int_equal(purges[0].freed_bytes, 8192);
    assert_ok(store_run_load(&s->arena, s->db, run.id, &run, &s->err), &s->err);
    assert_int_equal(run.stats.freed_bytes, 8192);
}

static void what_is_not_noted_yet_is_found(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot first = rows_incomplete(&host, "20261101-000000Z__00000001");
    struct snapshot second = rows_incomplete(&host, "20261102-000000Z__00000001");
    struct purge *purges;
    size_t count;

    assert_ok(store_snapshot_insert(s->db, &first, &first.id, &s->err), &s->err);
    assert_ok(store_snapshot_insert(s->db, &second, &second.id, &s->err), &s->err);
    add(s, &host, &first, 0);
    add(s, &host, &second, 0);
    assert_ok(store_purge_unnoted(&s->arena, s->db, host.id, &purges, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_string_equal(purges[0].snapshot, first.name);
    assert_ok(store_purge_set_noted(s->db, host.id, purges[0].id, &s->err), &s->err);
    assert_ok(store_purge_unnoted(&s->arena, s->db, host.id, &purges, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_string_equal(purges[0].snapshot, second.name);
}

static void it_outlives_its_host(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = rows_incomplete(&host, "20261101-000000Z__00000001");
    struct purge *purges;
    size_t count;

    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    add(s, &host, &snapshot, 0);
    assert_ok(store_host_delete(s->db, &host, &s->err), &s->err);
    assert_ok(store_purge_list(&s->arena, s->db, 0, 0, 10, &purges, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_int_equal(purges[0].host_id, 0);
    assert_int_equal(purges[0].snapshot_id, 0);
    assert_string_equal(purges[0].host, "web1");
}

static void pins_are_set_and_taken_back(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = rows_incomplete(&host, "20261101-000000Z__00000001");

    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    assert_ok(store_snapshot_set_pin(s->db, snapshot.id, "audit", &s->err), &s->err);
    assert_ok(store_snapshot_load(&s->arena, s->db, host.id, snapshot.name, &snapshot, &s->err), &s->err);
    assert_true(snapshot.pinned);
    assert_string_equal(snapshot.pin_reason, "audit");
    assert_ok(store_snapshot_set_pin(s->db, snapshot.id, NULL, &s->err), &s->err);
    assert_ok(store_snapshot_load(&s->arena, s->db, host.id, snapshot.name, &snapshot, &s->err), &s->err);
    assert_false(snapshot.pinned);
    assert_null(snapshot.pin_reason);
    assert_ok(store_snapshot_set_status(s->db, snapshot.id, SNAPSHOT_DELETING, &s->err), &s->err);
    assert_fails(store_snapshot_set_pin(s->db, snapshot.id, "audit", &s->err), &s->err, ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_comes_back_and_is_completed, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_noted_yet_is_found, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(it_outlives_its_host, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(pins_are_set_and_taken_back, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
