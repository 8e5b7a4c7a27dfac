/* Figures of space, and samples of room. */
#include "store/store_space.h"

#include "store/store_row.h"

/* Final ones that are there. */
#define THERE "s.host_id = h.id AND s.kind <> 'incomplete' AND s.status NOT IN ('deleting', 'deleted')"

#define SPACE_SELECT                                                                                         \
    "SELECT h.id, h.name, hs.measured_at, hs.bytes, hs.unread, "                                             \
    "(SELECT SUM(f.bytes) FROM snapshot s JOIN snapshot_space f ON f.snapshot_id = s.id WHERE " THERE "), "  \
    "(SELECT COUNT(*) FROM snapshot s WHERE " THERE "), "                                                    \
    "(SELECT COUNT(*) FROM snapshot s JOIN snapshot_space f ON f.snapshot_id = s.id WHERE " THERE "), "      \
    "(SELECT SUM(s.new_bytes) FROM snapshot s WHERE " THERE " AND s.started_at >= ?) "                       \
    "FROM host h LEFT JOIN host_space hs ON hs.host_id = h.id"

static int done(int64_t changed)
{
    return changed < 0 ? -1 : 0;
}

static struct host_space read_space(struct arena *arena, struct db_stmt *stmt)
{
    bool known = db_int(stmt, 2) != 0;

    return (struct host_space){
        .host_id = db_int(stmt, 0),
        .host = store_text(arena, stmt, 1),
        .measured_at = db_int(stmt, 2),
        .bytes = store_known(stmt, 3),
        .unread = db_int(stmt, 4),
        .sum = known ? db_int(stmt, 5) : -1,
        .snapshots = db_int(stmt, 6),
        .measured = db_int(stmt, 7),
        .recent = db_int(stmt, 8),
    };
}

int store_space_list(struct arena *arena, struct db *db, int64_t since, struct host_space **rows,
                     size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db, SPACE_SELECT " ORDER BY h.name", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, since);
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = read_space(arena, stmt);
    }
    return row;
}

int store_space_load(struct arena *arena, struct db *db, int64_t host_id, int64_t since,
                     struct host_space *space, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, SPACE_SELECT " WHERE h.id = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, since);
    db_bind_int(stmt, 2, host_id);
    row = db_step(stmt, err);
    if (row == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no host with the id %lld", (long long)host_id);
    if (row > 0)
        *space = read_space(arena, stmt);
    return row < 0 ? -1 : 0;
}

int store_space_snapshots(struct arena *arena, struct db *db, int64_t host_id, struct snapshot_space **rows,
                          size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT f.snapshot_id, f.bytes, f.new_bytes, f.exclusive_bytes, f.directory_bytes "
                   "FROM snapshot_space f JOIN snapshot s ON s.id = f.snapshot_id WHERE s.host_id = ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = (struct snapshot_space){.snapshot_id = db_int(stmt, 0),
                                                      .bytes = db_int(stmt, 1),
                                                      .new_bytes = db_int(stmt, 2),
                                                      .exclusive_bytes = db_int(stmt, 3),
                                                      .directory_bytes = db_int(stmt, 4)};
    }
    return row;
}

int store_space_save(struct db *db, const struct host_space *space, const struct snapshot_space *rows,
                     size_t count, struct err *err)
{
    if (db_run(db, err,
               "DELETE FROM snapshot_space WHERE snapshot_id IN (SELECT id FROM snapshot WHERE host_id = ?)",
               "i", space->host_id) < 0 ||
        db_run(db, err, "DELETE FROM host_space WHERE host_id = ?", "i", space->host_id) < 0 ||
        db_run(db, err, "INSERT INTO host_space (host_id, measured_at, bytes, unread) VALUES (?, ?, ?, ?)",
               "iiii", space->host_id, space->measured_at, space->bytes, space->unread) < 0)
        return -1;
    /* One that lost its row meanwhile has none to belong to. */
    for (size_t i = 0; i < count; i++)
        if (db_run(
                db, err,
                "INSERT INTO snapshot_space (snapshot_id, bytes, new_bytes, exclusive_bytes, directory_bytes) "
                "SELECT id, ?, ?, ?, ? FROM snapshot WHERE id = ?",
                "iiiii", rows[i].bytes, rows[i].new_bytes, rows[i].exclusive_bytes, rows[i].directory_bytes,
                rows[i].snapshot_id) < 0)
            return -1;
    return 0;
}

int64_t store_room_newest(struct db *db, int64_t root_id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, "SELECT MAX(taken_at) FROM room_sample WHERE root_id = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, root_id);
    return db_step(stmt, err) < 0 ? -1 : db_int(stmt, 0);
}

int store_room_add(struct db *db, int64_t root_id, const struct room_sample *sample, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(
            db,
            "INSERT INTO room_sample (root_id, taken_at, bytes_free, bytes_total, inodes_free, inodes_total) "
            "SELECT ?, ?, ?, ?, ?, ? WHERE NOT EXISTS "
            "(SELECT 1 FROM room_sample WHERE root_id = ? AND taken_at = ?)",
            &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, root_id);
    db_bind_int(stmt, 2, sample->taken_at);
    db_bind_int(stmt, 3, sample->bytes_free);
    db_bind_int(stmt, 4, sample->bytes_total);
    store_bind_known(stmt, 5, sample->inodes_free);
    store_bind_known(stmt, 6, sample->inodes_total);
    db_bind_int(stmt, 7, root_id);
    db_bind_int(stmt, 8, sample->taken_at);
    return db_step(stmt, err) < 0 ? -1 : 0;
}

int store_room_list(struct arena *arena, struct db *db, int64_t root_id, int64_t since,
                    struct room_sample **rows, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT taken_at, bytes_free, bytes_total, inodes_free, inodes_total FROM room_sample "
                   "WHERE root_id = ? AND taken_at >= ? ORDER BY taken_at",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, root_id);
    db_bind_int(stmt, 2, since);
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = (struct room_sample){.taken_at = db_int(stmt, 0),
                                                   .bytes_free = db_int(stmt, 1),
                                                   .bytes_total = db_int(stmt, 2),
                                                   .inodes_free = store_known(stmt, 3),
                                                   .inodes_total = store_known(stmt, 4)};
    }
    return row;
}

int store_room_expire(struct db *db, int64_t before, struct err *err)
{
    return done(db_run(db, err, "DELETE FROM room_sample WHERE taken_at < ?", "i", before));
}
