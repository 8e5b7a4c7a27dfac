/* The host keys that were pinned. */
#include "store/store_host_key.h"

#include "db/transaction.h"
#include "store/store_row.h"

int store_host_key_list(struct arena *arena, struct db *db, int64_t host_id, struct host_key **keys,
                        size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *keys = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT type, key_text, fingerprint, pinned_at, pinned_by FROM host_key WHERE host_id = ? "
                   "ORDER BY type",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    while ((row = db_step(stmt, err)) > 0) {
        *keys = store_rows_room(arena, *keys, *count, sizeof **keys);
        (*keys)[(*count)++] = (struct host_key){
            .type = store_text(arena, stmt, 0),
            .key = store_text(arena, stmt, 1),
            .fingerprint = store_text(arena, stmt, 2),
            .pinned_at = db_int(stmt, 3),
            .pinned_by = store_text(arena, stmt, 4),
        };
    }
    return row;
}

/* Two statements, because no upsert is common to both databases. */
int store_host_key_save(struct db *db, int64_t host_id, const struct host_key *key, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, db, err) < 0 ||
        db_run(db, err, "DELETE FROM host_key WHERE host_id = ? AND type = ?", "it", host_id, key->type) <
            0 ||
        db_run(db, err,
               "INSERT INTO host_key (host_id, type, key_text, fingerprint, pinned_at, pinned_by) "
               "VALUES (?, ?, ?, ?, ?, ?)",
               "itttit", host_id, key->type, key->key, key->fingerprint, key->pinned_at, key->pinned_by) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

int64_t store_host_key_delete(struct db *db, int64_t host_id, struct err *err)
{
    return db_run(db, err, "DELETE FROM host_key WHERE host_id = ?", "i", host_id);
}
