/* The statement API on a real MariaDB server: what holds of SQLite holds here. Without a server all is skipped. */
#include "scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "base/buf.h"

static int setup(void **state)
{
    struct scratch *s;

    scratch_setup(state);
    s = *state;
    if (s->server == NULL)
        return 0;
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
    scratch_run(s, "CREATE TABLE schema_version (version BIGINT)"); /* makes it ours */
    scratch_run(
        s, "CREATE TABLE thing (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) UNIQUE, "
           "size BIGINT, raw LONGBLOB, note LONGTEXT) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin");
    scratch_run(s, "CREATE TABLE part (thing_id BIGINT NOT NULL, n BIGINT CHECK (n > 0), "
                   "FOREIGN KEY (thing_id) REFERENCES thing (id))");
    return 0;
}

#define only_with_server(scratch)                                                                            \
    do {                                                                                                     \
        if ((scratch)->server == NULL)                                                                       \
            skip();                                                                                          \
    } while (0)

static void values_come_back(void **state)
{
    static char novel[300000];
    const char bytes[] = {0, (char)0xff, 'a', 0};
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;
    size_t size;

    only_with_server(s);
    memset(novel, 'x', sizeof novel - 1);
    assert_ok(
        db_prepare(s->db, "INSERT INTO thing (name, size, raw, note) VALUES (?, ?, ?, ?)", &stmt, &s->err),
        &s->err);
    db_bind_text(stmt, 1, "quote ' \\ and \xe2\x82\xac \xf0\x9f\x92\xbe");
    db_bind_int(stmt, 2, INT64_MIN);
    db_bind_blob(stmt, 3, bytes, sizeof bytes);
    db_bind_text(stmt, 4, novel);
    assert_int_equal(db_step(stmt, &s->err), 0);
    assert_int_equal(db_last_id(s->db), 1);
    db_reset(stmt);
    db_bind_text(stmt, 1, NULL);
    db_bind_null(stmt, 2);
    db_bind_blob(stmt, 3, NULL, 0);
    db_bind_text(stmt, 4, "");
    assert_int_equal(db_step(stmt, &s->err), 0);
    assert_int_equal(db_last_id(s->db), 2);
    db_finish(&stmt);

    assert_ok(db_prepare(s->db, "SELECT name, size, raw, note FROM thing ORDER BY id", &stmt, &s->err),
              &s->err);
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_string_equal(db_text(stmt, 0), "quote ' \\ and \xe2\x82\xac \xf0\x9f\x92\xbe");
    assert_true(db_int(stmt, 1) == INT64_MIN);
    assert_string_equal(db_text(stmt, 1), "-9223372036854775808");
    assert_memory_equal(db_blob(stmt, 2, &size), bytes, sizeof bytes);
    assert_int_equal(size, sizeof bytes);
    assert_string_equal(db_text(stmt, 3), novel);
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_null(db_text(stmt, 0));
    assert_true(db_is_null(stmt, 1));
    assert_int_equal(db_int(stmt, 1), 0);
    assert_false(db_is_null(stmt, 2));
    db_blob(stmt, 2, &size);
    assert_int_equal(size, 0);
    assert_string_equal(db_text(stmt, 3), "");
    assert_int_equal(db_step(stmt, &s->err), 0);
}

static void rows_found_are_counted(void **state)
{
    struct scratch *s = *state;

    only_with_server(s);
    assert_int_equal(db_run(s->db, &s->err,
                            "INSERT INTO thing (id, name, size) VALUES (?, ?, ?), (6, 'six', 7)", "ito",
                            (int64_t)5, "five", (int64_t)-1),
                     2);
    assert_int_equal(db_run(s->db, &s->err, "UPDATE thing SET size = 7 WHERE size = 7", ""), 1);
    assert_int_equal(db_run(s->db, &s->err, "UPDATE thing SET size = 7 WHERE size = 8", ""), 0);
    assert_int_equal(db_run(s->db, &s->err, "DELETE FROM thing WHERE id = 99", ""), 0);
    assert_int_equal(db_total_changes(s->db), 3);
    assert_int_equal(scratch_int(s, "SELECT sum(size) FROM thing"), 7);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing WHERE size IS NULL"), 1);
}

/* One text means the same as in SQLite. */
static void the_session_speaks_our_dialect(void **state)
{
    struct scratch *s = *state;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (name) VALUES ('trail'), ('trail '), ('Trail')");
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing WHERE name = 'trail'"), 1);
    assert_int_equal(scratch_int(s, "SELECT 'a' || 'b' = 'ab'"), 1);
    assert_int_equal(scratch_int(s, "SELECT length('\\')"), 1);
    assert_int_equal(scratch_int(s, "SELECT \"size\" IS NULL FROM thing LIMIT 1"), 1);
    assert_fails(db_run(s->db, &s->err, "SELECT \"no such name\"", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (size) VALUES ('many')", ""), &s->err,
                 ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (size, name) VALUES (1, ?)", "t", "caf\xe9"),
                 &s->err, ERR_DATABASE);
}

static void errors_have_codes(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (id, name) VALUES (1, 'a')");
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (name) VALUES ('a')", ""), &s->err, ERR_EXISTS);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (id) VALUES (1)", ""), &s->err, ERR_EXISTS);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO part VALUES (7, 1)", ""), &s->err, ERR_EXISTS);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO part VALUES (1, 0)", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "INSERT INTO part VALUES (NULL, 1)", ""), &s->err, ERR_DATABASE);
    assert_fails(db_prepare(s->db, "SELEKT 1", &stmt, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, s->name));
    assert_null(stmt);
    assert_fails(db_prepare(s->db, "SELECT 1; SELECT 2", &stmt, &s->err), &s->err, ERR_DATABASE);
    assert_fails(db_prepare(s->db, " ", &stmt, &s->err), &s->err, ERR_DATABASE);
    assert_false(db_in_transaction(s->db));
}

static void transactions_are_all_or_nothing(void **state)
{
    struct scratch *s = *state;

    only_with_server(s);
    db_rollback(s->db);
    assert_ok(db_begin(s->db, &s->err), &s->err);
    assert_true(db_in_transaction(s->db));
    scratch_run(s, "INSERT INTO thing (id) VALUES (1)");
    db_rollback(s->db);
    assert_false(db_in_transaction(s->db));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_begin(s->db, &s->err), &s->err);
    scratch_run(s, "INSERT INTO thing (id) VALUES (1)");
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (id) VALUES (1)", ""), &s->err, ERR_EXISTS);
    scratch_run(s, "INSERT INTO thing (id) VALUES (2)");
    assert_ok(db_commit(s->db, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 2);
}

static void rows_of_several_statements_are_read_in_turn(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *one = NULL;
    DB_STMT_SCOPED *two = NULL;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (id, name) VALUES (1, 'a'), (2, 'b')");
    for (int round = 0; round < 40; round++) {
        assert_ok(db_prepare(s->db, "SELECT name, ? FROM thing ORDER BY id", &one, &s->err), &s->err);
        assert_ok(db_prepare(s->db, "SELECT name, ? FROM thing ORDER BY id", &two, &s->err), &s->err);
        assert_int_equal(db_step(one, &s->err), 1);
        assert_string_equal(db_text(one, 0), "a");
        assert_true(db_is_null(one, 1));
        db_bind_int(two, 1, round);
        assert_int_equal(db_step(two, &s->err), 1);
        assert_int_equal(db_int(two, 1), round);
        scratch_run(s, "UPDATE thing SET size = 1");
        assert_int_equal(db_step(one, &s->err), 1);
        assert_string_equal(db_text(one, 0), "b");
        db_finish(&one);
        db_finish(&two);
        scratch_int(s, arena_printf(&s->arena, "SELECT %d", round));
    }
}

enum { ADDERS = 4, ADDITIONS = 25 };

/* Reads, then writes what it has read and one more. */
static void *add(void *url)
{
    struct err err;
    struct db *db = NULL;
    bool good = db_open(url, &db, &err) == 0;

    for (int i = 0; i < ADDITIONS && good; i++) {
        DB_STMT_SCOPED *stmt = NULL;

        good = db_begin(db, &err) == 0 &&
               db_prepare(db, "SELECT size FROM thing WHERE id = 1", &stmt, &err) == 0 &&
               db_step(stmt, &err) == 1 &&
               db_run(db, &err, "UPDATE thing SET size = ? WHERE id = 1", "i", db_int(stmt, 0) + 1) == 1 &&
               db_commit(db, &err) == 0;
    }
    db_close(&db);
    return good ? NULL : url;
}

static void writers_take_turns(void **state)
{
    struct scratch *s = *state;
    pthread_t threads[ADDERS];
    void *failed;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (id, size) VALUES (1, 0)");
    for (int i = 0; i < ADDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add, s->url), 0);
    for (int i = 0; i < ADDERS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(scratch_int(s, "SELECT size FROM thing"), ADDERS * ADDITIONS);
}

/* The connections to our database are cut, and the server has noticed it. */
static void cut(struct scratch *s)
{
    struct db *own = s->db;
    const char *ours =
        arena_printf(&s->arena, "FROM information_schema.processlist WHERE db = '%s'", s->name);
    int64_t id;

    s->db = s->server;
    id = scratch_int(s, arena_printf(&s->arena, "SELECT id %s", ours));
    scratch_run(s, arena_printf(&s->arena, "KILL %lld", (long long)id));
    for (int tries = 0;
         tries < 1000 &&
         scratch_int(s, arena_printf(&s->arena, "SELECT count(*) %s AND id = %lld", ours, (long long)id)) > 0;
         tries++)
        usleep(5000);
    s->db = own;
}

static void a_lost_connection_comes_back(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (id, name) VALUES (1, 'a'), (2, 'b')");
    assert_ok(db_prepare(s->db, "SELECT name FROM thing ORDER BY id", &stmt, &s->err), &s->err);
    assert_int_equal(db_step(stmt, &s->err), 1);
    cut(s);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 2);
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_string_equal(db_text(stmt, 0), "b");
    cut(s);
    scratch_run(s, "INSERT INTO thing (id) VALUES (3)");
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 3);
}

/* Whoever has begun it notices nothing: the same ids, the same rows. */
static void a_transaction_is_repeated(void **state)
{
    struct scratch *s = *state;
    int64_t first;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (name, size) VALUES ('before', 1)");
    assert_ok(db_begin(s->db, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT size FROM thing WHERE name = 'before'"), 1);
    scratch_run(s, "INSERT INTO thing (name) VALUES ('one')");
    first = db_last_id(s->db);
    cut(s);
    assert_int_equal(db_run(s->db, &s->err, "UPDATE thing SET size = 5 WHERE id = ?", "i", first), 1);
    cut(s);
    scratch_run(s, "INSERT INTO thing (name) VALUES ('two')");
    cut(s);
    assert_ok(db_commit(s->db, &s->err), &s->err);
    assert_false(db_in_transaction(s->db));
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 3);
    assert_int_equal(scratch_int(s, "SELECT id FROM thing WHERE name = 'one' AND size = 5"), first);
}

static void a_transaction_that_would_read_something_else_is_not(void **state)
{
    struct scratch *s = *state;
    struct db *own = s->db;
    DB_SCOPED *other = NULL;

    only_with_server(s);
    scratch_run(s, "INSERT INTO thing (name, size) VALUES ('before', 1)");
    assert_ok(db_begin(s->db, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT size FROM thing"), 1);
    scratch_run(s, "UPDATE thing SET size = 2");
    cut(s);
    assert_ok(db_open(s->url, &other, &s->err), &s->err);
    s->db = other;
    scratch_run(s, "UPDATE thing SET size = 10");
    s->db = own;
    assert_fails(db_run(s->db, &s->err, "INSERT INTO thing (name) VALUES ('one')", ""), &s->err,
                 ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "cannot be repeated"));
    db_rollback(s->db);
    assert_int_equal(scratch_int(s, "SELECT sum(size) FROM thing"), 10);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM thing"), 1);
}

static void what_cannot_be_opened_says_why(void **state)
{
    struct scratch *s = *state;
    struct db *db = NULL;
    const char *base;

    only_with_server(s);
    assert_fails(db_open("mariadb://root@localhost/x?socket=/nowhere/at/all", &db, &s->err), &s->err,
                 ERR_DATABASE);
    assert_non_null(strstr(s->err.hint, "running"));
    base = strchr(s->url, '?');
    assert_fails(db_open(arena_printf(&s->arena, "mariadb://root@localhost/no_such%s", base), &db, &s->err),
                 &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.hint, "CREATE DATABASE"));
    assert_fails(db_open(arena_printf(&s->arena, "mariadb://nobody_at_all@localhost/%s%s", s->name, base),
                         &db, &s->err),
                 &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.hint, "password"));
    scratch_run(s, "DROP TABLE schema_version");
    assert_fails(db_open(s->url, &db, &s->err), &s->err, ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "another program"));
    assert_null(db);
}

/* A program that we start has nothing to do with our connection. */
static void the_connection_is_not_inherited(void **state)
{
    struct scratch *s = *state;
    int sockets = 0;

    only_with_server(s);
    for (int fd = 3; fd < 64; fd++) {
        struct stat stat;

        if (fstat(fd, &stat) < 0 || !S_ISSOCK(stat.st_mode))
            continue;
        sockets++;
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
    assert_int_equal(sockets, 2);
}

static void passwords_come_from_a_file(void **state)
{
    struct scratch *s = *state;
    const char *path, *url;
    struct db *db = NULL;
    FILE *file;

    only_with_server(s);
    path = arena_printf(&s->arena, "%s/password", s->directory);
    scratch_run(s, arena_printf(&s->arena, "CREATE USER %s@localhost IDENTIFIED BY 'geheim'", s->name));
    scratch_run(s, arena_printf(&s->arena, "GRANT ALL ON %s.* TO %s@localhost", s->name, s->name));
    url = arena_printf(&s->arena, "mariadb://%s@localhost/%s%s&password_file=%s", s->name, s->name,
                       strchr(s->url, '?'), path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("geheim\n", file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
    assert_ok(db_open(url, &db, &s->err), &s->err);
    db_close(&db);
    assert_int_equal(chmod(path, 0644), 0);
    assert_fails(db_open(url, &db, &s->err), &s->err, ERR_NOT_ALLOWED);
    scratch_run(s, arena_printf(&s->arena, "DROP USER %s@localhost", s->name));
}

/* The database as new; the tables of setup() have gone. */
static void start_anew(struct scratch *s)
{
    struct db *server = s->server;

    db_close(&s->db);
    assert_ok(db_run(server, &s->err, arena_printf(&s->arena, "DROP DATABASE %s", s->name), ""), &s->err);
    assert_ok(db_run(server, &s->err, arena_printf(&s->arena, "CREATE DATABASE %s", s->name), ""), &s->err);
    assert_ok(db_open(s->url, &s->db, &s->err), &s->err);
}

/* "table.column NOT NULL", a line each, sorted. */
static const char *columns_of(struct scratch *s, struct db *db, const char *sql)
{
    DB_STMT_SCOPED *stmt = NULL;
    BUF_SCOPED lines = BUF_EMPTY;
    int row;

    assert_ok(db_prepare(db, sql, &stmt, &s->err), &s->err);
    while ((row = db_step(stmt, &s->err)) > 0)
        buf_printf(&lines, "%s.%s%s\n", db_text(stmt, 0), db_text(stmt, 1),
                   db_int(stmt, 2) ? " NOT NULL" : "");
    assert_ok(row, &s->err);
    return arena_copy(&s->arena, buf_text(&lines), lines.size);
}

/* Primary keys are never NULL, whatever SQLite says of them. */
static void both_kinds_have_the_same_tables(void **state)
{
    struct scratch *s = *state;
    const char *ours, *theirs;
    DB_SCOPED *sqlite = NULL;
    int applied;

    only_with_server(s);
    start_anew(s);
    assert_ok(db_migrate(s->db, 1, &applied, &s->err), &s->err);
    assert_true(applied > 0);
    assert_ok(db_migrate(s->db, 1, &applied, &s->err), &s->err);
    assert_int_equal(applied, 0);
    assert_ok(db_check(s->db, &s->err), &s->err);
    assert_ok(db_open(arena_printf(&s->arena, "sqlite://%s", s->path), &sqlite, &s->err), &s->err);
    assert_ok(db_migrate(sqlite, 1, NULL, &s->err), &s->err);
    theirs =
        columns_of(s, sqlite,
                   "SELECT t.name, c.name, c.\"notnull\" OR c.pk > 0 FROM sqlite_schema t "
                   "JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' "
                   "ORDER BY t.name, c.name");
    ours = columns_of(
        s, s->db,
        "SELECT table_name, column_name, is_nullable = 'NO' FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND table_name <> 'writer_turn' AND column_name <> 'rowid' "
        "ORDER BY table_name COLLATE utf8mb3_bin, column_name COLLATE utf8mb3_bin");
    assert_true(strlen(ours) > 1000);
    assert_string_equal(ours, theirs);
    assert_int_equal(
        scratch_int(s, "SELECT count(*) FROM information_schema.tables t WHERE table_schema = DATABASE() "
                       "AND NOT EXISTS (SELECT 1 FROM information_schema.statistics i WHERE "
                       "i.table_schema = t.table_schema AND i.table_name = t.table_name AND "
                       "i.index_name = 'PRIMARY')"),
        0);
}

/* A program that died between two statements of a migration is no hindrance. */
static void migrations_can_be_run_again(void **state)
{
    struct scratch *s = *state;
    int found, expected, applied;

    only_with_server(s);
    start_anew(s);
    assert_ok(db_migrate(s->db, 1, NULL, &s->err), &s->err);
    assert_ok(db_schema_version(s->db, &found, &expected, &s->err), &s->err);
    assert_int_equal(found, expected);
    scratch_run(s, "DELETE FROM schema_version");
    scratch_run(s, "INSERT INTO schema_version (version, name, applied_at) VALUES (0, '', 0)");
    assert_ok(db_migrate(s->db, 1, &applied, &s->err), &s->err);
    assert_int_equal(applied, expected);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM global_config"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ON_SERVER(name) cmocka_unit_test_setup_teardown(name, setup, scratch_teardown)
        ON_SERVER(values_come_back),
        ON_SERVER(rows_found_are_counted),
        ON_SERVER(the_session_speaks_our_dialect),
        ON_SERVER(errors_have_codes),
        ON_SERVER(transactions_are_all_or_nothing),
        ON_SERVER(rows_of_several_statements_are_read_in_turn),
        ON_SERVER(writers_take_turns),
        ON_SERVER(a_lost_connection_comes_back),
        ON_SERVER(a_transaction_is_repeated),
        ON_SERVER(a_transaction_that_would_read_something_else_is_not),
        ON_SERVER(what_cannot_be_opened_says_why),
        ON_SERVER(the_connection_is_not_inherited),
        ON_SERVER(passwords_come_from_a_file),
        ON_SERVER(both_kinds_have_the_same_tables),
        ON_SERVER(migrations_can_be_run_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
