/* Brings the tables up to what this program expects, and tells what is there. */
#include "db/migration.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "db/driver.h"
#include "db/transaction.h"

/* The number in the name of a file that is for this kind of database, else 0. */
static int number_of(const struct db *db, const struct embedded *file)
{
    size_t length = strlen(db_kind_name(db));
    const char *digits = file->name + length + 1;
    int number = 0;

    if (strncmp(file->name, db_kind_name(db), length) != 0 || file->name[length] != '/')
        return 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (*digits - '0');
    return number;
}

/* The file of a number, or NULL. */
static const struct embedded *file_of(const struct db *db, const struct embedded *files, size_t count,
                                      int number)
{
    for (size_t i = 0; i < count; i++)
        if (number_of(db, &files[i]) == number)
            return &files[i];
    return NULL;
}

static int newest_of(const struct db *db, const struct embedded *files, size_t count)
{
    int newest = 0;

    for (size_t i = 0; i < count; i++)
        if (number_of(db, &files[i]) > newest)
            newest = number_of(db, &files[i]);
    return newest;
}

/* The newest migration in the database, or -1. */
static int version_of(struct db *db, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int there = db->driver->has_table(db, "schema_version", err);

    if (there <= 0)
        return there;
    if (db_prepare(db, "SELECT max(version) FROM schema_version", &stmt, err) < 0 || db_step(stmt, err) < 0)
        return -1;
    return (int)db_int(stmt, 0);
}

/* Behind a comment or a quoted piece that begins at `text`, or NULL when nothing of that kind does. */
static const char *skip_comment(const char *text)
{
    const char *end;

    if (strncmp(text, "--", 2) == 0)
        return text + strcspn(text, "\n");
    if (strncmp(text, "/*", 2) != 0)
        return NULL;
    end = strstr(text + 2, "*/");
    return end == NULL ? text + strlen(text) : end + 2;
}

static const char *skip_quoted(const char *text)
{
    const char *end;

    if (*text != '\'' && *text != '"' && *text != '`')
        return NULL;
    end = strchr(text + 1, *text); /* a doubled quote reads as two pieces, one behind the other */
    return end == NULL ? text + strlen(text) : end + 1;
}

/* Moves the next statement, without its comments, from the front of *rest to `sql`; false at the end. */
static bool next_statement(const char **rest, struct buf *sql)
{
    const char *at = *rest;

    buf_clear(sql);
    while (*at != '\0') {
        const char *after_comment = skip_comment(at);
        const char *after_quoted = skip_quoted(at);
        bool blank = *at == ' ' || *at == '\n';

        if (after_comment != NULL) {
            if (sql->size > 0)
                buf_add_char(sql, ' ');
            at = after_comment;
        } else if (after_quoted != NULL) {
            buf_add(sql, at, (size_t)(after_quoted - at));
            at = after_quoted;
        } else if (*at == ';' && sql->size > 0) {
            *rest = at + 1;
            return true;
        } else {
            if (*at != ';' && !(blank && sql->size == 0))
                buf_add_char(sql, *at);
            at++;
        }
    }
    *rest = at;
    return sql->size > 0;
}

static int run_file(struct db *db, const struct embedded *file, struct err *err)
{
    BUF_SCOPED sql = BUF_EMPTY;
    const char *rest = file->text;

    while (next_statement(&rest, &sql))
        if (db_run(db, err, buf_text(&sql), "") < 0)
            return err_in(err, "migration \"%s\"", file->name);
    return 0;
}

/* Applies the migration behind number `found`, unless somebody else has done so in the meantime: the number is read again
 * under the lock that the caller holds. Adds 1 to *applied. */
static int apply_locked(struct db *db, const struct embedded *file, int found, int64_t now, int *applied,
                        struct err *err)
{
    int found_now = version_of(db, err);

    if (found_now != found)
        return found_now < 0 ? -1 : 0;
    if (db_run(db, err,
               "CREATE TABLE IF NOT EXISTS schema_version "
               "(version INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL, applied_at BIGINT NOT NULL)",
               "") < 0 ||
        run_file(db, file, err) < 0 ||
        db_run(db, err, "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)", "iti",
               (int64_t)found + 1, file->name, now) < 0)
        return -1;
    ++*applied;
    return 0;
}

/* A transaction is the lock. */
static int apply_within(struct db *db, const struct embedded *file, int found, int64_t now, int *applied,
                        struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    int more = *applied;

    if (transaction_begin(&transaction, db, err) < 0 || apply_locked(db, file, found, now, &more, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    *applied = more;
    return 0;
}

static int apply_next(struct db *db, const struct embedded *files, size_t count, int found, int64_t now,
                      int *applied, struct err *err)
{
    const struct embedded *file = file_of(db, files, count, found + 1);
    int result;

    if (file == NULL)
        return err_set(err, ERR_INTERNAL, "this program lacks migration %d", found + 1);
    if (db->driver->lock_schema == NULL)
        return apply_within(db, file, found, now, applied, err);
    if (db->driver->lock_schema(db, err) < 0)
        return -1;
    result = apply_locked(db, file, found, now, applied, err);
    db->driver->unlock_schema(db);
    return result;
}

int migration_apply_to(struct db *db, int version, int64_t now, struct err *err)
{
    int applied = 0, found;

    while ((found = version_of(db, err)) >= 0 && found < version)
        if (apply_next(db, embedded_sql, embedded_sql_count, found, now, &applied, err) < 0)
            return -1;
    return found < 0 ? -1 : 0;
}

int migration_apply(struct db *db, const struct embedded *files, size_t count, int64_t now, int *applied,
                    struct err *err)
{
    int newest = newest_of(db, files, count);
    int found;

    *applied = 0;
    while ((found = version_of(db, err)) >= 0 && found < newest)
        if (apply_next(db, files, count, found, now, applied, err) < 0)
            return -1;
    if (found > newest) {
        err_set(err, ERR_SCHEMA, "the database is of version %d and this program knows versions up to %d",
                found, newest);
        return err_hint(err,
                        "install a newer pobsync, or restore a copy of the database from before the upgrade");
    }
    return found < 0 ? -1 : 0;
}

int db_migrate(struct db *db, int64_t now, int *applied, struct err *err)
{
    int count;

    return migration_apply(db, embedded_sql, embedded_sql_count, now, applied != NULL ? applied : &count,
                           err);
}

int db_schema_version(struct db *db, int *found, int *expected, struct err *err)
{
    *expected = newest_of(db, embedded_sql, embedded_sql_count);
    *found = version_of(db, err);
    return *found < 0 ? -1 : 0;
}
