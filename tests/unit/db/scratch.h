/* A directory that lives as long as one test, with a database in it; or, where POBSYNC_TEST_DATABASE is the URL of a
 * database on a server, with a database of its own beside that one. */
#ifndef TESTS_UNIT_DB_SCRATCH_H
#define TESTS_UNIT_DB_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/db.h"

struct scratch {
    char directory[64];
    char path[96]; /* of the database, where it is a file */
    char url[256];
    struct db *db;     /* NULL until scratch_open() */
    struct db *server; /* the database that the URL names, NULL: there is none */
    char name[64];     /* of our own there */
    struct arena arena;
    struct err err;
};

/* The reason of a failure is worth more than "-1 != 0". */
#define assert_ok(result, error)                                                                             \
    do {                                                                                                     \
        if ((result) < 0)                                                                                    \
            fail_msg("%s: %s", #result, (error)->message);                                                   \
    } while (0)

#define assert_fails(result, error, expected)                                                                \
    do {                                                                                                     \
        assert_int_equal((result), -1);                                                                      \
        assert_string_equal(err_name((error)->code), err_name(expected));                                    \
    } while (0)

/* Makes a database beside that of the URL. */
static inline void scratch_on_server(struct scratch *scratch, const char *url)
{
    static int made;
    char sql[128];
    const char *slash = strchr(strstr(url, "://") + 3, '/');

    assert_ok(db_open(url, &scratch->server, &scratch->err), &scratch->err);
    snprintf(scratch->name, sizeof scratch->name, "unit_%d_%d", (int)getpid(), made++);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", scratch->name);
    assert_ok(db_run(scratch->server, &scratch->err, sql, ""), &scratch->err);
    snprintf(scratch->url, sizeof scratch->url, "%.*s/%s%s", (int)(slash - url), url, scratch->name,
             strchr(url, '?') == NULL ? "" : strchr(url, '?'));
}

static inline int scratch_setup(void **state)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);

    assert_non_null(scratch);
    snprintf(scratch->directory, sizeof scratch->directory, "/tmp/pobsync-unit-XXXXXX");
    assert_non_null(mkdtemp(scratch->directory));
    snprintf(scratch->path, sizeof scratch->path, "%s/pobsync.db", scratch->directory);
    snprintf(scratch->url, sizeof scratch->url, "sqlite://%s", scratch->path);
    if (getenv("POBSYNC_TEST_DATABASE") != NULL)
        scratch_on_server(scratch, getenv("POBSYNC_TEST_DATABASE"));
    *state = scratch;
    return 0;
}

/* Opens the database and applies the migrations. */
static inline int scratch_setup_db(void **state)
{
    struct scratch *scratch;

    scratch_setup(state);
    scratch = *state;
    assert_ok(db_open(scratch->url, &scratch->db, &scratch->err), &scratch->err);
    assert_ok(db_migrate(scratch->db, 1000, NULL, &scratch->err), &scratch->err);
    return 0;
}

static inline int scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int scratch_teardown(void **state)
{
    struct scratch *scratch = *state;

    char sql[128];

    db_close(&scratch->db);
    snprintf(sql, sizeof sql, "DROP DATABASE %s", scratch->name);
    if (scratch->server != NULL)
        assert_ok(db_run(scratch->server, &scratch->err, sql, ""), &scratch->err);
    db_close(&scratch->server);
    arena_release(&scratch->arena);
    nftw(scratch->directory, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(scratch);
    return 0;
}

/* What is known of SQLite alone. */
#define only_on_sqlite(scratch)                                                                              \
    do {                                                                                                     \
        if ((scratch)->server != NULL)                                                                       \
            skip();                                                                                          \
    } while (0)

/* The integer that a query of one row gives. */
static inline int64_t scratch_int(struct scratch *scratch, const char *sql)
{
    DB_STMT_SCOPED *stmt = NULL;

    assert_ok(db_prepare(scratch->db, sql, &stmt, &scratch->err), &scratch->err);
    assert_int_equal(db_step(stmt, &scratch->err), 1);
    return db_int(stmt, 0);
}

static inline void scratch_run(struct scratch *scratch, const char *sql)
{
    assert_ok(db_run(scratch->db, &scratch->err, sql, ""), &scratch->err);
}

/* From now on rows may hold what the tables forbid. */
static inline void scratch_ignore_checks(struct scratch *scratch)
{
    scratch_run(scratch, scratch->server == NULL ? "PRAGMA ignore_check_constraints = ON"
                                                 : "SET SESSION check_constraint_checks = 0");
}

#endif
