/* Users and their failed logins. */
#include "store/store_user.h"

#include "db/transaction.h"
#include "store/store_row.h"

#define USER_SELECT                                                                                          \
    "SELECT id, name, role, password_hash, enabled, created_at, password_at, last_login_at, "                \
    "(SELECT COUNT(*) FROM session WHERE session.user_id = user_account.id) FROM user_account "

static int read_user(struct arena *arena, struct db_stmt *stmt, struct user *user, struct err *err)
{
    const char *role = store_text(arena, stmt, 2);

    *user = (struct user){
        .id = db_int(stmt, 0),
        .name = store_text(arena, stmt, 1),
        .role = role_parse(role),
        .password_hash = store_text(arena, stmt, 3),
        .enabled = db_int(stmt, 4) != 0,
        .created_at = db_int(stmt, 5),
        .password_at = db_int(stmt, 6),
        .last_login_at = db_int(stmt, 7),
        .sessions = db_int(stmt, 8),
    };
    return user->role == ROLE__MAX ? store_unknown_word(err, user->name, "role", role) : 0;
}

int store_user_insert(struct db *db, const struct user *user, int64_t *id, struct err *err)
{
    if (db_run(db, err,
               "INSERT INTO user_account (name, role, password_hash, enabled, created_at, password_at) "
               "VALUES (?, ?, ?, ?, ?, ?)",
               "tttiii", user->name, role_name(user->role), user->password_hash, (int64_t)user->enabled,
               user->created_at, user->password_at) < 0) {
        if (err->code == ERR_EXISTS)
            err_set(err, ERR_EXISTS, "user \"%s\" exists already", user->name);
        return -1;
    }
    *id = db_last_id(db);
    return 0;
}

int store_user_load(struct arena *arena, struct db *db, const char *name, struct user *user, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, USER_SELECT "WHERE name = ?", &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, name);
    row = db_step(stmt, err);
    if (row == 0)
        return err_set(err, ERR_NOT_FOUND, "no user \"%s\"", name);
    return row < 0 ? -1 : read_user(arena, stmt, user, err);
}

int store_user_list(struct arena *arena, struct db *db, struct user **users, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *users = NULL;
    *count = 0;
    if (db_prepare(db, USER_SELECT "ORDER BY name", &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0) {
        *users = store_rows_room(arena, *users, *count, sizeof **users);
        if (read_user(arena, stmt, &(*users)[(*count)++], err) < 0)
            return -1;
    }
    return row;
}

int store_user_save(struct db *db, const struct user *user, struct err *err)
{
    int64_t found =
        db_run(db, err,
               "UPDATE user_account SET role = ?, password_hash = ?, enabled = ?, password_at = ? "
               "WHERE id = ?",
               "ttiii", role_name(user->role), user->password_hash, (int64_t)user->enabled, user->password_at,
               user->id);

    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "user \"%s\" has been removed in the meantime", user->name);
    return found < 0 ? -1 : 0;
}

int store_user_delete(struct db *db, int64_t id, struct err *err)
{
    return db_run(db, err, "DELETE FROM user_account WHERE id = ?", "i", id) < 0 ? -1 : 0;
}

int store_user_admins(struct db *db, int64_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, "SELECT COUNT(*) FROM user_account WHERE role = 'admin' AND enabled = 1", &stmt, err) <
            0 ||
        db_step(stmt, err) < 0)
        return -1;
    *count = db_int(stmt, 0);
    return 0;
}

int store_user_logged_in(struct db *db, int64_t id, int64_t now, struct err *err)
{
    return db_run(db, err, "UPDATE user_account SET last_login_at = ? WHERE id = ?", "ii", now, id) < 0 ? -1
                                                                                                        : 0;
}

int store_throttle_load(struct db *db, const char *subject, int64_t *failures, int64_t *last_at,
                        struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *failures = *last_at = 0;
    if (db_prepare(db, "SELECT failures, last_at FROM login_throttle WHERE subject = ?", &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, subject);
    row = db_step(stmt, err);
    if (row > 0) {
        *failures = db_int(stmt, 0);
        *last_at = db_int(stmt, 1);
    }
    return row < 0 ? -1 : 0;
}

/* Two statements, because no upsert is common to both databases. */
int store_throttle_add(struct db *db, const char *subject, int64_t now, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    int64_t found;

    if (transaction_begin(&transaction, db, err) < 0)
        return -1;
    found =
        db_run(db, err, "UPDATE login_throttle SET failures = failures + 1, last_at = ? WHERE subject = ?",
               "it", now, subject);
    if (found < 0 ||
        (found == 0 &&
         db_run(db, err, "INSERT INTO login_throttle (subject, failures, last_at) VALUES (?, 1, ?)", "ti",
                subject, now) < 0))
        return -1;
    return transaction_commit(&transaction, err);
}

int store_throttle_delete(struct db *db, const char *subject, struct err *err)
{
    return db_run(db, err, "DELETE FROM login_throttle WHERE subject = ?", "t", subject) < 0 ? -1 : 0;
}

int store_throttle_expire(struct db *db, int64_t before, struct err *err)
{
    return db_run(db, err, "DELETE FROM login_throttle WHERE last_at < ?", "i", before) < 0 ? -1 : 0;
}
