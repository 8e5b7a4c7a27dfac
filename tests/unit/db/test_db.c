/* The statement API on a real SQLite file. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>

#include "db/transaction.h"

static int setup(void **state)
{
    struct scratch *scratch;

    scratch_setup(state);
    scratch = *state;
    assert_ok(db_open(scratch->url, &scratch->db, &scratch->err), &scratch->err);
    scratch_run(scratch, "CREATE TABLE schema_version (version INTEGER)"); /* makes it ours */
    scratch_run(scratch,
                "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER, raw BLOB)");
    scratch_run(
        scratch,
        "CREATE TABLE part (thing_id INTEGER NOT NULL REFERENCES thing (id), n INTEGER CHECK (n > 0))");
    return 0;
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void open_refuses_other_urls(void **state)
{
    struct scratch *s = *state;

    assert_fails(db_open("postgres://u:secret@h/x", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_non_null(strstr(s->err.message, "\"postgres\""));
    assert_null(strstr(s->err.message, "secret"));
    assert_string_equal(s->err.hint, "expected sqlite:///PATH or mariadb://USER@HOST/DATABASE");
    assert_fails(db_open("mariadb://u:secret@h/x", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_null(strstr(s->err.message, "secret"));
    assert_fails(db_open("/just/a/path", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_fails(db_open("sqlite3:///x", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_fails(db_open("sql:///x", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_fails(db_open("sqlite://relative.db", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_fails(db_open("sqlite://:memory:", &s->db, &s->err), &s->err, ERR_INVALID);
    assert_null(s->db);
}

static void open_makes_the_file_for_the_group_of_its_directory(void **state)
{
    struct scratch *s = *state;
    char wal[128];
    struct stat st;
    mode_t mask = umask(077);

    if (geteuid() == 0)
        assert_int_equal(chown(s->directory, (uid_t)-1, 4321), 0);
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
    scratch_run(s, "CREATE TABLE x (y INTEGER)");
    umask(mask);
    assert_int_equal(stat(s->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    if (geteuid() == 0)
        assert_int_equal(st.st_gid, 4321);
    snprintf(wal, sizeof wal, "%s-wal", s->path);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    if (geteuid() == 0)
        assert_int_equal(st.st_gid, 4321);
}

static void open_needs_the_directory(void **state)
{
    struct scratch *s = *state;

    assert_int_equal(rmdir(s->directory), 0);
    assert_fails(db_open(s->url, &s->db, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.hint, s->directory));
}

static void open_refuses_what_is_no_database(void **state)
{
    struct scratch *s = *state;
    char text[] =
        "This is a letter to my grandmother, and she would not like to lose it. It goes on and on and on.";
    char found[sizeof text] = "";
    FILE *file;

    write_file(s->path, text);
    assert_fails(db_open(s->url, &s->db, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "is not an SQLite database"));
    assert_null(s->db);
    file = fopen(s->path, "r");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found, file), strlen(text));
    fclose(file);
    assert_string_equal(found, text);
    assert_fails(db_open("sqlite:///tmp", &s->db, &s->err), &s->err, ERR_DATABASE);
}

static void open_refuses_the_database_of_another_program(void **state)
{
    struct scratch *s = *state;
    sqlite3 *other = NULL;
    sqlite3_stmt *mode = NULL;

    assert_int_equal(sqlite3_open(s->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE bookmarks (url)", NULL, NULL, NULL), SQLITE_OK);
    assert_fails(db_open(s->url, &s->db, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "another program"));
    assert_int_equal(sqlite3_prepare_v2(other, "PRAGMA journal_mode", -1, &mode, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(mode), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(mode, 0), "delete");
    sqlite3_finalize(mode);
    sqlite3_close(other);
}

static void handles_are_set_up(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;

    assert_ok(db_prepare(s->db, "PRAGMA journal_mode", &stmt, &s->err), &s->err);
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_string_equal(db_text(stmt, 0), "wal");
    assert_int_equal(scratch_int(s, "PRAGMA synchronous"), 2);
    assert_int_equal(scratch_int(s, "PRAGMA foreign_keys"), 1);
    assert_int_equal(scratch_int(s, "PRAGMA trusted_schema"), 0);
    assert_int_equal(scratch_int(s, "PRAGMA busy_timeout"), 5000);
    assert_fails(db_run(s->db, &s->err, "SELECT \"no such name\"", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "CREATE INDEX i ON thing (\"no such name\")", ""), &s->err,
                 ERR_DATABASE);
    assert_int_equal(db_kind(s->db), DB_SQLITE);
    assert_string_equal(db_kind_name(s->db), "sqlite");
}

static void values_come_back(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;
    const char text[] = "quote ' and \xe2\x82\xac";
    const char bytes[] = {0, (char)0xff, 'a', 0};
    size_t size;

    assert_ok(db_prepare(s->db, "INSERT INTO thing (name, size, raw) VALUES (?, ?, ?)", &stmt, &s->err),
              &s->err);
    db_bind_text(stmt, 1, text);
    db_bind_int(stmt, 2, INT64_MIN);
    db_bind_blob(stmt, 3, bytes, sizeof bytes);
    assert_int_equal(db_step(stmt, &s->err), 0);
    assert_int_equal(db_last_id(s->db), 1);
    db_reset(stmt);
    db_bind_text(stmt, 1, NULL);
    db_bind_null(stmt, 2);
    db_bind_blob(stmt, 3, NULL, 0);
    assert_int_equal(db_step(stmt, &s->err), 0);
    assert_int_equal(db_last_id(s->db), 2);
    db_finish(&stmt);
    assert_null(stmt);

    assert_ok(db_prepare(s->db, "SELECT name, size, raw FROM thing ORDER BY id", &stmt, &s->err), &s->err);
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_string_equal(db_text(stmt, 0), text);
    assert_true(db_int(stmt, 1) == INT64_MIN);
    assert_memory_equal(db_blob(stmt, 2, &size), bytes, sizeof bytes);
    assert_int_equal(size, sizeof bytes);
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_null(db_text(stmt, 0));
    assert_true(db_is_null(stmt, 1));
    assert_int_equal(db_int(stmt, 1), 0);
    assert_false(db_is_null(stmt, 2));
    db_blob(stmt, 2, &size);
    assert_int_equal(size, 0);
    assert_int_equal(db_step(stmt, &s->err), 0);
}

static void run_binds_by_letter_and_counts(void **state)
{
    struct scratch *s = *state;

    assert_int_equal(db_run(s->db, &s->err, "INSERT INTO thing (id, name, size, raw) VALUES (?, ?, ?, ?)",
                            "iton", (int64_t)5, "five", (int64_t)-1),
                     1);
    assert_int_equal(
        scratch_int(s, "SELECT count(*) FROM thing WHERE id = 5 AND size IS NULL AND raw IS NULL"), 1);
    assert_int_equal(db_run(s->db, &s->err, "INSERT INTO thing (name, size) VALUES (?, ?), ('b', 1)", "to",
                            NULL, (int64_t)0),
                     2);
    assert_int_equal(db_run(s->db, &s->err, "UPDATE thing SET size = 0 WHERE size = 0", ""), 1);
    assert_int_equal(db_run(s->db, &s->err, "DELETE FROM thing WHERE id = 99", ""), 0);
}

static void errors_have_codes(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;

    scratch_run(s, "INSERT INTO thing (id, name) VALUES (1, 'a')");
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (name) VALUES ('a')", ""), &s->err, ERR_EXISTS);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (id) VALUES (1)", ""), &s->err, ERR_EXISTS);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO part VALUES (7, 1)", ""), &s->err, ERR_EXISTS);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO part VALUES (1, 0)", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO part VALUES (NULL, 1)", ""), &s->err, ERR_DATABASE);
    assert_fails(db_prepare(s->db, "SELEKT 1", &stmt, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, s->path));
    assert_null(stmt);
    assert_fails(db_prepare(s->db, "SELECT 1; SELECT 2", &stmt, &s->err), &s->err, ERR_DATABASE);
    assert_fails(db_prepare(s->db, " ", &stmt, &s->err), &s->err, ERR_DATABASE);
}

static void text_must_be_utf8(void **state)
{
    struct scratch *s = *state;

    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (size, name) VALUES (1, ?)", "t", "caf\xe9"),
                 &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "parameter 1"));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 0);
}

static void transactions_are_all_or_nothing(void **state)
{
    struct scratch *s = *state;

    db_rollback(s->db);
    assert_ok(db_begin(s->db, &s->err), &s->err);
    assert_true(db_in_transaction(s->db));
    scratch_run(s, "INSERT INTO thing (id) VALUES (1)");
    db_rollback(s->db);
    assert_false(db_in_transaction(s->db));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_begin(s->db, &s->err), &s->err);
    scratch_run(s, "INSERT INTO thing (id) VALUES (1)");
    assert_ok(db_commit(s->db, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 1);
}

static int insert_and(struct scratch *s, int64_t id, bool commit)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, s->db, &s->err) < 0 ||
        db_run(s->db, &s->err, "INSERT INTO thing (id) VALUES (?)", "i", id) < 0)
        return -1;
    return commit ? transaction_commit(&transaction, &s->err) : 0;
}

static void scoped_transactions_end_with_their_scope_and_join(void **state)
{
    struct scratch *s = *state;

    assert_ok(insert_and(s, 1, false), &s->err);
    assert_false(db_in_transaction(s->db));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 0);
    assert_ok(insert_and(s, 1, true), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 1);

    assert_ok(db_begin(s->db, &s->err), &s->err);
    assert_ok(insert_and(s, 2, true), &s->err);
    assert_ok(insert_and(s, 3, false), &s->err);
    assert_true(db_in_transaction(s->db));
    db_rollback(s->db);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 1);
}

static void writers_lock_from_the_beginning(void **state)
{
    struct scratch *s = *state;
    sqlite3 *other = NULL;

    assert_int_equal(sqlite3_open(s->path, &other), SQLITE_OK);
    assert_ok(db_begin(s->db, &s->err), &s->err);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    assert_int_equal(sqlite3_exec(other, "SELECT * FROM thing", NULL, NULL, NULL), SQLITE_OK);
    assert_ok(db_commit(s->db, &s->err), &s->err);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

/* A failed statement that kept its lock would block the other handle. */
static void failed_statements_keep_no_lock(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;
    sqlite3 *other = NULL;

    assert_ok(db_prepare(s->db, "INSERT INTO thing (id) VALUES (1), (1)", &stmt, &s->err), &s->err);
    assert_fails(db_step(stmt, &s->err), &s->err, ERR_EXISTS);
    assert_int_equal(sqlite3_open(s->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "INSERT INTO thing (id) VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

/* Its text is compiled once; nothing of its last use is seen. */
static void finished_statements_come_back_as_new(void **state)
{
    static const char sql[] = "SELECT name, ? FROM thing ORDER BY id";
    struct scratch *s = *state;
    DB_STMT_SCOPED *one = NULL;
    DB_STMT_SCOPED *two = NULL;

    scratch_run(s, "INSERT INTO thing (id, name) VALUES (1, 'a'), (2, 'b')");
    for (int round = 0; round < 40; round++) {
        assert_ok(db_prepare(s->db, sql, &one, &s->err), &s->err);
        assert_ok(db_prepare(s->db, sql, &two, &s->err), &s->err);
        assert_int_equal(db_step(one, &s->err), 1);
        assert_string_equal(db_text(one, 0), "a");
        assert_true(db_is_null(one, 1));
        db_bind_int(two, 1, round);
        assert_int_equal(db_step(two, &s->err), 1);
        assert_int_equal(db_int(two, 1), round);
        db_finish(&one);
        db_finish(&two);
        scratch_int(s, arena_printf(&s->arena, "SELECT %d", round));
    }
    scratch_run(s, "ALTER TABLE thing ADD COLUMN more TEXT DEFAULT 'x'");
    assert_ok(db_prepare(s->db, sql, &one, &s->err), &s->err);
    assert_int_equal(db_step(one, &s->err), 1);
    assert_string_equal(db_text(one, 0), "a");
    db_finish(&one);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (id) VALUES (?)", "i", (int64_t)1), &s->err,
                 ERR_EXISTS);
    assert_int_equal(db_run(s->db, &s->err, "INSERT INTO thing (id) VALUES (?)", "i", (int64_t)3), 1);
    scratch_run(s, "DROP TABLE thing");
}

static void check_finds_damage(void **state)
{
    struct scratch *s = *state;
    char page[4096] = "";
    int fd;

    assert_ok(db_check(s->db, &s->err), &s->err);
    scratch_run(s, "PRAGMA foreign_keys = OFF");
    scratch_run(s, "INSERT INTO part VALUES (77, 1)");
    assert_fails(db_check(s->db, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "\"part\""));
    scratch_run(s, "DELETE FROM part");
    assert_ok(db_check(s->db, &s->err), &s->err);

    db_close(&s->db);
    fd = open(s->path, O_RDWR);
    memset(page, 0x5a, sizeof page);
    assert_int_equal(pwrite(fd, page, sizeof page, 2 * sizeof page), sizeof page);
    close(fd);
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
    assert_fails(db_check(s->db, &s->err), &s->err, ERR_DATABASE);
}

/* Several programs that make the database together; the pipe lets them start at once. */
static void many_can_open_a_new_database_together(void **state)
{
    struct scratch *s = *state;
    pid_t children[6];
    int gate[2];
    char byte;

    assert_int_equal(pipe(gate), 0);
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        close(gate[1]);
        (void)!read(gate[0], &byte, 1);
        if (db_open(s->url, &s->db, &s->err) < 0 ||
            db_run(s->db, &s->err, "CREATE TABLE IF NOT EXISTS schema_version (x INTEGER)", "") < 0) {
            fprintf(stderr, "%s\n", s->err.message);
            _exit(1);
        }
        db_close(&s->db);
        _exit(0);
    }
    close(gate[0]);
    close(gate[1]);
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

/* Whether a process has the file open and sleeps, within 10 seconds. */
static bool sleeps_with(pid_t pid, const char *path)
{
    for (int tries = 0; tries < 1000; tries++) {
        char name[64], found[128], state = '?';
        bool has_file = false;
        FILE *stat;

        for (int fd = 3; fd < 64 && !has_file; fd++) {
            ssize_t size;

            snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)pid, fd);
            size = readlink(name, found, sizeof found);
            has_file = size == (ssize_t)strlen(path) && strncmp(found, path, strlen(path)) == 0;
        }
        snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
        stat = fopen(name, "r");
        if (stat == NULL || fscanf(stat, "%*d %*s %c", &state) != 1)
            return false;
        fclose(stat);
        if (has_file && state == 'S')
            return true;
        usleep(10000);
    }
    return false;
}

/* SQLite itself gives up at once where somebody writes to a database that is not in WAL mode yet. */
static void the_switch_to_wal_waits_for_writers(void **state)
{
    struct scratch *s = *state;
    sqlite3 *other = NULL;
    int status, gate[2];
    pid_t opener;
    char byte;

    assert_int_equal(pipe(gate), 0);
    opener = fork();
    assert_true(opener >= 0);
    if (opener == 0) {
        close(gate[1]);
        (void)!read(gate[0], &byte, 1);
        if (db_open(s->url, &s->db, &s->err) == 0)
            _exit(0);
        fprintf(stderr, "%s\n", s->err.message);
        _exit(1);
    }
    close(gate[0]);
    assert_int_equal(sqlite3_open(s->path, &other), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "CREATE TABLE schema_version (x); BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    close(gate[1]);
    assert_true(sleeps_with(opener, s->path));
    sqlite3_close(other);
    assert_int_equal(waitpid(opener, &status, 0), opener);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(open_refuses_other_urls, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(open_makes_the_file_for_the_group_of_its_directory, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(open_needs_the_directory, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(open_refuses_what_is_no_database, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(open_refuses_the_database_of_another_program, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(many_can_open_a_new_database_together, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(the_switch_to_wal_waits_for_writers, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(handles_are_set_up, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(values_come_back, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(run_binds_by_letter_and_counts, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(errors_have_codes, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(text_must_be_utf8, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(transactions_are_all_or_nothing, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(scoped_transactions_end_with_their_scope_and_join, setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(writers_lock_from_the_beginning, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(failed_statements_keep_no_lock, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(finished_statements_come_back_as_new, setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(check_finds_damage, setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
