/* Figures of space, and samples of room. */
#include "rows.h"

#include "store/store_root.h"
#include "store/store_space.h"

static int64_t add_snapshot(struct scratch *s, const struct host *host, const char *name)
{
    struct snapshot snapshot = rows_incomplete(host, name);

    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    snapshot.kind = KIND_SCHEDULED;
    snapshot.status = SNAPSHOT_SUCCESS;
    snapshot.ended_at = 250;
    snapshot.new_bytes = 7;
    snapshot.confirmed = true;
    assert_ok(store_snapshot_publish(s->db, &snapshot, &s->err), &s->err);
    return snapshot.id;
}

static struct host_space load(struct scratch *s, int64_t host_id, int64_t since)
{
    struct host_space space;

    assert_ok(store_space_load(&s->arena, s->db, host_id, since, &space, &s->err), &s->err);
    return space;
}

static void figures_replace_the_earlier_ones(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct snapshot_space rows[2] = {
        {.bytes = 10, .new_bytes = 10, .exclusive_bytes = 2, .directory_bytes = 1},
        {.bytes = 12, .new_bytes = 5, .exclusive_bytes = 3, .directory_bytes = 1}};
    struct host_space space = {.host_id = host.id, .measured_at = 500, .bytes = 15, .unread = 4}, *all;
    struct snapshot_space *read;
    size_t count;

    rows[0].snapshot_id = add_snapshot(s, &host, "20261122-210001Z__00000001");
    rows[1].snapshot_id = add_snapshot(s, &host, "20261122-210002Z__00000002");
    assert_int_equal(load(s, host.id, 0).measured_at, 0);
    assert_int_equal(load(s, host.id, 0).bytes, -1);
    assert_int_equal(load(s, host.id, 0).sum, -1);
    assert_ok(store_space_save(s->db, &space, rows, 2, &s->err), &s->err);
    assert_ok(store_space_save(s->db, &space, rows, 2, &s->err), &s->err);
    space = load(s, host.id, 0);
    assert_int_equal(space.measured_at, 500);
    assert_int_equal(space.bytes, 15);
    assert_int_equal(space.unread, 4);
    assert_int_equal(space.sum, 22);
    assert_int_equal(space.snapshots, 2);
    assert_int_equal(space.measured, 2);
    assert_int_equal(space.recent, 14);
    assert_int_equal(load(s, host.id, 201).recent, 0);
    assert_ok(store_space_snapshots(&s->arena, s->db, host.id, &read, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    /* One that came since is there and not measured. */
    add_snapshot(s, &host, "20261122-210003Z__00000003");
    assert_int_equal(load(s, host.id, 0).snapshots, 3);
    assert_int_equal(load(s, host.id, 0).measured, 2);
    assert_ok(store_space_list(&s->arena, s->db, 0, &all, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_string_equal(all[1].host, other.name);
    assert_int_equal(all[1].snapshots, 0);
}

/* A row that went meanwhile has nothing to belong to; the rest is kept. */
static void a_snapshot_without_a_row_is_left_out(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    const struct snapshot_space row = {.snapshot_id = 4711, .bytes = 1};
    const struct host_space space = {.host_id = host.id, .measured_at = 500, .bytes = 15};

    assert_ok(store_space_save(s->db, &space, &row, 1, &s->err), &s->err);
    assert_int_equal(load(s, host.id, 0).measured, 0);
    assert_int_equal(load(s, host.id, 0).bytes, 15);
}

static void samples_are_kept_in_order_and_forgotten(void **state)
{
    struct scratch *s = *state;
    struct root root = {.path = "/backups", .uuid = "u", .installation = "i", .created_at = 1};
    struct room_sample sample = {.bytes_free = 5, .bytes_total = 9, .inodes_free = -1, .inodes_total = -1},
                       *rows;
    size_t count;

    assert_ok(store_node_load(s->db, 1, &root.node_id, &s->err), &s->err);
    assert_ok(store_root_save(s->db, &root, &root.id, &s->err), &s->err);
    assert_int_equal(store_room_newest(s->db, root.id, &s->err), 0);
    for (sample.taken_at = 300; sample.taken_at >= 100; sample.taken_at -= 100) {
        assert_ok(store_room_add(s->db, root.id, &sample, &s->err), &s->err);
        assert_ok(store_room_add(s->db, root.id, &sample, &s->err), &s->err);
    }
    assert_int_equal(store_room_newest(s->db, root.id, &s->err), 300);
    assert_ok(store_room_list(&s->arena, s->db, root.id, 150, &rows, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].taken_at, 200);
    assert_int_equal(rows[0].bytes_free, 5);
    assert_int_equal(rows[0].inodes_free, -1);
    assert_ok(store_room_expire(s->db, 300, &s->err), &s->err);
    assert_ok(store_room_list(&s->arena, s->db, root.id, 0, &rows, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_replace_the_earlier_ones, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_snapshot_without_a_row_is_left_out, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(samples_are_kept_in_order_and_forgotten, scratch_setup_db,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
