/* Copies of an SQLite file, and putting one in its place. */
#include "scratch.h"

#include <string.h>

static const char *beside(struct scratch *s, const char *name)
{
    return arena_printf(&s->arena, "%s/%s", s->directory, name);
}

static void a_copy_holds_what_was_committed(void **state)
{
    struct scratch *s = *state;
    const char *path = beside(s, "copy");
    DB_SCOPED *copy = NULL;
    int found, expected;

    scratch_run(s, "INSERT INTO node (name, created_at) VALUES ('n', 1)");
    assert_ok(db_copy(s->db, path, &s->err), &s->err);
    scratch_run(s, "INSERT INTO node (name, created_at) VALUES ('later', 2)");
    assert_ok(db_open_copy(s->url, path, &copy, &s->err), &s->err);
    assert_ok(db_check(copy, &s->err), &s->err);
    assert_ok(db_schema_version(copy, &found, &expected, &s->err), &s->err);
    assert_int_equal(found, expected);
    assert_int_equal(db_run(copy, &s->err, "INSERT INTO node (name, created_at) VALUES ('x', 1)", ""), -1);
    db_close(&s->db);
    s->db = copy;
    copy = NULL;
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM node"), 1);
}

static void a_copy_replaces_nothing(void **state)
{
    struct scratch *s = *state;
    const char *path = beside(s, "copy");
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs("somebody's", file);
    fclose(file);
    assert_fails(db_copy(s->db, path, &s->err), &s->err, ERR_DATABASE);
    assert_fails(db_copy(s->db, beside(s, "no/where"), &s->err), &s->err, ERR_DATABASE);
}

static void only_copies_of_ours_are_opened(void **state)
{
    struct scratch *s = *state;
    struct db *copy;

    assert_fails(db_open_copy(s->url, "/etc/passwd", &copy, &s->err), &s->err, ERR_DATABASE);
    assert_null(copy);
    assert_fails(db_open_copy(s->url, beside(s, "none"), &copy, &s->err), &s->err, ERR_DATABASE);
    assert_int_not_equal(access(beside(s, "none"), F_OK), 0);
}

static void replacing_keeps_what_was_there(void **state)
{
    struct scratch *s = *state;
    const char *path = beside(s, "copy");
    struct db *kept;

    assert_ok(db_copy(s->db, path, &s->err), &s->err);
    scratch_run(s, "INSERT INTO node (name, created_at) VALUES ('later', 2)");
    assert_ok(db_replace(s->url, &s->db, path, beside(s, "kept"), &s->err), &s->err);
    assert_null(s->db);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(beside(s, "pobsync.db-wal"), F_OK), 0);
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM node"), 0);
    assert_ok(db_open_copy(s->url, beside(s, "kept"), &kept, &s->err), &s->err);
    db_close(&s->db);
    s->db = kept;
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM node"), 1);
}

static void replacing_waits_for_nobody_else(void **state)
{
    struct scratch *s = *state;
    const char *path = beside(s, "copy");
    struct db *own;
    DB_SCOPED *other = NULL;
    DB_STMT_SCOPED *stmt = NULL;

    assert_ok(db_copy(s->db, path, &s->err), &s->err);
    assert_ok(db_open(s->url, &other, &s->err), &s->err);
    own = s->db;
    assert_fails(db_replace(s->url, &own, path, beside(s, "kept"), &s->err), &s->err, ERR_BUSY);
    assert_ptr_equal(own, s->db);
    assert_int_not_equal(access(beside(s, "kept"), F_OK), 0);
    assert_ok(db_prepare(other, "SELECT count(*) FROM node", &stmt, &s->err), &s->err);
    assert_int_equal(db_step(stmt, &s->err), 1);
}

static void the_log_of_a_damaged_database_is_set_aside(void **state)
{
    struct scratch *s = *state;
    const char *path = beside(s, "copy");
    struct db *none = NULL;
    FILE *file;

    assert_ok(db_copy(s->db, path, &s->err), &s->err);
    db_close(&s->db);
    file = fopen(beside(s, "pobsync.db-wal"), "we");
    assert_non_null(file);
    fputs("log", file);
    fclose(file);
    assert_ok(db_replace(s->url, &none, path, beside(s, "kept"), &s->err), &s->err);
    assert_int_equal(access(beside(s, "kept-wal"), F_OK), 0);
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
    assert_ok(db_check(s->db, &s->err), &s->err);
}

static void a_file_is_told_from_a_server(void **state)
{
    (void)state;
    assert_string_equal(db_file("sqlite:///a/b"), "/a/b");
    assert_null(db_file("mariadb://u@h/d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_holds_what_was_committed, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_copy_replaces_nothing, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(only_copies_of_ours_are_opened, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(replacing_keeps_what_was_there, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(replacing_waits_for_nobody_else, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_log_of_a_damaged_database_is_set_aside, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test(a_file_is_told_from_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
