/* The backup root: one active one a node, known by its uuid. */
#include "db/scratch.h"

#include "store/store_installation.h"
#include "store/store_root.h"

static void there_is_none_at_first(void **state)
{
    struct scratch *s = *state;
    struct root root;

    assert_fails(store_root_load(&s->arena, s->db, 1, &root, &s->err), &s->err, ERR_NOT_FOUND);
    assert_string_equal(s->err.message, "no backup root is configured");
    assert_string_equal(s->err.hint, "pobsync configure-global --backup-root PATH");
}

static void the_last_one_saved_is_active(void **state)
{
    struct scratch *s = *state;
    struct root first = {0, 0, "/backups", "uuid-a", "inst", true, 100, NULL, 0, 0, 0},
                second = {0, 0, "/new", "uuid-b", "inst", false, 200, NULL, 0, 0, 0};
    struct root read;
    int64_t id;

    assert_ok(store_node_load(s->db, 1, &first.node_id, &s->err), &s->err);
    second.node_id = first.node_id;
    assert_ok(store_root_save(s->db, &first, &first.id, &s->err), &s->err);
    assert_ok(store_root_load(&s->arena, s->db, first.node_id, &read, &s->err), &s->err);
    assert_int_equal(read.id, first.id);
    assert_int_equal(read.node_id, first.node_id);
    assert_string_equal(read.path, "/backups");
    assert_string_equal(read.uuid, "uuid-a");
    assert_string_equal(read.installation, "inst");
    assert_true(read.was_mount);
    assert_int_equal(read.created_at, 100);

    assert_ok(store_root_save(s->db, &second, &second.id, &s->err), &s->err);
    assert_ok(store_root_load(&s->arena, s->db, first.node_id, &read, &s->err), &s->err);
    assert_int_equal(read.id, second.id);
    assert_false(read.was_mount);

    first.path = "/moved";
    first.was_mount = false;
    assert_ok(store_root_save(s->db, &first, &id, &s->err), &s->err);
    assert_int_equal(id, first.id);
    assert_ok(store_root_load(&s->arena, s->db, first.node_id, &read, &s->err), &s->err);
    assert_int_equal(read.id, first.id);
    assert_string_equal(read.path, "/moved");
    assert_false(read.was_mount);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM root"), 2);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM root WHERE active = 1"), 1);
}

static void a_failure_leaves_the_active_one(void **state)
{
    struct scratch *s = *state;
    struct root root = {0, 0, "/backups", "uuid-a", "inst", true, 100, NULL, 0, 0, 0},
                bad = {0, 0, NULL, "uuid-b", "inst", true, 200, NULL, 0, 0, 0};
    struct root read;
    int64_t id;

    assert_ok(store_node_load(s->db, 1, &root.node_id, &s->err), &s->err);
    bad.node_id = root.node_id;
    assert_ok(store_root_save(s->db, &root, &id, &s->err), &s->err);
    assert_fails(store_root_save(s->db, &bad, &id, &s->err), &s->err, ERR_DATABASE);
    assert_ok(store_root_load(&s->arena, s->db, root.node_id, &read, &s->err), &s->err);
    assert_string_equal(read.path, "/backups");
    assert_fails(db_run(s->db, &s->err,
                        "INSERT INTO root (node_id, path, uuid, installation, was_mount, created_at, active) "
                        "SELECT node_id, '/other', 'uuid-c', 'inst', 0, 1, 1 FROM root",
                        ""),
                 &s->err, ERR_EXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_is_none_at_first, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_last_one_saved_is_active, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_failure_leaves_the_active_one, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
