/* Changes under keys. */
#include "store/store_api_request.h"

#include "store/store_row.h"

static int done(int64_t changed)
{
    return changed < 0 ? -1 : 0;
}

int store_api_request_load(struct arena *arena, struct db *db, const char *account, const char *key,
                           struct api_request *request, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db,
                   "SELECT fingerprint, status, location, content_type, body, created_at FROM api_request "
                   "WHERE account = ? AND request_key = ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, account);
    db_bind_text(stmt, 2, key);
    row = db_step(stmt, err);
    if (row > 0)
        *request = (struct api_request){.account = account,
                                        .key = key,
                                        .fingerprint = store_text(arena, stmt, 0),
                                        .status = db_int(stmt, 1),
                                        .location = store_text(arena, stmt, 2),
                                        .content_type = store_text(arena, stmt, 3),
                                        .body = store_text(arena, stmt, 4),
                                        .created_at = db_int(stmt, 5)};
    return row;
}

int store_api_request_insert(struct db *db, const struct api_request *request, struct err *err)
{
    return done(db_run(db, err,
                       "INSERT INTO api_request (account, request_key, fingerprint, created_at) "
                       "VALUES (?, ?, ?, ?)",
                       "ttti", request->account, request->key, request->fingerprint, request->created_at));
}

int store_api_request_answer(struct db *db, const struct api_request *request, struct err *err)
{
    return done(db_run(db, err,
                       "UPDATE api_request SET status = ?, location = ?, content_type = ?, body = ? "
                       "WHERE account = ? AND request_key = ?",
                       "ittttt", request->status, request->location, request->content_type, request->body,
                       request->account, request->key));
}

int store_api_request_delete(struct db *db, const char *account, const char *key, struct err *err)
{
    return done(
        db_run(db, err, "DELETE FROM api_request WHERE account = ? AND request_key = ?", "tt", account, key));
}

int store_api_request_expire(struct db *db, int64_t before, struct err *err)
{
    return done(db_run(db, err, "DELETE FROM api_request WHERE created_at < ?", "i", before));
}
