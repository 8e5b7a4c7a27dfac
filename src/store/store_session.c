/* Sessions of people and tokens of programs: what a secret stands for. */
#include "base/list.h"
#include "store/store_row.h"
#include "store/store_user.h"

/* The columns of a user as they stand behind those of a session or token. */
#define OF_USER ", user_account.name, user_account.role, user_account.enabled "

static int read_owner(struct arena *arena, struct db_stmt *stmt, int column, int64_t id, struct user *user,
                      struct err *err)
{
    const char *role = store_text(arena, stmt, column + 1);

    *user = (struct user){.id = id,
                          .name = store_text(arena, stmt, column),
                          .role = role_parse(role),
                          .enabled = db_int(stmt, column + 2) != 0};
    return user->role == ROLE__MAX ? store_unknown_word(err, user->name, "role", role) : 0;
}

int store_session_insert(struct db *db, const struct session *session, const char *secret_hash,
                         struct err *err)
{
    return db_run(db, err,
                  "INSERT INTO session (user_id, secret_hash, created_at, seen_at, address, agent) "
                  "VALUES (?, ?, ?, ?, ?, ?)",
                  "itiitt", session->user_id, secret_hash, session->created_at, session->seen_at,
                  session->address, session->agent) < 0
               ? -1
               : 0;
}

enum { SESSION_COLUMNS = 6 };
#define SESSION_SELECT                                                                                       \
    "SELECT session.id, session.user_id, session.created_at, session.seen_at, session.address, session.agent "

static struct session read_session(struct arena *arena, struct db_stmt *stmt)
{
    return (struct session){
        .id = db_int(stmt, 0),
        .user_id = db_int(stmt, 1),
        .created_at = db_int(stmt, 2),
        .seen_at = db_int(stmt, 3),
        .address = store_text(arena, stmt, 4),
        .agent = store_text(arena, stmt, 5),
    };
}

int store_session_find(struct arena *arena, struct db *db, const char *secret_hash, struct session *session,
                       struct user *user, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db,
                   SESSION_SELECT OF_USER
                   "FROM session JOIN user_account ON user_account.id = session.user_id "
                   "WHERE session.secret_hash = ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, secret_hash);
    row = db_step(stmt, err);
    if (row <= 0)
        return row;
    *session = read_session(arena, stmt);
    return read_owner(arena, stmt, SESSION_COLUMNS, session->user_id, user, err) < 0 ? -1 : 1;
}

int store_session_touch(struct db *db, int64_t id, int64_t now, struct err *err)
{
    return db_run(db, err, "UPDATE session SET seen_at = ? WHERE id = ?", "ii", now, id) < 0 ? -1 : 0;
}

int store_session_list(struct arena *arena, struct db *db, int64_t user_id, struct session **sessions,
                       size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *sessions = NULL;
    *count = 0;
    if (db_prepare(db, SESSION_SELECT "FROM session WHERE user_id = ? ORDER BY seen_at DESC, id DESC", &stmt,
                   err) < 0)
        return -1;
    db_bind_int(stmt, 1, user_id);
    while ((row = db_step(stmt, err)) > 0) {
        *sessions = store_rows_room(arena, *sessions, *count, sizeof **sessions);
        (*sessions)[(*count)++] = read_session(arena, stmt);
    }
    return row;
}

int store_session_delete(struct db *db, int64_t id, struct err *err)
{
    return db_run(db, err, "DELETE FROM session WHERE id = ?", "i", id) < 0 ? -1 : 0;
}

int store_session_delete_of(struct db *db, int64_t user_id, int64_t keep, struct err *err)
{
    return db_run(db, err, "DELETE FROM session WHERE user_id = ? AND id <> ?", "ii", user_id, keep) < 0 ? -1
                                                                                                         : 0;
}

int store_session_expire(struct db *db, int64_t created_before, int64_t seen_before, struct err *err)
{
    return db_run(db, err, "DELETE FROM session WHERE created_at < ? OR seen_at < ?", "ii", created_before,
                  seen_before) < 0
               ? -1
               : 0;
}

static const char *rights_text(struct arena *arena, unsigned rights)
{
    struct list names = {0};

    for (enum right right = 0; right < RIGHT__MAX; right++)
        if ((rights >> right & 1) != 0)
            list_add(arena, &names, right_name(right));
    return list_lines(arena, &names);
}

/* A word that this program does not know gives no right. */
static unsigned parse_rights(struct arena *arena, const char *text)
{
    struct list names = {0};
    unsigned rights = 0;

    list_add_lines(arena, &names, text);
    for (size_t i = 0; i < names.count; i++)
        if (right_parse(names.items[i]) != RIGHT__MAX)
            rights |= 1U << right_parse(names.items[i]);
    return rights;
}

int store_token_insert(struct arena *arena, struct db *db, const struct api_token *token,
                       const char *secret_hash, int64_t *id, struct err *err)
{
    const char *hosts = token->hosts.count == 0 ? NULL : list_lines(arena, &token->hosts);

    if (db_run(db, err,
               "INSERT INTO api_token (user_id, name, secret_hash, rights, hosts, created_at, expires_at) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)",
               "ittttii", token->user_id, token->name, secret_hash, rights_text(arena, token->rights), hosts,
               token->created_at, token->expires_at) < 0)
        return -1;
    *id = db_last_id(db);
    return 0;
}

enum { TOKEN_COLUMNS = 10 };
#define TOKEN_SELECT                                                                                         \
    "SELECT api_token.id, user_id, api_token.name, rights, hosts, api_token.created_at, expires_at, "        \
    "revoked_at, last_used_at, last_used_from" OF_USER                                                       \
    "FROM api_token JOIN user_account ON user_account.id = api_token.user_id "

static int read_token(struct arena *arena, struct db_stmt *stmt, struct api_token *token, struct user *user,
                      struct err *err)
{
    *token = (struct api_token){
        .id = db_int(stmt, 0),
        .user_id = db_int(stmt, 1),
        .name = store_text(arena, stmt, 2),
        .rights = parse_rights(arena, db_text(stmt, 3)),
        .created_at = db_int(stmt, 5),
        .expires_at = db_int(stmt, 6),
        .revoked_at = db_int(stmt, 7),
        .last_used_at = db_int(stmt, 8),
        .last_used_from = store_text(arena, stmt, 9),
    };
    if (!db_is_null(stmt, 4))
        list_add_lines(arena, &token->hosts, db_text(stmt, 4));
    if (read_owner(arena, stmt, TOKEN_COLUMNS, token->user_id, user, err) < 0)
        return -1;
    token->user = user->name;
    return 0;
}

int store_token_find(struct arena *arena, struct db *db, const char *secret_hash, struct api_token *token,
                     struct user *user, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, TOKEN_SELECT "WHERE secret_hash = ?", &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, secret_hash);
    row = db_step(stmt, err);
    if (row <= 0)
        return row;
    return read_token(arena, stmt, token, user, err) < 0 ? -1 : 1;
}

int store_token_list(struct arena *arena, struct db *db, int64_t user_id, struct api_token **tokens,
                     size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct user user;
    int row;

    *tokens = NULL;
    *count = 0;
    if (db_prepare(db, TOKEN_SELECT "WHERE ? IN (0, user_id) ORDER BY api_token.id DESC", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, user_id);
    while ((row = db_step(stmt, err)) > 0) {
        *tokens = store_rows_room(arena, *tokens, *count, sizeof **tokens);
        if (read_token(arena, stmt, &(*tokens)[(*count)++], &user, err) < 0)
            return -1;
    }
    return row;
}

int store_token_revoke(struct db *db, int64_t id, int64_t now, struct err *err)
{
    return db_run(db, err, "UPDATE api_token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", "ii",
                  now, id) < 0
               ? -1
               : 0;
}

int store_token_used(struct db *db, int64_t id, int64_t now, const char *from, struct err *err)
{
    return db_run(db, err, "UPDATE api_token SET last_used_at = ?, last_used_from = ? WHERE id = ?", "iti",
                  now, from, id) < 0
               ? -1
               : 0;
}

int store_token_expire(struct db *db, int64_t before, struct err *err)
{
    return db_run(db, err, "DELETE FROM api_token WHERE expires_at < ? OR revoked_at < ?", "ii", before,
                  before) < 0
               ? -1
               : 0;
}
