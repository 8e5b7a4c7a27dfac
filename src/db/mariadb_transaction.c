/*
 * Transactions of MariaDB. All writers of a database take turns, as in SQLite: the row "lock" of table writer_turn is
 * changed first, by each of them. So what a transaction has read stays true until it has written, no two ever wait for
 * each other in a circle, and on a cluster two that run on different nodes cannot both be committed.
 *
 * A transaction that the server has lost or rolled back is repeated here, statement by statement, and only goes on when
 * each of them gives what it gave before: whoever has begun it notices nothing. One that was lost while it was being
 * committed is looked for by its number, which it has left in the same table.
 */
#include <errmsg.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdio.h>

#include "db/mariadb_driver.h"
#include "sys/clock.h"
#include "sys/random.h"

enum { PATIENCE_MS = 30000, FIRST_PATIENCE_MS = 5000, FIRST_PAUSE_MS = 20, PAUSE_MAX_MS = 1000 };

static const char take_turn[] =
    "START TRANSACTION; UPDATE writer_turn SET turn = turn + 1, at = UNIX_TIMESTAMP() WHERE name = 'lock'";

static const char make_turns[] =
    "CREATE TABLE IF NOT EXISTS writer_turn (name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, "
    "turn BIGINT NOT NULL, at BIGINT NOT NULL) ENGINE = InnoDB; "
    "INSERT IGNORE INTO writer_turn (name, turn, at) VALUES ('lock', 0, 0)";

/* Returns 0 with the lock of the writers, or the error's number. */
static unsigned lock_writers(struct mariadb_db *db)
{
    unsigned number = mariadb_query(db, take_turn);

    if (number == ER_NO_SUCH_TABLE && (number = mariadb_query(db, make_turns)) == 0)
        number = mariadb_query(db, take_turn);
    if (number == 0 && libmariadb.mysql_affected_rows(db->link) == 0)
        number = ER_NO_SUCH_TABLE; /* somebody has deleted the row */
    return number;
}

static void forget_log(struct mariadb_db *db)
{
    arena_release(&db->log_arena);
    db->log_first = NULL;
    db->log_end = &db->log_first;
    db->wrote = false;
}

int mariadb_begin(struct db *db, struct err *err)
{
    struct mariadb_db *own = mariadb_of(db);
    unsigned number;

    forget_log(own);
    while ((number = lock_writers(own)) != 0) {
        mariadb_link_fail(own, number, err);
        (void)mariadb_query(own, "ROLLBACK");
        if (mariadb_recover(own, number, err) < 0)
            return -1;
    }
    own->in_transaction = true;
    return 0;
}

void mariadb_rollback(struct db *db)
{
    struct mariadb_db *own = mariadb_of(db);

    own->in_transaction = false;
    forget_log(own);
    if (own->link != NULL && mariadb_query(own, "ROLLBACK") != 0)
        mariadb_link_down(own); /* the server rolls back what has no connection */
}

/* What a statement gave, as a number (FNV-1a). */
static uint64_t outcome_of(const struct mariadb_db *db, const struct mariadb_stmt *stmt)
{
    uint64_t hash = 14695981039346656037U ^ (uint64_t)(stmt->writes ? db->changes : 0);

    for (size_t i = 0; i < stmt->rows.size; i++)
        hash = (hash ^ (unsigned char)stmt->rows.data[i]) * 1099511628211U;
    return hash;
}

void mariadb_log(struct mariadb_db *db, const struct mariadb_stmt *stmt)
{
    struct mariadb_call *call = arena_alloc(&db->log_arena, sizeof *call);
    size_t count = (size_t)stmt->places.parameters;

    *call = (struct mariadb_call){.sql = arena_strdup(&db->log_arena, stmt->sql),
                                  .values = arena_alloc(&db->log_arena, (count + 1) * sizeof *call->values),
                                  .value_count = (int)count,
                                  .outcome = outcome_of(db, stmt),
                                  .last_id = stmt->writes ? db->last_id : 0};
    for (size_t i = 0; i < count; i++) {
        call->values[i] = stmt->values[i];
        if (stmt->values[i].bytes != NULL)
            call->values[i].bytes = arena_copy(&db->log_arena, stmt->values[i].bytes, stmt->values[i].size);
    }
    *db->log_end = call;
    db->log_end = &call->next;
    db->wrote = db->wrote || stmt->writes;
}

static int is_different(struct mariadb_db *db, struct err *err)
{
    err_set(err, ERR_DATABASE,
            "database \"%s\": a change that was interrupted cannot be repeated, for the data has changed "
            "meanwhile",
            db->name);
    return err_hint(err, "nothing of it was kept: try again");
}

/* A row that is inserted again gets the id that it had. Returns 0, or the error's number; *same says whether it gave the
 * same. */
static unsigned repeat_call(struct mariadb_db *db, const struct mariadb_call *call, bool *same,
                            struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    struct mariadb_stmt *own;
    unsigned number = 0;

    if (call->last_id > 0)
        number = mariadb_query(db, arena_printf(&arena, "SET insert_id = %lld", (long long)call->last_id));
    if (number != 0)
        return number;
    own = mariadb_stmt_make(db, call->sql);
    stmt = &own->stmt;
    for (int i = 0; i < call->value_count; i++)
        mariadb_bind(own, i + 1, call->values[i]);
    number = mariadb_execute(own, err);
    *same = number == 0 && outcome_of(db, own) == call->outcome;
    return number;
}

/* Returns 0, or the error's number; *same as above. The figures of the last statement stay as they were. */
static unsigned repeat_all(struct mariadb_db *db, bool *same, struct err *err)
{
    const int64_t changes = db->changes, last_id = db->last_id;
    unsigned number = 0;

    *same = true;
    for (const struct mariadb_call *call = db->log_first; call != NULL && *same && number == 0;
         call = call->next)
        number = repeat_call(db, call, same, err);
    db->changes = changes;
    db->last_id = last_id;
    return number;
}

static unsigned was_committed(struct mariadb_db *db, bool *committed)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    int64_t turn;
    unsigned number = mariadb_query_int(
        db, arena_printf(&arena, "SELECT turn FROM writer_turn WHERE name = '%s'", db->mark), &turn);

    *committed = number == 0 && turn == db->turn;
    return number;
}

/* One attempt. Returns 0, or the error's number with `err` filled. `in_doubt` (may be NULL): says whether the commit that
 * was under way has come through; then the transaction is over. */
static unsigned bring_back(struct mariadb_db *db, bool *in_doubt, bool *same, struct err *err)
{
    unsigned number;

    *same = true;
    number = db->link != NULL ? 0 : mariadb_link_up(db, err);
    if (number != 0 || !db->in_transaction)
        return number;
    number = lock_writers(db);
    if (number == 0 && in_doubt != NULL)
        number = was_committed(db, in_doubt);
    if (number != 0) {
        mariadb_link_fail(db, number, err);
        return number;
    }
    return in_doubt != NULL && *in_doubt ? 0 : repeat_all(db, same, err);
}

static int recover(struct mariadb_db *db, unsigned number, bool *in_doubt, struct err *err)
{
    const int64_t end = clock_boot_ms() + PATIENCE_MS;
    int pause = FIRST_PAUSE_MS;
    bool same = true;

    while (!db->viewing && (mariadb_is_lost(number) || mariadb_is_conflict(number))) {
        if (mariadb_is_lost(number))
            mariadb_link_down(db);
        else
            (void)mariadb_query(db, "ROLLBACK");
        number = bring_back(db, in_doubt, &same, err);
        if (number == 0 && same)
            return 0;
        if (number == 0)
            is_different(db, err);
        if (number == 0 || clock_boot_ms() > end)
            break;
        poll(NULL, 0, pause);
        pause = pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause * 2;
    }
    return -1;
}

int mariadb_link_first(struct mariadb_db *db, struct err *err)
{
    const int64_t end = clock_boot_ms() + FIRST_PATIENCE_MS;
    unsigned number;

    while ((number = mariadb_link_up(db, err)) != 0) {
        if (!mariadb_is_lost(number) || clock_boot_ms() > end)
            return -1;
        poll(NULL, 0, FIRST_PAUSE_MS);
    }
    return 0;
}

int mariadb_recover(struct mariadb_db *db, unsigned number, struct err *err)
{
    return recover(db, number, NULL, err);
}

/* Notes the number of this transaction in itself, and commits. The first note of a handle clears away those of handles
 * that are long gone. */
static unsigned commit(struct mariadb_db *db)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    bool first = db->mark[0] == '\0';

    if (!db->wrote)
        return mariadb_query(db, "COMMIT");
    if (first)
        random_uuid(db->mark);
    return mariadb_query(
        db, arena_printf(&arena,
                         "%s"
                         "INSERT INTO writer_turn (name, turn, at) VALUES ('%s', %lld, UNIX_TIMESTAMP()) "
                         "ON DUPLICATE KEY UPDATE turn = VALUES(turn), at = VALUES(at); COMMIT",
                         first ? "DELETE FROM writer_turn WHERE name <> 'lock' AND at < UNIX_TIMESTAMP() - "
                                 "86400; "
                               : "",
                         db->mark, (long long)db->turn));
}

int mariadb_commit(struct db *db, struct err *err)
{
    struct mariadb_db *own = mariadb_of(db);
    unsigned number;

    own->turn++;
    while ((number = commit(own)) != 0) {
        bool committed = false;

        mariadb_link_fail(own, number, err);
        if (recover(own, number, own->wrote ? &committed : NULL, err) < 0)
            return -1;
        if (committed) {
            (void)mariadb_query(own, "ROLLBACK"); /* only the lock */
            break;
        }
    }
    own->in_transaction = false;
    forget_log(own);
    return 0;
}
