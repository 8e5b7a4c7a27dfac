/* Who works on a node, and the passes of its scheduler. */
#include "store/store_daemon.h"

#include "store/store_row.h"

enum { DAY = 86400 };

/* Update first: nearly always the row is there. Who loses the race for the insert has it as well. */
int store_daemon_beat(struct db *db, int64_t node_id, const char *role, const char *name, int64_t now,
                      struct err *err)
{
    int64_t changed =
        db_run(db, err, "UPDATE daemon SET seen_at = ? WHERE node_id = ? AND role = ? AND name = ?", "iitt",
               now, node_id, role, name);

    if (changed == 0 &&
        db_run(db, err, "DELETE FROM daemon WHERE node_id = ? AND seen_at < ?", "ii", node_id, now - DAY) < 0)
        return -1;
    if (changed == 0 &&
        db_run(db, err,
               "INSERT INTO daemon (node_id, role, name, started_at, seen_at) VALUES (?, ?, ?, ?, ?)",
               "ittii", node_id, role, name, now, now) < 0 &&
        err->code != ERR_EXISTS)
        return -1;
    return changed < 0 ? -1 : 0;
}

int store_daemon_delete(struct db *db, int64_t node_id, const char *role, const char *name, struct err *err)
{
    return db_run(db, err, "DELETE FROM daemon WHERE node_id = ? AND role = ? AND name = ?", "itt", node_id,
                  role, name) < 0
               ? -1
               : 0;
}

int store_daemon_list(struct arena *arena, struct db *db, int64_t node_id, int64_t since,
                      struct daemon_row **rows, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *rows = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT role, name, started_at, seen_at FROM daemon WHERE node_id = ? AND seen_at >= ? "
                   "ORDER BY role, name",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, node_id);
    db_bind_int(stmt, 2, since);
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = (struct daemon_row){store_text(arena, stmt, 0), store_text(arena, stmt, 1),
                                                  db_int(stmt, 2), db_int(stmt, 3)};
    }
    return row;
}

int store_pass_load(struct arena *arena, struct db *db, int64_t node_id, struct scheduler_pass *pass,
                    struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *pass = (struct scheduler_pass){0};
    if (db_prepare(db,
                   "SELECT passed_at, boot_id, boot_ms, schedules, enqueued, trouble, trouble_at, "
                   "maintenance_at FROM scheduler_pass WHERE node_id = ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, node_id);
    row = db_step(stmt, err);
    if (row > 0)
        *pass = (struct scheduler_pass){
            .passed_at = db_int(stmt, 0),
            .boot_id = store_text(arena, stmt, 1),
            .boot_ms = db_int(stmt, 2),
            .schedules = db_int(stmt, 3),
            .enqueued = db_int(stmt, 4),
            .trouble = store_text(arena, stmt, 5),
            .trouble_at = db_int(stmt, 6),
            .maintenance_at = db_int(stmt, 7),
        };
    return row;
}

int store_pass_save(struct db *db, int64_t node_id, const struct scheduler_pass *pass, struct err *err)
{
    int64_t changed = db_run(
        db, err,
        "UPDATE scheduler_pass SET passed_at = ?, boot_id = ?, boot_ms = ?, schedules = ?, enqueued = ?, "
        "trouble = ?, trouble_at = ? WHERE node_id = ?",
        "itiiitoi", pass->passed_at, pass->boot_id, pass->boot_ms, pass->schedules, pass->enqueued,
        pass->trouble, pass->trouble == NULL ? (int64_t)-1 : pass->trouble_at, node_id);

    if (changed == 0 &&
        db_run(
            db, err,
            "INSERT INTO scheduler_pass (node_id, passed_at, boot_id, boot_ms, schedules, enqueued, trouble, "
            "trouble_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            "iitiiito", node_id, pass->passed_at, pass->boot_id, pass->boot_ms, pass->schedules,
            pass->enqueued, pass->trouble, pass->trouble == NULL ? (int64_t)-1 : pass->trouble_at) < 0 &&
        err->code != ERR_EXISTS)
        return -1;
    return changed < 0 ? -1 : 0;
}

int store_pass_take_maintenance(struct db *db, int64_t node_id, int64_t before, int64_t now, struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE scheduler_pass SET maintenance_at = ? WHERE node_id = ? AND "
                             "coalesce(maintenance_at, 0) = ?",
                             "iii", now, node_id, before);

    return changed < 0 ? -1 : changed > 0;
}
