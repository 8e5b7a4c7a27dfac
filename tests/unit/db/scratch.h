/* A directory that lives as long as one test, with a database in it. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/db.h"

struct scratch {
    char directory[64];
    char path[96]; /* of the database */
    char url[112];
    struct db *db; /* NULL until scratch_open() */
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

static inline int scratch_setup(void **state)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);

    assert_non_null(scratch);
    snprintf(scratch->directory, sizeof scratch->directory, "/tmp/pobsync-unit-XXXXXX");
    assert_non_null(mkdtemp(scratch->directory));
    snprintf(scratch->path, sizeof scratch->path, "%s/pobsync.db", scratch->directory);
    snprintf(scratch->url, sizeof scratch->url, "sqlite://%s", scratch->path);
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

    db_close(&scratch->db);
    arena_release(&scratch->arena);
    nftw(scratch->directory, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(scratch);
    return 0;
}

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

#endif
