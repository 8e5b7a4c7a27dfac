/* Numbered migrations: in order, once, wholly or not at all. */
#include "scratch.h"

#include <string.h>
#include <sys/wait.h>

#include "db/migration.h"

#define FILE_OF(name, text)                                                                                  \
    {                                                                                                        \
        name, text, sizeof text - 1                                                                          \
    }

static const struct embedded two[] = {
    FILE_OF("mariadb/0001_first.sql", "never read"),
    FILE_OF("mariadb/0003_third.sql", "never read"),
    FILE_OF("sqlite/0001_first.sql", "CREATE TABLE a (x INTEGER);\n"),
    FILE_OF("sqlite/0002_second.sql", "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1)"),
};

static const struct embedded broken[] = {
    FILE_OF("sqlite/0001_first.sql", "CREATE TABLE a (x INTEGER);\n"),
    FILE_OF("sqlite/0002_second.sql",
            "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1); INSERT INTO c VALUES (1);"),
};

static int setup(void **state)
{
    struct scratch *scratch;

    scratch_setup(state);
    scratch = *state;
    assert_ok(db_open(scratch->url, &scratch->db, &scratch->err), &scratch->err);
    return 0;
}

static void the_program_has_each_number_once(void **state)
{
    struct scratch *s = *state;
    int found, expected, listed = 0, applied;

    for (size_t i = 0; i < embedded_sql_count; i++)
        listed += strncmp(embedded_sql[i].name, "sqlite/", 7) == 0;
    assert_ok(db_schema_version(s->db, &found, &expected, &s->err), &s->err);
    assert_int_equal(found, 0);
    assert_true(expected > 0);
    assert_int_equal(expected, listed);
    assert_ok(db_migrate(s->db, 1234, &applied, &s->err), &s->err);
    assert_int_equal(applied, expected);
    assert_ok(db_schema_version(s->db, &found, &expected, &s->err), &s->err);
    assert_int_equal(found, expected);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM schema_version WHERE applied_at = 1234"), expected);
    assert_int_equal(
        scratch_int(
            s,
            "SELECT count(*) FROM schema_version WHERE name = 'sqlite/0001_foundation.sql' AND version = 1"),
        1);
    assert_ok(db_migrate(s->db, 5678, &applied, &s->err), &s->err);
    assert_int_equal(applied, 0);
    assert_ok(db_check(s->db, &s->err), &s->err);
}

static void what_is_missing_is_applied_in_order(void **state)
{
    struct scratch *s = *state;
    int applied;

    assert_ok(migration_apply(s->db, two, 3, 1, &applied, &s->err), &s->err);
    assert_int_equal(applied, 1);
    assert_ok(migration_apply(s->db, two, 4, 2, &applied, &s->err), &s->err);
    assert_int_equal(applied, 1);
    assert_int_equal(scratch_int(s, "SELECT x FROM b"), 1);
    assert_int_equal(scratch_int(s, "SELECT applied_at FROM schema_version WHERE version = 2"), 2);
}

static void a_failure_leaves_nothing_of_its_file(void **state)
{
    struct scratch *s = *state;
    int applied;

    assert_fails(migration_apply(s->db, broken, 2, 1, &applied, &s->err), &s->err, ERR_DATABASE);
    assert_int_equal(applied, 1);
    assert_non_null(strstr(s->err.message, "sqlite/0002_second.sql"));
    assert_false(db_in_transaction(s->db));
    assert_int_equal(scratch_int(s, "SELECT max(version) FROM schema_version"), 1);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
    assert_ok(migration_apply(s->db, two, 4, 2, &applied, &s->err), &s->err);
    assert_int_equal(applied, 1);
}

static void a_gap_is_refused(void **state)
{
    struct scratch *s = *state;
    int applied;

    assert_fails(migration_apply(s->db, two + 3, 1, 1, &applied, &s->err), &s->err, ERR_INTERNAL);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM sqlite_schema"), 0);
}

static void a_newer_database_is_left_alone(void **state)
{
    struct scratch *s = *state;
    int applied;

    assert_ok(migration_apply(s->db, two, 4, 1, &applied, &s->err), &s->err);
    scratch_run(s, "INSERT INTO schema_version VALUES (3, 'sqlite/0003_future.sql', 9)");
    assert_fails(migration_apply(s->db, two, 4, 2, &applied, &s->err), &s->err, ERR_SCHEMA);
    assert_string_equal(s->err.message,
                        "the database is of version 3 and this program knows versions up to 2");
    assert_int_equal(applied, 0);
    assert_int_equal(scratch_int(s, "SELECT total_changes()"), 4); /* of this handle: the rows of above */
}

static void quotes_and_comments_hide_semicolons(void **state)
{
    static const struct embedded file[] = {
        FILE_OF("sqlite/0001_quotes.sql",
                "-- a comment; with a ' quote\n"
                ";; /* and; another ' */\n"
                "CREATE TABLE \"odd;name\" (x TEXT, -- not; here\n y/* nor; here */TEXT);\n"
                "INSERT INTO \"odd;name\" VALUES ('it''s; -- one', '/*');\n"
                "-- the end"),
    };
    struct scratch *s = *state;
    int applied;

    assert_ok(migration_apply(s->db, file, 1, 1, &applied, &s->err), &s->err);
    assert_int_equal(
        scratch_int(s, "SELECT count(*) FROM \"odd;name\" WHERE x = 'it''s; -- one' AND y = '/*'"), 1);
}

/* Each child counts what it applied in its exit status; the pipe lets them start at once. */
static void programs_that_start_together_apply_once(void **state)
{
    struct scratch *s = *state;
    pid_t children[4];
    int gate[2], total = 0, expected, found;
    char byte;

    db_close(&s->db);
    assert_int_equal(pipe(gate), 0);
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        int applied;

        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        close(gate[1]);
        (void)!read(gate[0], &byte, 1);
        if (db_open(s->url, &s->db, &s->err) < 0 || db_migrate(s->db, 1, &applied, &s->err) < 0) {
            fprintf(stderr, "%s\n", s->err.message);
            _exit(100);
        }
        db_close(&s->db);
        _exit(applied);
    }
    close(gate[0]);
    close(gate[1]);
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) < 100);
        total += WEXITSTATUS(status);
    }
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
    assert_ok(db_schema_version(s->db, &found, &expected, &s->err), &s->err);
    assert_int_equal(found, expected);
    assert_int_equal(total, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_program_has_each_number_once, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_is_applied_in_order, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_failure_leaves_nothing_of_its_file, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_gap_is_refused, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_newer_database_is_left_alone, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(quotes_and_comments_hide_semicolons, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(programs_that_start_together_apply_once, setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
