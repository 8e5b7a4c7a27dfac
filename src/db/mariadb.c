/* The driver of MariaDB (10.5 or later). Each handle has one connection and is used by one thread at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/mariadb_driver.h"
#include "db/migration.h"

static struct mariadb_stmt *stmt_of(struct db_stmt *stmt)
{
    return (struct mariadb_stmt *)stmt;
}

static struct mariadb_column *column_of(struct db_stmt *stmt, int column)
{
    return &stmt_of(stmt)->columns[column];
}

static void mariadb_bind_int(struct db_stmt *stmt, int index, int64_t value)
{
    mariadb_bind(stmt_of(stmt), index, (struct mariadb_parameter){.kind = MARIADB_INT, .number = value});
}

static void mariadb_bind_text(struct db_stmt *stmt, int index, const char *text)
{
    mariadb_bind(
        stmt_of(stmt), index,
        (struct mariadb_parameter){.kind = MARIADB_TEXT, .bytes = (char *)text, .size = strlen(text)});
}

static void mariadb_bind_blob(struct db_stmt *stmt, int index, const void *bytes, size_t size)
{
    static char none[1];

    mariadb_bind(stmt_of(stmt), index,
                 (struct mariadb_parameter){
                     .kind = MARIADB_BLOB, .bytes = size == 0 ? none : (char *)bytes, .size = size});
}

static void mariadb_bind_null(struct db_stmt *stmt, int index)
{
    mariadb_bind(stmt_of(stmt), index, (struct mariadb_parameter){.kind = MARIADB_NULL});
}

static bool mariadb_is_null(struct db_stmt *stmt, int column)
{
    return column_of(stmt, column)->is_null;
}

/* Sums and the like come as text. */
static int64_t mariadb_get_int(struct db_stmt *stmt, int column)
{
    const struct mariadb_column *own = column_of(stmt, column);

    return own->bytes != NULL ? strtoll(own->bytes, NULL, 10) : own->number;
}

static const char *mariadb_get_text(struct db_stmt *stmt, int column)
{
    struct mariadb_column *own = column_of(stmt, column);

    if (own->is_null || own->bytes != NULL)
        return own->bytes;
    snprintf(own->digits, sizeof own->digits, "%lld", (long long)own->number);
    return own->digits;
}

static const void *mariadb_get_blob(struct db_stmt *stmt, int column, size_t *size)
{
    const char *text = mariadb_get_text(stmt, column);

    *size = column_of(stmt, column)->bytes != NULL ? column_of(stmt, column)->size
            : text == NULL                         ? 0
                                                   : strlen(text);
    return text;
}

static int64_t mariadb_changes(struct db *db)
{
    return mariadb_of(db)->changes;
}

static int64_t mariadb_total_changes(struct db *db)
{
    return mariadb_of(db)->total_changes;
}

static int64_t mariadb_last_id(struct db *db)
{
    return mariadb_of(db)->last_id;
}

static bool mariadb_in_transaction(const struct db *db)
{
    return mariadb_of(db)->in_transaction;
}

static int mariadb_has_table(struct db *db, const char *name, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                   "table_name = ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, name);
    return db_step(stmt, err);
}

/* Changes of the schema end a transaction here: they stand alone, and a lock of the server keeps others away. */
static int mariadb_lock_schema(struct db *db, struct err *err)
{
    struct mariadb_db *own = mariadb_of(db);
    int64_t got;
    unsigned number =
        mariadb_query_int(own, "SELECT GET_LOCK(SHA1(CONCAT('pobsync.', DATABASE())), 60)", &got);

    if (number != 0)
        return mariadb_link_fail(own, number, err);
    if (got != 1) {
        err_set(err, ERR_BUSY, "another program has been changing the tables of database \"%s\" for a minute",
                own->name);
        return err_hint(err, "try again");
    }
    own->migrating = true;
    return 0;
}

static void mariadb_unlock_schema(struct db *db)
{
    struct mariadb_db *own = mariadb_of(db);

    own->migrating = false;
    (void)mariadb_query(own, "SELECT RELEASE_LOCK(SHA1(CONCAT('pobsync.', DATABASE())))");
}

static int check_table(struct mariadb_db *db, const char *name, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(&db->db, arena_printf(&arena, "CHECK TABLE \"%s\"", name), &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0)
        if (strcmp(db_text(stmt, 2), "error") == 0 ||
            (strcmp(db_text(stmt, 2), "status") == 0 && strcmp(db_text(stmt, 3), "OK") != 0)) {
            err_set(err, ERR_DATABASE, "database \"%s\" is damaged: table \"%s\": %s", db->name, name,
                    db_text(stmt, 3));
            return err_hint(err, "restore it from a copy");
        }
    return row;
}

static int mariadb_check(struct db *db, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db,
                   "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
                   "ORDER BY table_name",
                   &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0)
        if (check_table(mariadb_of(db), db_text(stmt, 0), err) < 0)
            return -1;
    return row;
}

static void mariadb_close(struct db *db)
{
    struct mariadb_db *own = mariadb_of(db);

    for (size_t i = 0; i < MARIADB_KEPT_MAX; i++)
        mariadb_stmt_free(own->kept[i]);
    mariadb_link_down(own);
    arena_release(&own->log_arena);
    arena_release(&own->arena);
    free(own);
}

/* A database that another program made is left as it is. */
static int refuse_foreign(struct mariadb_db *db, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(
            &db->db,
            "SELECT count(*), coalesce(max(table_name = 'schema_version'), 0) FROM "
            "information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'writer_turn'",
            &stmt, err) < 0 ||
        db_step(stmt, err) < 0)
        return -1;
    if (db_int(stmt, 0) == 0 || db_int(stmt, 1) != 0)
        return 0;
    err_set(err, ERR_DATABASE, "\"%s\" is a database of another program", db->name);
    return err_hint(err, "give pobsync a database of its own: CREATE DATABASE");
}

static int mariadb_open(const char *place, struct db **db, struct err *err)
{
    struct mariadb_db *made = calloc(1, sizeof *made);

    if (made == NULL)
        abort();
    made->db.driver = &mariadb_driver;
    made->log_end = &made->log_first;
    if (mariadb_place_parse(&made->arena, place, &made->place, err) == 0 && mariadb_library_load(err) == 0) {
        made->name = arena_printf(&made->arena, "%s@%s/%s", made->place.user == NULL ? "" : made->place.user,
                                  made->place.host, made->place.database);
        if (mariadb_link_first(made, err) == 0 && refuse_foreign(made, err) == 0)
            *db = &made->db;
    }
    if (*db != NULL)
        return 0;
    mariadb_close(&made->db);
    return -1;
}

static bool mariadb_is_int(struct db_stmt *stmt, int column)
{
    return column_of(stmt, column)->is_int;
}

static int mariadb_set_given(struct db *db, const char *table, int64_t id, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *sql =
        arena_printf(&arena, "ALTER TABLE \"%s\" AUTO_INCREMENT = %lld", table, (long long)id + 1);

    return db_run(db, err, sql, "") < 0 ? -1 : 0;
}

static int mariadb_begin_view(struct db *db, struct err *err)
{
    struct mariadb_db *own = mariadb_of(db);
    unsigned number;

    while ((number = mariadb_query(own, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")) != 0) {
        mariadb_link_fail(own, number, err);
        if (mariadb_recover(own, number, err) < 0)
            return -1;
    }
    own->viewing = true;
    return 0;
}

static int mariadb_end_view(struct db *db, struct err *err)
{
    struct mariadb_db *own = mariadb_of(db);
    unsigned number = mariadb_query(own, "COMMIT");

    own->viewing = false;
    return number == 0 ? 0 : mariadb_link_fail(own, number, err);
}

/* The version of the tables is that of the database: it may be copied because they will be changed. */
static int fill_file(struct db *db, struct db *file, struct err *err)
{
    int found, expected;
    int64_t rows;

    if (db_schema_version(db, &found, &expected, err) < 0 || migration_apply_to(file, found, 0, err) < 0 ||
        db_transfer(db, file, &rows, err) < 0)
        return -1;
    return sqlite_driver.settle(file, err);
}

static int mariadb_copy(struct db *db, const char *path, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_SCOPED *file = NULL;

    return db_open(arena_printf(&arena, "sqlite://%s", path), &file, err) < 0 || fill_file(db, file, err) < 0
               ? -1
               : 0;
}

static int mariadb_open_copy(const char *path, struct db **db, struct err *err)
{
    return sqlite_driver.open_copy(path, db, err);
}

static int no_file(struct err *err)
{
    err_set(err, ERR_REFUSED, "a MariaDB database is no file that could be replaced");
    return err_hint(err, "pobsync database copy sqlite:///FILE mariadb://…, into one that is empty");
}

static int mariadb_settle(struct db *db, struct err *err)
{
    (void)db;
    return no_file(err);
}

static int mariadb_replace(const char *place, const char *path, const char *kept, struct err *err)
{
    (void)place, (void)path, (void)kept;
    return no_file(err);
}

const struct db_driver mariadb_driver = {
    .name = "mariadb",
    .kind = DB_MARIADB,
    .open = mariadb_open,
    .close = mariadb_close,
    .prepare = mariadb_prepare,
    .finish = mariadb_finish,
    .bind_int = mariadb_bind_int,
    .bind_text = mariadb_bind_text,
    .bind_blob = mariadb_bind_blob,
    .bind_null = mariadb_bind_null,
    .step = mariadb_step,
    .reset = mariadb_reset,
    .is_null = mariadb_is_null,
    .get_int = mariadb_get_int,
    .get_text = mariadb_get_text,
    .get_blob = mariadb_get_blob,
    .changes = mariadb_changes,
    .total_changes = mariadb_total_changes,
    .last_id = mariadb_last_id,
    .begin = mariadb_begin,
    .commit = mariadb_commit,
    .rollback = mariadb_rollback,
    .in_transaction = mariadb_in_transaction,
    .lock_schema = mariadb_lock_schema,
    .unlock_schema = mariadb_unlock_schema,
    .has_table = mariadb_has_table,
    .check = mariadb_check,
    .is_int = mariadb_is_int,
    .tables_sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                  "table_name NOT IN ('schema_version', 'writer_turn') ORDER BY table_name",
    .columns_sql = "SELECT c.column_name, coalesce(k.ordinal_position, 0) FROM information_schema.columns c "
                   "LEFT JOIN information_schema.key_column_usage k ON k.table_schema = c.table_schema AND "
                   "k.table_name = c.table_name AND k.column_name = c.column_name AND "
                   "k.constraint_name = 'PRIMARY' WHERE c.table_schema = DATABASE() AND c.table_name = ? AND "
                   "c.column_name <> 'rowid' ORDER BY c.ordinal_position",
    .keys_off = "SET SESSION foreign_key_checks = 0",
    .keys_on = "SET SESSION foreign_key_checks = 1",
    .given_sql = "SELECT t.auto_increment - 1 FROM information_schema.tables t JOIN "
                 "information_schema.columns c ON c.table_schema = t.table_schema AND "
                 "c.table_name = t.table_name AND c.column_name = 'id' AND c.extra = 'auto_increment' "
                 "WHERE t.table_schema = DATABASE() AND t.table_name = ?",
    .set_given = mariadb_set_given,
    .begin_view = mariadb_begin_view,
    .end_view = mariadb_end_view,
    .copy = mariadb_copy,
    .open_copy = mariadb_open_copy,
    .settle = mariadb_settle,
    .replace = mariadb_replace,
};
