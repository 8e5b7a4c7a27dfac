/* The backup root of a node. */
#include "store/store_root.h"

#include "db/transaction.h"
#include "store/store_row.h"

#define ROOT_SELECT                                                                                          \
    "SELECT id, node_id, path, uuid, installation, was_mount, created_at, doubt, doubt_at, confirmed_at, "   \
    "noted_change FROM root"

int store_root_load(struct arena *arena, struct db *db, int64_t node_id, struct root *root, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, ROOT_SELECT " WHERE node_id = ? AND active = 1", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, node_id);
    row = db_step(stmt, err);
    if (row == 0) {
        err_set(err, ERR_NOT_FOUND, "no backup root is configured");
        return err_hint(err, "pobsync configure-global --backup-root PATH");
    }
    if (row < 0)
        return -1;
    *root = (struct root){
        .id = db_int(stmt, 0),
        .node_id = db_int(stmt, 1),
        .path = store_text(arena, stmt, 2),
        .uuid = store_text(arena, stmt, 3),
        .installation = store_text(arena, stmt, 4),
        .was_mount = db_int(stmt, 5) != 0,
        .created_at = db_int(stmt, 6),
        .doubt = store_text(arena, stmt, 7),
        .doubt_at = db_int(stmt, 8),
        .confirmed_at = db_int(stmt, 9),
        .noted_change = db_int(stmt, 10),
    };
    return 0;
}

static int find_id(struct db *db, const struct root *root, int64_t *id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, "SELECT id FROM root WHERE node_id = ? AND uuid = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, root->node_id);
    db_bind_text(stmt, 2, root->uuid);
    row = db_step(stmt, err);
    *id = row > 0 ? db_int(stmt, 0) : 0;
    return row;
}

int store_root_save(struct db *db, const struct root *root, int64_t *id, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    int known;

    if (transaction_begin(&transaction, db, err) < 0 ||
        db_run(db, err, "UPDATE root SET active = NULL WHERE node_id = ?", "i", root->node_id) < 0 ||
        (known = find_id(db, root, id, err)) < 0)
        return -1;
    if (known &&
        db_run(db, err, "UPDATE root SET path = ?, installation = ?, was_mount = ?, active = 1 WHERE id = ?",
               "ttii", root->path, root->installation, (int64_t)root->was_mount, *id) < 0)
        return -1;
    if (!known) {
        if (db_run(db, err,
                   "INSERT INTO root (node_id, path, uuid, installation, was_mount, created_at, active) "
                   "VALUES (?, ?, ?, ?, ?, ?, 1)",
                   "itttii", root->node_id, root->path, root->uuid, root->installation,
                   (int64_t)root->was_mount, root->created_at) < 0)
            return -1;
        *id = db_last_id(db);
    }
    return transaction_commit(&transaction, err);
}

int store_root_set_doubt(struct db *db, int64_t id, const char *doubt, int64_t at, struct err *err)
{
    int64_t changed =
        db_run(db, err, "UPDATE root SET doubt = ?, doubt_at = ? WHERE id = ? AND doubt IS NULL", "tii",
               doubt, at, id);

    return changed < 0 ? -1 : 0;
}

int store_root_confirm(struct db *db, int64_t id, int64_t at, struct err *err)
{
    int64_t changed =
        db_run(db, err, "UPDATE root SET doubt = NULL, doubt_at = NULL, confirmed_at = ? WHERE id = ?", "ii",
               at, id);

    return changed < 0 ? -1 : 0;
}

int store_root_set_noted(struct db *db, int64_t id, int64_t change, struct err *err)
{
    int64_t changed = db_run(db, err, "UPDATE root SET noted_change = ? WHERE id = ? AND noted_change < ?",
                             "iii", change, id, change);

    return changed < 0 ? -1 : 0;
}
