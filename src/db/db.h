/*
 * One statement API over SQL databases. Statements are literals with ? in store/, values are always bound. Errors are ERR_DATABASE with the
 * driver's text.
 *
 *     DB_STMT_SCOPED *stmt = NULL;
 *     if (db_prepare(db, "SELECT name FROM host WHERE id = ?", &stmt, err) < 0) return -1;
 *     db_bind_int(stmt, 1, id);
 *     while ((row = db_step(stmt, err)) > 0) … db_text(stmt, 0) …
 *     if (row < 0) return -1;
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct db_stmt;

enum db_kind { DB_SQLITE, DB_MARIADB };

/* Opens by URL: "sqlite:///path/to/file" (made if absent, mode 0660 with the group of its directory, which must exist;
 * a file that is not ours is refused and left as it is), or "mariadb://…" (mariadb_place.h; the database must exist). An
 * unknown scheme, or a driver that was not built in, is
 * ERR_INVALID with what is supported. Migrations are not applied (db_migrate()). */
int db_open(const char *url, struct db **db, struct err *err);
void db_close(struct db **db); /* NULL is fine; sets it to NULL */
#define DB_SCOPED __attribute__((cleanup(db_close))) struct db

enum db_kind db_kind(const struct db *db);
const char *db_kind_name(const struct db *db); /* "sqlite" */

int db_prepare(struct db *db, const char *sql, struct db_stmt **stmt, struct err *err);
void db_finish(struct db_stmt **stmt); /* NULL is fine; sets it to NULL */
#define DB_STMT_SCOPED __attribute__((cleanup(db_finish))) struct db_stmt

/* Parameters count from 1. Text and bytes are copied. NULL text binds SQL NULL; text that is not valid UTF-8 makes
 * db_step() fail (bytes of any kind are for blobs). */
void db_bind_int(struct db_stmt *stmt, int index, int64_t value);
void db_bind_text(struct db_stmt *stmt, int index, const char *text);
void db_bind_blob(struct db_stmt *stmt, int index, const void *bytes, size_t size);
void db_bind_null(struct db_stmt *stmt, int index);

/* 1: a row is there · 0: done · -1: error. A unique or foreign key violated is ERR_EXISTS. */
int db_step(struct db_stmt *stmt, struct err *err);
/* Ready to be bound and stepped again. */
void db_reset(struct db_stmt *stmt);

/* Columns count from 0 and are valid until the next step. */
bool db_is_null(struct db_stmt *stmt, int column);
int64_t db_int(struct db_stmt *stmt, int column);      /* 0 when NULL */
const char *db_text(struct db_stmt *stmt, int column); /* NULL when NULL */
const void *db_blob(struct db_stmt *stmt, int column, size_t *size);

/* Prepares, binds, steps to the end. `types` has a letter a parameter: i int64_t, t const char * (NULL allowed),
 * n NULL (takes no argument), o int64_t where negative means NULL. Returns the number of rows that an INSERT, UPDATE
 * or DELETE found, whether it changed their values or not, or -1. */
int64_t db_run(struct db *db, struct err *err, const char *sql, const char *types, ...);

/* The number of rows that the last INSERT, UPDATE or DELETE of this connection found. */
int64_t db_changes(struct db *db);

/* The number of rows that this connection has found by INSERT, UPDATE or DELETE since it was opened. */
int64_t db_total_changes(struct db *db);

/* The id that the last INSERT of this connection made. */
int64_t db_last_id(struct db *db);

/* Writers take turns from here on (SQLite: IMMEDIATE; MariaDB: a row that each of them locks), so that a read followed by a
 * write cannot fail half way, and nothing of what was read changes. No nesting: an assertion. */
int db_begin(struct db *db, struct err *err);
int db_commit(struct db *db, struct err *err); /* one that fails has rolled back */
void db_rollback(struct db *db);               /* without a transaction: nothing */

bool db_in_transaction(const struct db *db);

/* Applies what is missing of the numbered migrations, each in its own transaction under a lock, so that two programs
 * that start together do it once. `applied` (may be NULL) counts. A database that a newer program has migrated is
 * refused with ERR_SCHEMA and left alone. */
int db_migrate(struct db *db, int64_t now, int *applied, struct err *err);

/* The newest migration in the database and the newest in this program; 0 in an empty database. */
int db_schema_version(struct db *db, int *found, int *expected, struct err *err);

/* A check of the whole database: 0 when sound, else ERR_DATABASE with the first finding. */
int db_check(struct db *db, struct err *err);

/* Copies the whole database, as it is at one moment and while others go on writing, into the file `path` (absolute), which
 * is made, or is there and empty: a file of SQLite, whatever the database is. It is not synced; what a failure leaves of it
 * is for the caller to remove. */
int db_copy(struct db *db, const char *path, struct err *err);

/* Opens such a copy for reading only, and changes nothing in it or beside it; for db_check() and db_schema_version().
 * `url` is that of the database that it is a copy of. */
int db_open_copy(const char *url, const char *path, struct db **db, struct err *err);

/* Closes the database and puts the file `path`, which must be whole and synced, in the place of its own; what was there
 * is kept as `kept`, with all that belongs to it. `path` and `kept` are on the file system of the database. ERR_BUSY, and
 * all is as before, while somebody else has it open. `db` is NULL when the database is damaged beyond opening: then
 * nobody can be asked. Afterwards a power cut gives the old one or the new one. */
int db_replace(const char *url, struct db **db, const char *path, const char *kept, struct err *err);

/* Copies all rows into another database, of whatever kind, that has the tables of the same version and no rows but those that
 * come with them; then reads every row of both and compares. *rows counts. ERR_REFUSED when the other one has rows or
 * another version. Others may go on writing to the first. What a failure leaves in the other one is of no use. */
int db_transfer(struct db *from, struct db *to, int64_t *rows, struct err *err);

/* The file of a database that is one, NULL: it is elsewhere. Points into `url`. */
const char *db_file(const char *url);

#endif
