/* The records of snapshots. */
#include "store/store_snapshot.h"

#include <assert.h>

#include "store/store_row.h"

#define NEWEST_FIRST " ORDER BY s.name DESC, h.name"

static int read_snapshot(struct arena *arena, struct db_stmt *stmt, struct snapshot *snapshot,
                         struct err *err)
{
    *snapshot = (struct snapshot){
        .id = db_int(stmt, 0),
        .host_id = db_int(stmt, 1),
        .host = store_text(arena, stmt, 2),
        .run_id = db_int(stmt, 3),
        .kind = snapshot_kind_parse(db_text(stmt, 4)),
        .name = store_text(arena, stmt, 5),
        .status = snapshot_status_parse(db_text(stmt, 6)),
        .started_at = db_int(stmt, 7),
        .ended_at = db_int(stmt, 8),
        .base_id = db_int(stmt, 9),
        .base = store_text(arena, stmt, 10),
        .files = store_known(stmt, 11),
        .directories = store_known(stmt, 12),
        .bytes = store_known(stmt, 13),
        .linked_files = store_known(stmt, 14),
        .new_bytes = store_known(stmt, 15),
        .pinned = db_int(stmt, 16) != 0,
        .pin_reason = store_text(arena, stmt, 17),
        .confirmed = db_int(stmt, 18) != 0,
        .held_reason = store_text(arena, stmt, 19),
        .missing_since = db_int(stmt, 20),
    };
    if (snapshot->kind != KIND__MAX && snapshot->status != SNAPSHOT__MAX)
        return 0;
    const char *row = arena_printf(arena, "snapshot \"%s\" of host \"%s\"", snapshot->name, snapshot->host);
    if (snapshot->kind == KIND__MAX)
        return store_unknown_word(err, row, "kind", db_text(stmt, 4));
    return store_unknown_word(err, row, "status", db_text(stmt, 6));
}

/* A snapshot that is held is so since its run ended; -1 for one that is not. */
static int64_t held_at(const struct snapshot *snapshot)
{
    return snapshot->held_reason == NULL ? -1 : snapshot->ended_at;
}

static bool name_is_taken(struct db *db, const struct snapshot *snapshot)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct err ignored;

    if (db_prepare(db, "SELECT 1 FROM snapshot WHERE host_id = ? AND name = ?", &stmt, &ignored) < 0)
        return false;
    db_bind_int(stmt, 1, snapshot->host_id);
    db_bind_text(stmt, 2, snapshot->name);
    return db_step(stmt, &ignored) > 0;
}

/* `metadata`: what lies beside it on disk, of one that was found there; else NULL. */
static int insert(struct db *db, const struct snapshot *snapshot, const char *metadata, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(
            db,
            "INSERT INTO snapshot (host_id, run_id, kind, name, status, started_at, ended_at, base_id, "
            "base_name, files, directories, bytes, linked_files, new_bytes, pinned, pin_reason, confirmed, "
            "held_reason, held_at, missing_since, claimed_metadata) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, snapshot->host_id);
    store_bind_nonzero(stmt, 2, snapshot->run_id);
    db_bind_text(stmt, 3, snapshot_kind_name(snapshot->kind));
    db_bind_text(stmt, 4, snapshot->name);
    db_bind_text(stmt, 5, snapshot_status_name(snapshot->status));
    store_bind_nonzero(stmt, 6, snapshot->started_at);
    store_bind_nonzero(stmt, 7, snapshot->ended_at);
    store_bind_nonzero(stmt, 8, snapshot->base_id);
    db_bind_text(stmt, 9, snapshot->base);
    store_bind_known(stmt, 10, snapshot->files);
    store_bind_known(stmt, 11, snapshot->directories);
    store_bind_known(stmt, 12, snapshot->bytes);
    store_bind_known(stmt, 13, snapshot->linked_files);
    store_bind_known(stmt, 14, snapshot->new_bytes);
    db_bind_int(stmt, 15, snapshot->pinned);
    db_bind_text(stmt, 16, snapshot->pin_reason);
    db_bind_int(stmt, 17, snapshot->confirmed);
    db_bind_text(stmt, 18, snapshot->held_reason);
    store_bind_known(stmt, 19, held_at(snapshot));
    store_bind_nonzero(stmt, 20, snapshot->missing_since);
    db_bind_text(stmt, 21, metadata);
    if (db_step(stmt, err) >= 0)
        return 0;
    if (err->code == ERR_EXISTS && name_is_taken(db, snapshot))
        err_set(err, ERR_EXISTS, "snapshot \"%s\" of host \"%s\" is recorded already", snapshot->name,
                snapshot->host);
    return -1;
}

int store_snapshot_insert(struct db *db, const struct snapshot *snapshot, int64_t *id, struct err *err)
{
    if (insert(db, snapshot, NULL, err) < 0)
        return -1;
    *id = db_last_id(db);
    return 0;
}

static int no_snapshot(struct db *db, int64_t host_id, const char *name, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *host = NULL;
    DB_STMT_SCOPED *names = NULL;
    const char *nearest;
    int row;

    if (db_prepare(db, "SELECT name FROM host WHERE id = ?", &host, err) < 0 ||
        db_prepare(db, "SELECT name FROM snapshot WHERE host_id = ? ORDER BY name DESC", &names, err) < 0)
        return -1;
    db_bind_int(host, 1, host_id);
    db_bind_int(names, 1, host_id);
    nearest = store_nearest(&arena, names, name);
    row = db_step(host, err);
    if (row < 0)
        return -1;
    err_set(err, ERR_NOT_FOUND, "host \"%s\" has no snapshot \"%s\"", row > 0 ? db_text(host, 0) : "", name);
    return nearest == NULL ? -1 : err_hint(err, "did you mean \"%s\"?", nearest);
}

int store_snapshot_load(struct arena *arena, struct db *db, int64_t host_id, const char *name,
                        struct snapshot *snapshot, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, SNAPSHOT_SELECT " WHERE s.host_id = ? AND s.name = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    db_bind_text(stmt, 2, name);
    row = db_step(stmt, err);
    if (row == 0)
        return no_snapshot(db, host_id, name, err);
    return row < 0 ? -1 : read_snapshot(arena, stmt, snapshot, err);
}

int store_snapshot_read(struct arena *arena, struct db_stmt *stmt, struct snapshot **snapshots, size_t *count,
                        struct err *err)
{
    int row;

    *snapshots = NULL;
    *count = 0;
    while ((row = db_step(stmt, err)) > 0) {
        *snapshots = store_rows_room(arena, *snapshots, *count, sizeof **snapshots);
        if (read_snapshot(arena, stmt, &(*snapshots)[*count], err) < 0)
            return -1;
        ++*count;
    }
    return row;
}

int store_snapshot_list(struct arena *arena, struct db *db, int64_t host_id, bool deleted,
                        struct snapshot **snapshots, size_t *count, struct err *err)
{
    static const char *const sql[2][2] = {
        {SNAPSHOT_SELECT " WHERE (s.status IS NULL OR s.status <> 'deleted')" NEWEST_FIRST,
         SNAPSHOT_SELECT NEWEST_FIRST},
        {SNAPSHOT_SELECT " WHERE s.host_id = ? AND (s.status IS NULL OR s.status <> 'deleted')" NEWEST_FIRST,
         SNAPSHOT_SELECT " WHERE s.host_id = ?" NEWEST_FIRST},
    };
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, sql[host_id != 0][deleted], &stmt, err) < 0)
        return -1;
    if (host_id != 0)
        db_bind_int(stmt, 1, host_id);
    return store_snapshot_read(arena, stmt, snapshots, count, err);
}

/* What an UPDATE came to: 0, or -1, also when it found no row: either there is no such snapshot, or the snapshot `why`
 * ("is not held"). */
static int changed(struct db *db, int64_t rows, int64_t id, const char *why, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    struct snapshot snapshot = {0};
    int row;

    if (rows != 0)
        return rows < 0 ? -1 : 0;
    if (db_prepare(db, SNAPSHOT_SELECT " WHERE s.id = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, id);
    row = db_step(stmt, err);
    if (row == 0)
        return err_set(err, ERR_NOT_FOUND, "no snapshot with the id %lld", (long long)id);
    if (row < 0 || read_snapshot(&arena, stmt, &snapshot, err) < 0)
        return -1;
    return err_set(err, ERR_REFUSED, "snapshot \"%s\" of host \"%s\" %s", snapshot.name, snapshot.host, why);
}

int store_snapshot_publish(struct db *db, const struct snapshot *snapshot, struct err *err)
{
    int64_t rows;

    assert(snapshot->kind == KIND_SCHEDULED || snapshot->kind == KIND_MANUAL);
    rows = db_run(
        db, err,
        "UPDATE snapshot SET kind = ?, status = ?, ended_at = ?, files = ?, directories = ?, bytes = ?, "
        "linked_files = ?, new_bytes = ?, base_id = ?, base_name = ?, confirmed = ?, held_reason = ?, held_at = ? "
        "WHERE id = ? AND kind = 'incomplete' AND status IS NULL",
        "ttiooooootitoi", snapshot_kind_name(snapshot->kind), snapshot_status_name(snapshot->status),
        snapshot->ended_at, snapshot->files, snapshot->directories, snapshot->bytes, snapshot->linked_files,
        snapshot->new_bytes, snapshot->base_id == 0 ? (int64_t)-1 : snapshot->base_id, snapshot->base,
        (int64_t)snapshot->confirmed, snapshot->held_reason, held_at(snapshot), snapshot->id);
    return changed(db, rows, snapshot->id, "is not incomplete: it cannot be published", err);
}

int store_snapshot_release(struct db *db, int64_t id, struct err *err)
{
    int64_t rows = db_run(db, err,
                          "UPDATE snapshot SET held_reason = NULL, held_at = NULL "
                          "WHERE id = ? AND held_reason IS NOT NULL",
                          "i", id);

    return changed(db, rows, id, "is not held", err);
}

int store_snapshot_set_pin(struct db *db, int64_t id, const char *reason, struct err *err)
{
    int64_t rows = db_run(db, err,
                          "UPDATE snapshot SET pinned = ?, pin_reason = ? "
                          "WHERE id = ? AND (status IS NULL OR status NOT IN ('deleting', 'deleted'))",
                          "iti", (int64_t)(reason != NULL), reason, id);

    return changed(db, rows, id, "is being deleted", err);
}

int store_snapshot_decide(struct db *db, int64_t id, const char *pin_reason, const char *held_reason,
                          struct err *err)
{
    int64_t rows =
        db_run(db, err,
               "UPDATE snapshot SET pinned = ?, pin_reason = ?, held_reason = ?, held_at = "
               "CASE WHEN ? IS NULL THEN NULL ELSE ended_at END WHERE id = ? AND status = 'claimed'",
               "ittti", (int64_t)(pin_reason != NULL), pin_reason, held_reason, held_reason, id);

    return changed(db, rows, id, "is not claimed", err);
}

int store_snapshot_set_missing(struct db *db, int64_t id, int64_t since, struct err *err)
{
    int64_t rows = db_run(db, err, "UPDATE snapshot SET missing_since = ? WHERE id = ?", "oi",
                          since == 0 ? (int64_t)-1 : since, id);

    return changed(db, rows, id, "cannot be changed", err);
}

int store_snapshot_set_status(struct db *db, int64_t id, enum snapshot_status status, struct err *err)
{
    int64_t rows;

    assert(status == SNAPSHOT_DELETING || status == SNAPSHOT_DELETED);
    if (status == SNAPSHOT_DELETING) {
        rows = db_run(
            db, err,
            "UPDATE snapshot SET status = 'deleting' WHERE id = ? AND (status IS NULL OR status <> 'deleted')",
            "i", id);
        return changed(db, rows, id, "has been deleted already", err);
    }
    rows = db_run(db, err,
                  "UPDATE snapshot SET status = 'deleted' WHERE id = ? AND status IN ('deleting', 'deleted')",
                  "i", id);
    return changed(db, rows, id, "is not being deleted", err);
}

int store_snapshot_newest_name(struct arena *arena, struct db *db, int64_t host_id, const char **name,
                               struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, "SELECT max(name) FROM snapshot WHERE host_id = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    if (db_step(stmt, err) < 0)
        return -1;
    *name = store_text(arena, stmt, 0);
    return 0;
}

/* The row of one that was deleted, and whose directory is back. How many there were, or -1. */
static int64_t revive(struct db *db, const struct snapshot *snapshot, const char *metadata, struct err *err)
{
    return db_run(
        db, err,
        "UPDATE snapshot SET run_id = NULL, kind = ?, status = 'claimed', started_at = ?, ended_at = ?, "
        "base_id = NULL, base_name = ?, files = ?, directories = ?, bytes = ?, linked_files = ?, new_bytes = ?, "
        "pinned = 0, pin_reason = NULL, confirmed = 0, held_reason = ?, held_at = ?, missing_since = NULL, "
        "claimed_metadata = ? WHERE host_id = ? AND name = ? AND status = 'deleted'",
        "tiotooooototit", snapshot_kind_name(snapshot->kind), snapshot->started_at,
        snapshot->ended_at == 0 ? (int64_t)-1 : snapshot->ended_at, snapshot->base, snapshot->files,
        snapshot->directories, snapshot->bytes, snapshot->linked_files, snapshot->new_bytes,
        snapshot->held_reason, held_at(snapshot), metadata, snapshot->host_id, snapshot->name);
}

int store_snapshot_import(struct db *db, const struct snapshot *snapshot, const char *metadata,
                          struct err *err)
{
    int64_t revived = revive(db, snapshot, metadata, err);

    assert(snapshot->status == SNAPSHOT_CLAIMED && !snapshot->confirmed);
    if (revived != 0)
        return revived < 0 ? -1 : 0;
    return insert(db, snapshot, metadata, err);
}

int store_snapshot_link_bases(struct db *db, int64_t host_id, struct err *err)
{
    int64_t rows = db_run(
        db, err,
        "UPDATE snapshot SET base_id = (SELECT b.id FROM snapshot b WHERE b.host_id = snapshot.host_id AND "
        "b.name = snapshot.base_name) WHERE host_id = ? AND status = 'claimed' AND base_id IS NULL AND "
        "base_name < name AND EXISTS (SELECT 1 FROM snapshot b WHERE b.host_id = snapshot.host_id AND "
        "b.name = snapshot.base_name AND b.status <> 'deleted')",
        "i", host_id);

    return rows < 0 ? -1 : 0;
}

int store_snapshot_confirm(struct db *db, const struct snapshot *snapshot, struct err *err)
{
    int64_t rows = db_run(
        db, err,
        "UPDATE snapshot SET status = ?, files = ?, directories = ?, bytes = ?, linked_files = ?, "
        "new_bytes = ?, held_reason = ?, held_at = ?, confirmed = 1 WHERE id = ? AND status = 'claimed'",
        "toooootoi", snapshot_status_name(snapshot->status), snapshot->files, snapshot->directories,
        snapshot->bytes, snapshot->linked_files, snapshot->new_bytes, snapshot->held_reason,
        held_at(snapshot), snapshot->id);

    return changed(db, rows, snapshot->id, "is not claimed: it cannot be confirmed", err);
}
