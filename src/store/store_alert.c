/* Alerts: what was told, and what is on its way. */
#include "store/store_alert.h"

#include "db/transaction.h"
#include "store/store_row.h"

enum { DELIVERIES_KEPT = 1000 };

int store_alert_list(struct arena *arena, struct db *db, struct alert_row **rows, size_t *count,
                     struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db, "SELECT subject, told_health, since, told_at FROM alert_state ORDER BY subject", &stmt,
                   err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = (struct alert_row){store_text(arena, stmt, 0), store_text(arena, stmt, 1),
                                                 db_int(stmt, 2), db_int(stmt, 3)};
    }
    return row;
}

/* Two statements, because no upsert is common to both databases. */
int store_alert_save(struct db *db, const struct alert_row *row, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, db, err) < 0 || store_alert_delete(db, row->subject, err) < 0 ||
        db_run(db, err, "INSERT INTO alert_state (subject, told_health, since, told_at) VALUES (?, ?, ?, ?)",
               "ttoi", row->subject, row->health, row->since == 0 ? (int64_t)-1 : row->since,
               row->told_at) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

static int done(int64_t changed)
{
    return changed < 0 ? -1 : 0;
}

int store_alert_delete(struct db *db, const char *subject, struct err *err)
{
    return done(db_run(db, err, "DELETE FROM alert_state WHERE subject = ?", "t", subject));
}

int store_alert_retries(struct arena *arena, struct db *db, int64_t since, int64_t **hosts, size_t *count,
                        struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *hosts = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT host_id FROM run WHERE host_id IS NOT NULL AND retry_of IS NOT NULL AND "
                   "(state = 'running' OR (state = 'queued' AND due_at >= ?))",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, since);
    while ((row = db_step(stmt, err)) > 0) {
        *hosts = store_rows_room(arena, *hosts, *count, sizeof **hosts);
        (*hosts)[(*count)++] = db_int(stmt, 0);
    }
    return row;
}

int store_outbox_add(struct db *db, const struct outbox_row *row, struct err *err)
{
    return done(db_run(
        db, err,
        "INSERT INTO alert_outbox (channel, recipient, subject, body, created_at, next_try_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        "ttttii", row->channel, row->recipient, row->subject, row->body, row->created_at, row->next_try_at));
}

int store_outbox_list(struct arena *arena, struct db *db, int64_t due_at, int64_t limit,
                      struct outbox_row **rows, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT id, channel, recipient, subject, body, created_at, tries, next_try_at, last_error "
                   "FROM alert_outbox WHERE next_try_at <= ? ORDER BY id LIMIT ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, due_at == 0 ? INT64_MAX : due_at);
    db_bind_int(stmt, 2, limit);
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = (struct outbox_row){
            .id = db_int(stmt, 0),
            .channel = store_text(arena, stmt, 1),
            .recipient = store_text(arena, stmt, 2),
            .subject = store_text(arena, stmt, 3),
            .body = store_text(arena, stmt, 4),
            .created_at = db_int(stmt, 5),
            .tries = db_int(stmt, 6),
            .next_try_at = db_int(stmt, 7),
            .last_error = store_text(arena, stmt, 8),
        };
    }
    return row;
}

int store_outbox_take(struct db *db, const struct outbox_row *row, int64_t until, struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE alert_outbox SET tries = tries + 1, last_error = NULL, next_try_at = ? "
                             "WHERE id = ? AND tries = ? AND next_try_at = ?",
                             "iiii", until, row->id, row->tries, row->next_try_at);

    return changed < 0 ? -1 : changed > 0;
}

int store_outbox_fail(struct db *db, int64_t id, const char *error, int64_t next_try_at, struct err *err)
{
    return done(db_run(db, err, "UPDATE alert_outbox SET last_error = ?, next_try_at = ? WHERE id = ?", "tii",
                       error, next_try_at, id));
}

int store_outbox_postpone(struct db *db, const char *channel, const char *error, int64_t until,
                          struct err *err)
{
    return done(db_run(db, err,
                       "UPDATE alert_outbox SET next_try_at = ?, last_error = ? "
                       "WHERE channel = ? AND next_try_at < ?",
                       "itti", until, error, channel, until));
}

int store_outbox_hurry(struct db *db, int64_t now, struct err *err)
{
    return done(db_run(db, err,
                       "UPDATE alert_outbox SET next_try_at = ? "
                       "WHERE next_try_at > ? AND last_error IS NOT NULL",
                       "ii", now, now));
}

int store_outbox_end(struct db *db, const struct outbox_row *row, int64_t at, const char *error,
                     struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, db, err) < 0 ||
        db_run(
            db, err,
            "INSERT INTO alert_delivery (at, channel, recipient, subject, outcome, created_at, tries, error) "
            "SELECT ?, channel, recipient, subject, ?, created_at, tries, ? FROM alert_outbox WHERE id = ?",
            "itti", at, error == NULL ? "delivered" : "given_up", error, row->id) < 0 ||
        db_run(db, err, "DELETE FROM alert_outbox WHERE id = ?", "i", row->id) < 0 ||
        db_run(db, err, "DELETE FROM alert_delivery WHERE id <= (SELECT max(id) FROM alert_delivery) - ?",
               "i", (int64_t)DELIVERIES_KEPT) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

int store_delivery_list(struct arena *arena, struct db *db, int64_t limit, struct delivery_row **rows,
                        size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT at, channel, recipient, subject, outcome = 'delivered', created_at, tries, error "
                   "FROM alert_delivery ORDER BY id DESC LIMIT ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, limit);
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = (struct delivery_row){
            .at = db_int(stmt, 0),
            .channel = store_text(arena, stmt, 1),
            .recipient = store_text(arena, stmt, 2),
            .subject = store_text(arena, stmt, 3),
            .delivered = db_int(stmt, 4) != 0,
            .created_at = db_int(stmt, 5),
            .tries = db_int(stmt, 6),
            .error = store_text(arena, stmt, 7),
        };
    }
    return row;
}
