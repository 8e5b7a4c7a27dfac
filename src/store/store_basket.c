/* Rows of baskets. */
#include "store/store_basket.h"

#include "store/store_row.h"

static int done(int64_t changed)
{
    return changed < 0 ? -1 : 0;
}

int store_basket_add(struct db *db, const struct basket_item *item, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   "INSERT INTO basket_item (account, host_id, path_hash, path_b64, added_at) "
                   "SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS "
                   "(SELECT 1 FROM basket_item WHERE account = ? AND host_id = ? AND path_hash = ?)",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, item->account);
    db_bind_int(stmt, 2, item->host_id);
    db_bind_text(stmt, 3, item->hash);
    db_bind_text(stmt, 4, item->path);
    db_bind_int(stmt, 5, item->added_at);
    db_bind_text(stmt, 6, item->account);
    db_bind_int(stmt, 7, item->host_id);
    db_bind_text(stmt, 8, item->hash);
    return db_step(stmt, err) < 0 ? -1 : 0;
}

int store_basket_delete(struct db *db, const struct basket_item *item, struct err *err)
{
    return done(db_run(db, err, "DELETE FROM basket_item WHERE account = ? AND host_id = ? AND path_hash = ?",
                       "tit", item->account, item->host_id, item->hash));
}

int store_basket_clear(struct db *db, const char *account, int64_t host_id, struct err *err)
{
    return done(
        db_run(db, err, "DELETE FROM basket_item WHERE account = ? AND host_id = ?", "ti", account, host_id));
}

int store_basket_list(struct arena *arena, struct db *db, const char *account, int64_t host_id,
                      struct list *paths, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, "SELECT path_b64 FROM basket_item WHERE account = ? AND host_id = ? ORDER BY id",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, account);
    db_bind_int(stmt, 2, host_id);
    while ((row = db_step(stmt, err)) > 0)
        list_add(arena, paths, db_text(stmt, 0));
    return row;
}
