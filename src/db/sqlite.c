/*
 * The driver of SQLite (3.37 or later: STRICT tables). One file in WAL mode; each handle is used by one thread at a
 * time. What is set on a handle, and why, is in set_up().
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/driver.h"
#include "sys/fs.h"

enum { BUSY_MS = 5000, BUSY_PAUSE_MS = 10, KEPT_MAX = 16 };

struct sqlite_db {
    struct db db;
    sqlite3 *handle;
    /* Statements that were finished, ready to be used again: to compile one costs more than most of them take. */
    sqlite3_stmt *kept[KEPT_MAX];
    size_t oldest; /* the place whose statement goes when all are taken */
    char path[];
};

struct sqlite_stmt {
    struct db_stmt stmt;
    sqlite3_stmt *handle;
};

static struct sqlite_db *sqlite_of(const struct db *db)
{
    return (struct sqlite_db *)db;
}

static sqlite3_stmt *handle_of(struct db_stmt *stmt)
{
    return ((struct sqlite_stmt *)stmt)->handle;
}

/* The hint for a primary result code, or NULL. */
static const char *hint_for(int code)
{
    static const struct {
        int code;
        const char *hint;
    } hints[] = {
        {SQLITE_BUSY, "another program has kept the database locked for more than 5 seconds: try again"},
        {SQLITE_FULL, "free space on the file system that holds the database"},
        {SQLITE_IOERR, "look at the kernel's log for disk errors, and at the free space"},
        {SQLITE_READONLY, "run this as root, or as the user that the database belongs to"},
        {SQLITE_CANTOPEN, "run this as root, or as the user that the database belongs to"},
        {SQLITE_CORRUPT, "the file is damaged: restore it from a copy"},
        {SQLITE_NOTADB, "give the database another path, or move that file out of the way"},
    };

    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (hints[i].code == code)
            return hints[i].hint;
    return NULL;
}

/* Fills `err` with what the handle says about its last failure. */
static int fail(const struct sqlite_db *db, struct err *err)
{
    int extended = sqlite3_extended_errcode(db->handle);
    int system = sqlite3_system_errno(db->handle);
    const char *hint = hint_for(extended & 0xff);
    enum err_code code = ERR_DATABASE;

    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
        extended == SQLITE_CONSTRAINT_ROWID || extended == SQLITE_CONSTRAINT_FOREIGNKEY)
        code = ERR_EXISTS;
    if ((extended & 0xff) == SQLITE_NOTADB)
        err_set(err, code, "\"%s\" is not an SQLite database", db->path);
    else if (system != 0 && ((extended & 0xff) == SQLITE_IOERR || (extended & 0xff) == SQLITE_CANTOPEN))
        err_errno(err, code, system, "database \"%s\": %s", db->path, sqlite3_errmsg(db->handle));
    else
        err_set(err, code, "database \"%s\": %s", db->path, sqlite3_errmsg(db->handle));
    if (hint != NULL)
        err_hint(err, "%s", hint);
    return -1;
}

/* Pragmas may act when they are compiled, and what changes the schema comes once. */
static bool is_worth_keeping(const char *sql)
{
    static const char *const words[] = {"SELECT ", "INSERT ", "UPDATE ", "DELETE "};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(sql, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* A finished statement of the same text, or NULL. */
static sqlite3_stmt *take_kept(struct sqlite_db *db, const char *sql)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        sqlite3_stmt *handle = db->kept[i];

        if (handle == NULL || strcmp(sqlite3_sql(handle), sql) != 0)
            continue;
        db->kept[i] = NULL;
        return handle;
    }
    return NULL;
}

/* Resetting and finalizing repeat the error of the last step, which was reported then. */
static void keep(struct sqlite_db *db, sqlite3_stmt *handle)
{
    size_t place = 0;

    if (!is_worth_keeping(sqlite3_sql(handle))) {
        sqlite3_finalize(handle);
        return;
    }
    sqlite3_reset(handle);
    sqlite3_clear_bindings(handle);
    while (place < KEPT_MAX && db->kept[place] != NULL)
        place++;
    if (place == KEPT_MAX) {
        place = db->oldest;
        db->oldest = (db->oldest + 1) % KEPT_MAX;
        sqlite3_finalize(db->kept[place]);
    }
    db->kept[place] = handle;
}

static void sqlite_close(struct db *db)
{
    int code;

    for (size_t i = 0; i < KEPT_MAX; i++)
        sqlite3_finalize(sqlite_of(db)->kept[i]);
    code = sqlite3_close(sqlite_of(db)->handle);
    assert(code == SQLITE_OK); /* else a statement was not finished */
    free(db);
}

static int sqlite_prepare(struct db *db, const char *sql, struct db_stmt **stmt, struct err *err)
{
    struct sqlite_stmt *made;
    sqlite3_stmt *handle = take_kept(sqlite_of(db), sql);
    const char *tail = "";

    if (handle == NULL && sqlite3_prepare_v2(sqlite_of(db)->handle, sql, -1, &handle, &tail) != SQLITE_OK)
        return fail(sqlite_of(db), err);
    if (handle == NULL || tail[strspn(tail, " \n")] != '\0') {
        sqlite3_finalize(handle);
        return err_set(err, ERR_DATABASE, "not one statement of SQL: %s", sql);
    }
    made = calloc(1, sizeof *made);
    if (made == NULL)
        abort();
    made->stmt.db = db;
    made->handle = handle;
    *stmt = &made->stmt;
    return 0;
}

static void sqlite_finish(struct db_stmt *stmt)
{
    keep(sqlite_of(stmt->db), handle_of(stmt));
    free(stmt);
}

/* Binding fails for a wrong index, a statement that was not reset, or lack of memory: all of them end the program. */
static void must(int code)
{
    assert(code == SQLITE_OK);
}

static void sqlite_bind_int(struct db_stmt *stmt, int index, int64_t value)
{
    must(sqlite3_bind_int64(handle_of(stmt), index, value));
}

static void sqlite_bind_text(struct db_stmt *stmt, int index, const char *text)
{
    must(sqlite3_bind_text(handle_of(stmt), index, text, -1, SQLITE_TRANSIENT));
}

static void sqlite_bind_blob(struct db_stmt *stmt, int index, const void *bytes, size_t size)
{
    if (size == 0) /* of no bytes SQLite would make a NULL */
        must(sqlite3_bind_zeroblob(handle_of(stmt), index, 0));
    else
        must(sqlite3_bind_blob64(handle_of(stmt), index, bytes, size, SQLITE_TRANSIENT));
}

static void sqlite_bind_null(struct db_stmt *stmt, int index)
{
    must(sqlite3_bind_null(handle_of(stmt), index));
}

static int sqlite_step(struct db_stmt *stmt, struct err *err)
{
    switch (sqlite3_step(handle_of(stmt))) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        fail(sqlite_of(stmt->db), err);
        sqlite3_reset(handle_of(stmt)); /* or its lock would stay */
        return -1;
    }
}

static void sqlite_reset(struct db_stmt *stmt)
{
    sqlite3_reset(handle_of(stmt));
}

static bool sqlite_is_null(struct db_stmt *stmt, int column)
{
    return sqlite3_column_type(handle_of(stmt), column) == SQLITE_NULL;
}

static int64_t sqlite_get_int(struct db_stmt *stmt, int column)
{
    return sqlite3_column_int64(handle_of(stmt), column);
}

static const char *sqlite_get_text(struct db_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(handle_of(stmt), column);
}

static const void *sqlite_get_blob(struct db_stmt *stmt, int column, size_t *size)
{
    const void *bytes = sqlite3_column_blob(handle_of(stmt), column);

    *size = (size_t)sqlite3_column_bytes(handle_of(stmt), column);
    return bytes;
}

static bool sqlite_is_int(struct db_stmt *stmt, int column)
{
    return sqlite3_column_type(handle_of(stmt), column) == SQLITE_INTEGER;
}

static int64_t sqlite_changes(struct db *db)
{
    return sqlite3_changes64(sqlite_of(db)->handle);
}

static int64_t sqlite_total_changes(struct db *db)
{
    return sqlite3_total_changes64(sqlite_of(db)->handle);
}

static int64_t sqlite_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(sqlite_of(db)->handle);
}

static int run(struct sqlite_db *db, const char *sql, struct err *err)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, err);
}

static int sqlite_begin(struct db *db, struct err *err)
{
    return run(sqlite_of(db), "BEGIN IMMEDIATE", err);
}

static int sqlite_commit(struct db *db, struct err *err)
{
    return run(sqlite_of(db), "COMMIT", err);
}

static void sqlite_rollback(struct db *db)
{
    struct err ignored; /* SQLite has rolled back then, or does so when the file is opened the next time */

    (void)run(sqlite_of(db), "ROLLBACK", &ignored);
}

/* SQLite ends a transaction by itself after some errors (disk full, I/O), so its own word is asked. */
static bool sqlite_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(sqlite_of(db)->handle) == 0;
}

static int sqlite_has_table(struct db *db, const char *name, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, name);
    return db_step(stmt, err);
}

static int sqlite_check(struct db *db, struct err *err)
{
    DB_STMT_SCOPED *pages = NULL;
    DB_STMT_SCOPED *keys = NULL;
    int row;

    if (db_prepare(db, "PRAGMA integrity_check(1)", &pages, err) < 0 || (row = db_step(pages, err)) < 0)
        return -1;
    if (row == 0 || strcmp(db_text(pages, 0), "ok") != 0) {
        err_set(err, ERR_DATABASE, "database \"%s\" is damaged: %s", sqlite_of(db)->path,
                row == 0 ? "it could not be checked" : db_text(pages, 0));
        return err_hint(err, "%s", hint_for(SQLITE_CORRUPT));
    }
    if (db_prepare(db, "PRAGMA foreign_key_check", &keys, err) < 0 || (row = db_step(keys, err)) < 0)
        return -1;
    if (row > 0)
        return err_set(
            err, ERR_DATABASE,
            "database \"%s\" is damaged: row %lld of table \"%s\" refers to a row of table \"%s\" that does "
            "not exist",
            sqlite_of(db)->path, (long long)db_int(keys, 1), db_text(keys, 0), db_text(keys, 2));
    return 0;
}

/* Makes the file if it is absent. Whoever may use the directory by its group may use the database: the file gets
 * that group, and SQLite gives the files beside it (-wal, -shm) the same rights. */
static int make_file(const char *path, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *slash = strrchr(path, '/');
    const char *directory = slash == path ? "/" : arena_copy(&arena, path, (size_t)(slash - path));
    struct stat above, file;
    FD_SCOPED fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST)
        return 0;
    if (fd < 0) {
        int errnum = errno;

        err_errno(err, ERR_DATABASE, errnum, "cannot make the database \"%s\"", path);
        if (errnum == ENOENT)
            err_hint(err, "make the directory \"%s\" first", directory);
        if (errnum == EACCES)
            err_hint(err, "run this as root, or as a user who may write the directory \"%s\"", directory);
        return -1;
    }
    if (stat(directory, &above) < 0 || fstat(fd, &file) < 0)
        return err_errno(err, ERR_DATABASE, errno, "cannot look at the database \"%s\"", path);
    if (file.st_gid != above.st_gid && fchown(fd, (uid_t)-1, above.st_gid) < 0)
        return 0; /* not a member of it: the file stays with its owner alone */
    if (fchmod(fd, 0660) < 0)
        return err_errno(err, ERR_DATABASE, errno, "cannot set the rights of the database \"%s\"", path);
    return 0;
}

/* Reading the table of tables is also what finds a file that is no database. A file that another program made is
 * left as it is. */
static int refuse_foreign(struct sqlite_db *db, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(&db->db,
                   "SELECT count(*), coalesce(max(name = 'schema_version'), 0) FROM sqlite_schema "
                   "WHERE type = 'table'",
                   &stmt, err) < 0 ||
        db_step(stmt, err) < 0)
        return -1;
    if (db_int(stmt, 0) > 0 && db_int(stmt, 1) == 0) {
        err_set(err, ERR_DATABASE, "\"%s\" is a database of another program", db->path);
        return err_hint(err, "%s", hint_for(SQLITE_NOTADB));
    }
    return 0;
}

/* The switch to WAL does not wait for other handles by itself: it fails at once where two programs make the database
 * at the same time. */
static int use_wal(struct sqlite_db *db, struct err *err)
{
    for (int waited = 0;; waited += BUSY_PAUSE_MS) {
        DB_STMT_SCOPED *stmt = NULL;

        if (db_prepare(&db->db, "PRAGMA journal_mode = WAL", &stmt, err) < 0)
            return -1;
        if (db_step(stmt, err) > 0) {
            if (strcmp(db_text(stmt, 0), "wal") == 0)
                return 0;
            err_set(err, ERR_DATABASE, "database \"%s\" cannot use a write-ahead log", db->path);
            return err_hint(err, "put it on a local file system");
        }
        if ((sqlite3_errcode(db->handle) & 0xff) != SQLITE_BUSY || waited >= BUSY_MS)
            return -1;
        sqlite3_sleep(BUSY_PAUSE_MS);
    }
}

static int set_up(struct sqlite_db *db, struct err *err)
{
    static const struct {
        int option;
        int value;
    } options[] = {
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    /* off by default */
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, /* a file from elsewhere runs no functions of ours */
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      /* no statement can damage the file */
        {SQLITE_DBCONFIG_DQS_DML, 0}, /* "x" is a name, never a string, as in MariaDB with ANSI_QUOTES */
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };

    sqlite3_busy_timeout(db->handle, BUSY_MS);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        must(sqlite3_db_config(db->handle, options[i].option, options[i].value, NULL));
    if (refuse_foreign(db, err) < 0)
        return -1;
    if (sqlite3_db_readonly(db->handle, "main") != 0) {
        err_set(err, ERR_DATABASE, "database \"%s\" may not be written by this user", db->path);
        return err_hint(err, "%s", hint_for(SQLITE_READONLY));
    }
    if (use_wal(db, err) < 0)
        return -1;
    /* What was acknowledged survives a power cut. */
    return run(db, "PRAGMA synchronous = FULL", err);
}

static int sqlite_open(const char *place, struct db **db, struct err *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    struct sqlite_db *made;

    if (place[0] != '/') {
        err_set(err, ERR_INVALID, "the path of the database is \"%s\", expected an absolute one", place);
        return err_hint(err, "expected sqlite:///PATH: three slashes");
    }
    if (make_file(place, err) < 0)
        return -1;
    made = calloc(1, sizeof *made + strlen(place) + 1);
    if (made == NULL)
        abort();
    made->db.driver = &sqlite_driver;
    memcpy(made->path, place, strlen(place));
    if (sqlite3_open_v2(place, &made->handle, flags, NULL) != SQLITE_OK)
        fail(made, err);
    else if (set_up(made, err) == 0)
        *db = &made->db;
    if (*db != NULL)
        return 0;
    sqlite_close(&made->db);
    return -1;
}

/* Reads in one transaction, which in WAL mode keeps nobody from writing. */
static int sqlite_copy(struct db *db, const char *path, struct err *err)
{
    return db_run(db, err, "VACUUM INTO ?", "t", path) < 0 ? -1 : 0;
}

static int sqlite_open_copy(const char *path, struct db **db, struct err *err)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    struct sqlite_db *made = calloc(1, sizeof *made + strlen(path) + 1);

    if (made == NULL)
        abort();
    made->db.driver = &sqlite_driver;
    memcpy(made->path, path, strlen(path));
    if (sqlite3_open_v2(path, &made->handle, flags, NULL) != SQLITE_OK) {
        fail(made, err);
    } else {
        must(sqlite3_db_config(made->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL));
        must(sqlite3_db_config(made->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL));
        if (refuse_foreign(made, err) == 0)
            *db = &made->db;
    }
    if (*db != NULL)
        return 0;
    sqlite_close(&made->db);
    return -1;
}

static int sqlite_set_given(struct db *db, const char *table, int64_t id, struct err *err)
{
    int64_t changed = db_run(db, err, "UPDATE sqlite_sequence SET seq = ? WHERE name = ?", "it", id, table);

    if (changed == 0)
        changed = db_run(db, err, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", "ti", table, id);
    return changed < 0 ? -1 : 0;
}

/* In WAL mode a transaction that has read keeps seeing what it saw. */
static int sqlite_begin_view(struct db *db, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    return run(sqlite_of(db), "BEGIN", err) < 0 ||
                   db_prepare(db, "SELECT 1 FROM schema_version", &stmt, err) < 0 || db_step(stmt, err) < 0
               ? -1
               : 0;
}

static int sqlite_end_view(struct db *db, struct err *err)
{
    (void)err;
    sqlite_rollback(db);
    return 0;
}

/* A database in WAL mode is held by all who have it open: only who is alone can leave that mode, and then all that was
 * in the log is in the file. */
static int sqlite_settle(struct db *db, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, "PRAGMA journal_mode = DELETE", &stmt, err) < 0)
        return -1;
    row = db_step(stmt, err);
    if (row > 0 && strcmp(db_text(stmt, 0), "delete") == 0)
        return 0;
    if (row >= 0 || (sqlite3_errcode(sqlite_of(db)->handle) & 0xff) == SQLITE_BUSY) {
        err_set(err, ERR_BUSY, "another program has the database \"%s\" open", sqlite_of(db)->path);
        err_hint(err, "end it first: systemctl stop pobsync, or see: fuser %s", sqlite_of(db)->path);
    }
    return -1;
}

const struct db_driver sqlite_driver = {
    .name = "sqlite",
    .kind = DB_SQLITE,
    .open = sqlite_open,
    .close = sqlite_close,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .bind_int = sqlite_bind_int,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .is_null = sqlite_is_null,
    .get_int = sqlite_get_int,
    .get_text = sqlite_get_text,
    .get_blob = sqlite_get_blob,
    .changes = sqlite_changes,
    .total_changes = sqlite_total_changes,
    .last_id = sqlite_last_id,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .in_transaction = sqlite_in_transaction,
    .has_table = sqlite_has_table,
    .check = sqlite_check,
    .is_int = sqlite_is_int,
    .tables_sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND "
                  "name <> 'schema_version' ORDER BY name",
    .columns_sql = "SELECT name, pk FROM pragma_table_info(?) ORDER BY cid",
    .keys_off = "PRAGMA foreign_keys = OFF",
    .keys_on = "PRAGMA foreign_keys = ON",
    .given_sql = "SELECT seq FROM sqlite_sequence WHERE name = ?",
    .set_given = sqlite_set_given,
    .begin_view = sqlite_begin_view,
    .end_view = sqlite_end_view,
    .copy = sqlite_copy,
    .open_copy = sqlite_open_copy,
    .settle = sqlite_settle,
    .replace = sqlite_replace,
};
