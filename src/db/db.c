/* The statement API: finds the driver and forwards to it; what all drivers have in common is here. */
#include "db/db.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "db/driver.h"

#define EXPECTED "expected sqlite:///PATH or mariadb://USER@HOST/DATABASE"

static const struct db_driver *const drivers[] = {&sqlite_driver, &mariadb_driver};

/* What stands behind "scheme://", NULL with the error when there is no driver for it. A URL can hold a password: of a wrong
 * one only the scheme is shown. */
static const struct db_driver *driver_of(const char *url, const char **place, struct err *err)
{
    const char *end = strstr(url, "://");

    if (end == NULL) {
        err_set(err, ERR_INVALID, "the URL of the database has no scheme");
        err_hint(err, EXPECTED);
        return NULL;
    }
    *place = end + 3;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
        if (strlen(drivers[i]->name) == (size_t)(end - url) &&
            strncmp(drivers[i]->name, url, (size_t)(end - url)) == 0)
            return drivers[i];
    err_set(err, ERR_INVALID, "this program has no driver for databases of the scheme \"%.*s\"",
            (int)(end - url), url);
    err_hint(err, EXPECTED);
    return NULL;
}

int db_open(const char *url, struct db **db, struct err *err)
{
    const char *place;
    const struct db_driver *driver = driver_of(url, &place, err);

    *db = NULL;
    return driver == NULL ? -1 : driver->open(place, db, err);
}

void db_close(struct db **db)
{
    if (*db != NULL)
        (*db)->driver->close(*db);
    *db = NULL;
}

enum db_kind db_kind(const struct db *db)
{
    return db->driver->kind;
}

const char *db_kind_name(const struct db *db)
{
    return db->driver->name;
}

int db_prepare(struct db *db, const char *sql, struct db_stmt **stmt, struct err *err)
{
    *stmt = NULL;
    return db->driver->prepare(db, sql, stmt, err);
}

void db_finish(struct db_stmt **stmt)
{
    if (*stmt != NULL)
        (*stmt)->db->driver->finish(*stmt);
    *stmt = NULL;
}

void db_bind_int(struct db_stmt *stmt, int index, int64_t value)
{
    stmt->db->driver->bind_int(stmt, index, value);
}

/* SQLite would store any bytes as text, MariaDB would not: what one refuses, all refuse. */
void db_bind_text(struct db_stmt *stmt, int index, const char *text)
{
    if (text == NULL) {
        db_bind_null(stmt, index);
    } else if (text_is_utf8(text, strlen(text))) {
        stmt->db->driver->bind_text(stmt, index, text);
    } else {
        stmt->spoiled_by = index;
    }
}

void db_bind_blob(struct db_stmt *stmt, int index, const void *bytes, size_t size)
{
    stmt->db->driver->bind_blob(stmt, index, bytes, size);
}

void db_bind_null(struct db_stmt *stmt, int index)
{
    stmt->db->driver->bind_null(stmt, index);
}

int db_step(struct db_stmt *stmt, struct err *err)
{
    if (stmt->spoiled_by > 0)
        return err_set(err, ERR_DATABASE, "parameter %d of a statement is text that is not valid UTF-8",
                       stmt->spoiled_by);
    return stmt->db->driver->step(stmt, err);
}

void db_reset(struct db_stmt *stmt)
{
    stmt->db->driver->reset(stmt);
}

bool db_is_null(struct db_stmt *stmt, int column)
{
    return stmt->db->driver->is_null(stmt, column);
}

int64_t db_int(struct db_stmt *stmt, int column)
{
    return stmt->db->driver->get_int(stmt, column);
}

const char *db_text(struct db_stmt *stmt, int column)
{
    return stmt->db->driver->get_text(stmt, column);
}

const void *db_blob(struct db_stmt *stmt, int column, size_t *size)
{
    return stmt->db->driver->get_blob(stmt, column, size);
}

static void bind_all(struct db_stmt *stmt, const char *types, va_list values)
{
    for (int index = 1; types[index - 1] != '\0'; index++) {
        int64_t number;

        switch (types[index - 1]) {
        case 'i':
            db_bind_int(stmt, index, va_arg(values, int64_t));
            break;
        case 'o':
            number = va_arg(values, int64_t);
            if (number < 0)
                db_bind_null(stmt, index);
            else
                db_bind_int(stmt, index, number);
            break;
        case 't':
            db_bind_text(stmt, index, va_arg(values, const char *));
            break;
        default:
            assert(types[index - 1] == 'n');
            db_bind_null(stmt, index);
        }
    }
}

int64_t db_run(struct db *db, struct err *err, const char *sql, const char *types, ...)
{
    DB_STMT_SCOPED *stmt = NULL;
    va_list values;
    int row;

    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    va_start(values, types);
    bind_all(stmt, types, values);
    va_end(values);
    do
        row = db_step(stmt, err);
    while (row > 0);
    return row < 0 ? -1 : db_changes(db);
}

int64_t db_changes(struct db *db)
{
    return db->driver->changes(db);
}

int64_t db_total_changes(struct db *db)
{
    return db->driver->total_changes(db);
}

int64_t db_last_id(struct db *db)
{
    return db->driver->last_id(db);
}

int db_begin(struct db *db, struct err *err)
{
    assert(!db_in_transaction(db));
    return db->driver->begin(db, err);
}

int db_commit(struct db *db, struct err *err)
{
    assert(db_in_transaction(db));
    if (db->driver->commit(db, err) == 0)
        return 0;
    db_rollback(db);
    return -1;
}

void db_rollback(struct db *db)
{
    if (db_in_transaction(db))
        db->driver->rollback(db);
}

bool db_in_transaction(const struct db *db)
{
    return db->driver->in_transaction(db);
}

int db_check(struct db *db, struct err *err)
{
    return db->driver->check(db, err);
}

int db_copy(struct db *db, const char *path, struct err *err)
{
    assert(!db_in_transaction(db));
    return db->driver->copy(db, path, err);
}

int db_open_copy(const char *url, const char *path, struct db **db, struct err *err)
{
    const char *place;
    const struct db_driver *driver = driver_of(url, &place, err);

    *db = NULL;
    return driver == NULL ? -1 : driver->open_copy(path, db, err);
}

int db_replace(const char *url, struct db **db, const char *path, const char *kept, struct err *err)
{
    const char *place;
    const struct db_driver *driver = driver_of(url, &place, err);

    if (driver == NULL || (*db != NULL && driver->settle(*db, err) < 0))
        return -1;
    db_close(db);
    return driver->replace(place, path, kept, err);
}

const char *db_file(const char *url)
{
    struct err ignored;
    const char *place;
    const struct db_driver *driver = driver_of(url, &place, &ignored);

    return driver != NULL && driver->kind == DB_SQLITE ? place : NULL;
}
