/* Purges: what was deleted, and why. */
#include "store/store_purge.h"

#include "db/transaction.h"
#include "store/store_row.h"
#include "store/store_run.h"

#define PURGE_SELECT                                                                                         \
    "SELECT id, at, actor, origin, host_id, host_name, snapshot_id, snapshot_name, kind, status, "           \
    "snapshot_started_at, files, bytes, new_bytes, reason, plan, run_id, removed_at, removed_entries, "      \
    "freed_bytes FROM purge"

int store_purge_add(struct db *db, const struct purge *purge, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   "INSERT INTO purge (at, actor, origin, host_id, host_name, snapshot_id, snapshot_name, "
                   "kind, status, snapshot_started_at, files, bytes, new_bytes, reason, plan, run_id) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, purge->at);
    db_bind_text(stmt, 2, purge->actor);
    db_bind_text(stmt, 3, purge->origin);
    store_bind_nonzero(stmt, 4, purge->host_id);
    db_bind_text(stmt, 5, purge->host);
    store_bind_nonzero(stmt, 6, purge->snapshot_id);
    db_bind_text(stmt, 7, purge->snapshot);
    db_bind_text(stmt, 8, snapshot_kind_name(purge->kind));
    db_bind_text(stmt, 9, purge->status);
    store_bind_nonzero(stmt, 10, purge->snapshot_started_at);
    store_bind_known(stmt, 11, purge->files);
    store_bind_known(stmt, 12, purge->bytes);
    store_bind_known(stmt, 13, purge->new_bytes);
    db_bind_text(stmt, 14, purge->reason);
    db_bind_text(stmt, 15, purge->plan);
    store_bind_nonzero(stmt, 16, purge->run_id);
    return db_step(stmt, err) < 0 ? -1 : 0;
}

int store_purge_is_recorded(struct db *db, const struct purge *purge, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, "SELECT 1 FROM purge WHERE at = ? AND host_name = ? AND snapshot_name = ?", &stmt,
                   err) < 0)
        return -1;
    db_bind_int(stmt, 1, purge->at);
    db_bind_text(stmt, 2, purge->host);
    db_bind_text(stmt, 3, purge->snapshot);
    return db_step(stmt, err);
}

int store_purge_restore(struct db *db, const struct purge *purge, struct err *err)
{
    int taken, known = store_purge_is_recorded(db, purge, err);
    int64_t last;

    if (known != 0)
        return known < 0 ? -1 : 0;
    taken = store_has(db, "SELECT 1 FROM purge WHERE id = ?", purge->id, err);
    if (taken < 0 || store_purge_add(db, purge, err) < 0)
        return -1;
    last = db_last_id(db);
    if (db_run(db, err,
               "UPDATE purge SET id = ?, noted = 1, removed_at = ?, removed_entries = ?, freed_bytes = ? "
               "WHERE id = ?",
               "ioooi", taken ? last : purge->id, purge->removed_at == 0 ? (int64_t)-1 : purge->removed_at,
               purge->removed_entries, purge->freed_bytes, last) < 0)
        return -1;
    return 1;
}

static int read_purge(struct arena *arena, struct db_stmt *stmt, struct purge *purge, struct err *err)
{
    *purge = (struct purge){
        .id = db_int(stmt, 0),
        .at = db_int(stmt, 1),
        .actor = store_text(arena, stmt, 2),
        .origin = store_text(arena, stmt, 3),
        .host_id = db_int(stmt, 4),
        .host = store_text(arena, stmt, 5),
        .snapshot_id = db_int(stmt, 6),
        .snapshot = store_text(arena, stmt, 7),
        .kind = snapshot_kind_parse(db_text(stmt, 8)),
        .status = store_text(arena, stmt, 9),
        .snapshot_started_at = db_int(stmt, 10),
        .files = store_known(stmt, 11),
        .bytes = store_known(stmt, 12),
        .new_bytes = store_known(stmt, 13),
        .reason = store_text(arena, stmt, 14),
        .plan = store_text(arena, stmt, 15),
        .run_id = db_int(stmt, 16),
        .removed_at = db_int(stmt, 17),
        .removed_entries = store_known(stmt, 18),
        .freed_bytes = store_known(stmt, 19),
    };
    if (purge->kind != KIND__MAX)
        return 0;
    return store_unknown_word(err, arena_printf(arena, "purge %lld", (long long)purge->id), "kind",
                              db_text(stmt, 8));
}

static int read_purges(struct arena *arena, struct db_stmt *stmt, struct purge **purges, size_t *count,
                       struct err *err)
{
    int row;

    *purges = NULL;
    *count = 0;
    while ((row = db_step(stmt, err)) > 0) {
        *purges = store_rows_room(arena, *purges, *count, sizeof **purges);
        if (read_purge(arena, stmt, &(*purges)[*count], err) < 0)
            return -1;
        ++*count;
    }
    return row;
}

int store_purge_list(struct arena *arena, struct db *db, int64_t host_id, int64_t before, int64_t limit,
                     struct purge **purges, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   host_id == 0 ? PURGE_SELECT " WHERE id < ? ORDER BY id DESC LIMIT ?"
                                : PURGE_SELECT " WHERE id < ? AND host_id = ?3 ORDER BY id DESC LIMIT ?2",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, before == 0 ? INT64_MAX : before);
    db_bind_int(stmt, 2, limit);
    if (host_id != 0)
        db_bind_int(stmt, 3, host_id);
    return read_purges(arena, stmt, purges, count, err);
}

int store_purge_unnoted(struct arena *arena, struct db *db, int64_t host_id, struct purge **purges,
                        size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, PURGE_SELECT " WHERE host_id = ? AND noted = 0 ORDER BY id", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    return read_purges(arena, stmt, purges, count, err);
}

int store_purge_set_noted(struct db *db, int64_t host_id, int64_t last_id, struct err *err)
{
    int64_t changed =
        db_run(db, err, "UPDATE purge SET noted = 1 WHERE host_id = ? AND id <= ? AND noted = 0", "ii",
               host_id, last_id);

    return changed < 0 ? -1 : 0;
}

/* The newest purge of a snapshot that is not complete: its id, 0 for none, and its run. */
static int find_open(struct db *db, int64_t snapshot_id, int64_t *id, int64_t *run_id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *id = *run_id = 0;
    if (db_prepare(db,
                   "SELECT id, run_id FROM purge WHERE snapshot_id = ? AND removed_at IS NULL "
                   "ORDER BY id DESC LIMIT 1",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, snapshot_id);
    row = db_step(stmt, err);
    if (row > 0) {
        *id = db_int(stmt, 0);
        *run_id = db_int(stmt, 1);
    }
    return row < 0 ? -1 : 0;
}

int store_purge_set_removed(struct db *db, int64_t snapshot_id, int64_t at, int64_t entries, int64_t freed,
                            struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    int64_t id, run_id;

    if (transaction_begin(&transaction, db, err) < 0 || find_open(db, snapshot_id, &id, &run_id, err) < 0)
        return -1;
    if (id != 0 &&
        db_run(
            db, err,
            "UPDATE purge SET removed_at = ?, removed_entries = ?, freed_bytes = ?, noted = 0 WHERE id = ?",
            "iooi", at, entries, freed, id) < 0)
        return -1;
    if (run_id != 0 && freed >= 0 && store_run_add_freed(db, run_id, freed, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}
