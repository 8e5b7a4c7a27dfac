/* All rows into another database: of SQLite by way of whatever POBSYNC_TEST_DATABASE names, and back to SQLite. */
#include "scratch.h"

#include <string.h>

#include "db/migration.h"

enum { CHANGES = 2500, PATHS = 1000 };

static struct db *open_new(struct scratch *s, const char *url)
{
    struct db *db = NULL;

    assert_ok(db_open(url, &db, &s->err), &s->err);
    assert_ok(db_migrate(db, 1, NULL, &s->err), &s->err);
    return db;
}

static struct db *open_file(struct scratch *s, const char *name)
{
    return open_new(s, arena_printf(&s->arena, "sqlite://%s/%s", s->directory, name));
}

/* Rows of every kind of key, more than a page of some, and ids that have gone. */
static void fill(struct scratch *s, struct db *db)
{
    struct db *own = s->db;

    s->db = db;
    assert_ok(db_begin(db, &s->err), &s->err);
    scratch_run(s, "INSERT INTO node (name, created_at) VALUES ('n', 1)");
    scratch_run(s, "INSERT INTO host (node_id, name, created_at, excludes) VALUES (1, 'web1', 1, ''), "
                   "(1, 'caf\xc3\xa9 \\ ''x''', 2, NULL)");
    scratch_run(s, "INSERT INTO host_key (host_id, type, key_text, fingerprint, pinned_at, pinned_by) "
                   "VALUES (1, 'b', 'k', 'f', 1, 'p'), (1, 'a', 'k', 'f', 1, 'p')");
    scratch_run(s, "INSERT INTO alert_state (subject, told_health, told_at) VALUES ('web1', 'failed', 1), "
                   "('/', 'failed', 2), ('Web1', 'failed', 3)");
    scratch_run(s, "INSERT INTO run (host_id, job, trigger_name, state, actor, requested_at, due_at) "
                   "VALUES (1, 'backup', 'cli', 'queued', 'root', 9223372036854775807, 1)");
    scratch_run(s, "UPDATE global_config SET parallel_runs = 7");
    for (int i = 1; i <= PATHS; i++)
        assert_int_equal(
            db_run(db, &s->err,
                   "INSERT INTO run_path (run_id, position, path, reason) VALUES (1, ?, 'p', 'r')", "i",
                   (int64_t)i),
            1);
    for (int i = 1; i <= CHANGES; i++)
        assert_int_equal(
            db_run(db, &s->err,
                   "INSERT INTO audit (at, actor, origin, action, object) VALUES (?, 'a', 'cli', "
                   "'x', ?)",
                   "it", (int64_t)i, arena_printf(&s->arena, "%d", i)),
            1);
    scratch_run(s, "DELETE FROM audit WHERE id > 2400 OR id = 7");
    assert_ok(db_commit(db, &s->err), &s->err);
    s->db = own;
}

static void rows_come_over_and_back(void **state)
{
    struct scratch *s = *state;
    struct db *from = open_file(s, "from"), *back = open_file(s, "back");
    int64_t rows, rows_back;
    static const int64_t expected = 1 + 2 + 2 + 3 + 1 + 2 + PATHS + 2399;

    s->db = open_new(s, s->url);
    fill(s, from);
    assert_ok(db_transfer(from, s->db, &rows, &s->err), &s->err);
    assert_true(rows == expected);
    assert_ok(db_check(s->db, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT parallel_runs FROM global_config"), 7);
    assert_int_equal(scratch_int(s, "SELECT max(at) FROM audit"), 2400);
    scratch_run(s, "INSERT INTO audit (at, actor, origin, action, object) VALUES (1, 'a', 'cli', 'x', 'y')");
    assert_int_equal(scratch_int(s, "SELECT max(id) FROM audit"), CHANGES + 1);
    assert_fails(db_run(s->db, &s->err,
                        "INSERT INTO run_path (run_id, position, path, reason) VALUES (9, 1, '', '')", ""),
                 &s->err, ERR_EXISTS);
    assert_ok(db_transfer(s->db, back, &rows_back, &s->err), &s->err);
    assert_true(rows_back == expected + 1);
    assert_ok(db_check(back, &s->err), &s->err);
    db_close(&s->db);
    s->db = back;
    assert_int_equal(
        scratch_int(s, "SELECT count(*) FROM host WHERE name = 'caf\xc3\xa9 \\ ''x''' AND excludes IS NULL"),
        1);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM host WHERE excludes = ''"), 1);
    assert_int_equal(scratch_int(s, "SELECT requested_at = 9223372036854775807 FROM run"), 1);
    db_close(&from);
}

static void a_difference_is_found(void **state)
{
    struct scratch *s = *state;
    struct db *from = open_file(s, "from");
    int64_t rows;

    s->db = open_file(s, "to");
    fill(s, from);
    scratch_run(s, "CREATE TRIGGER t AFTER INSERT ON audit WHEN new.id = 1234 BEGIN "
                   "UPDATE audit SET actor = 'b' WHERE id = 1234; END");
    assert_fails(db_transfer(from, s->db, &rows, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "row 1233 of table \"audit\", column \"actor\""));
    db_close(&s->db);
    s->db = open_file(s, "to2");
    scratch_run(
        s, "CREATE TRIGGER t AFTER INSERT ON host_key WHEN new.type = 'a' BEGIN DELETE FROM host_key WHERE "
           "type = 'a'; END");
    assert_fails(db_transfer(from, s->db, &rows, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "\"host_key\""));
    db_close(&from);
}

static void others_are_refused(void **state)
{
    struct scratch *s = *state;
    struct db *from = open_file(s, "from"), *older = NULL;
    int64_t rows;

    s->db = open_new(s, s->url);
    fill(s, from);
    scratch_run(s, "INSERT INTO node (name, created_at) VALUES ('n', 1)");
    assert_fails(db_transfer(from, s->db, &rows, &s->err), &s->err, ERR_REFUSED);
    assert_non_null(strstr(s->err.message, "\"node\""));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM host"), 0);
    assert_ok(db_open(arena_printf(&s->arena, "sqlite://%s/older", s->directory), &older, &s->err), &s->err);
    assert_ok(migration_apply_to(older, 3, 1, &s->err), &s->err);
    assert_fails(db_transfer(from, older, &rows, &s->err), &s->err, ERR_REFUSED);
    assert_non_null(strstr(s->err.message, "of version 3"));
    db_close(&older);
    db_close(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_over_and_back, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_difference_is_found, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(others_are_refused, scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
