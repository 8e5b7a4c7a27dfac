/* Users, their sessions, the tokens of programs, failed logins. */
#ifndef STORE_STORE_USER_H
#define STORE_STORE_USER_H

#include "base/arena.h"
#include "db/db.h"
#include "model/user.h"

/* ERR_EXISTS when the name is taken. */
int store_user_insert(struct db *db, const struct user *user, int64_t *id, struct err *err);
/* ERR_NOT_FOUND. */
int store_user_load(struct arena *arena, struct db *db, const char *name, struct user *user, struct err *err);
int store_user_list(struct arena *arena, struct db *db, struct user **users, size_t *count, struct err *err);
/* Role, password and whether enabled, by id. */
int store_user_save(struct db *db, const struct user *user, struct err *err);
int store_user_delete(struct db *db, int64_t id, struct err *err);
/* How many enabled admins there are. */
int store_user_admins(struct db *db, int64_t *count, struct err *err);
int store_user_logged_in(struct db *db, int64_t id, int64_t now, struct err *err);

int store_session_insert(struct db *db, const struct session *session, const char *secret_hash,
                         struct err *err);
/* The session of a secret and its user: 1, or 0 when there is none. */
int store_session_find(struct arena *arena, struct db *db, const char *secret_hash, struct session *session,
                       struct user *user, struct err *err);
int store_session_touch(struct db *db, int64_t id, int64_t now, struct err *err);
int store_session_list(struct arena *arena, struct db *db, int64_t user_id, struct session **sessions,
                       size_t *count, struct err *err);
int store_session_delete(struct db *db, int64_t id, struct err *err);
/* All of a user's but `keep` (0: none is kept). */
int store_session_delete_of(struct db *db, int64_t user_id, int64_t keep, struct err *err);
/* Those begun or last seen before. */
int store_session_expire(struct db *db, int64_t created_before, int64_t seen_before, struct err *err);

int store_token_insert(struct arena *arena, struct db *db, const struct api_token *token,
                       const char *secret_hash, int64_t *id, struct err *err);
/* The token of a secret and its user, expired and revoked ones too: 1, or 0 when there is none. */
int store_token_find(struct arena *arena, struct db *db, const char *secret_hash, struct api_token *token,
                     struct user *user, struct err *err);
/* user_id 0: everybody's. */
int store_token_list(struct arena *arena, struct db *db, int64_t user_id, struct api_token **tokens,
                     size_t *count, struct err *err);
int store_token_revoke(struct db *db, int64_t id, int64_t now, struct err *err);
int store_token_used(struct db *db, int64_t id, int64_t now, const char *from, struct err *err);
/* Those that ended before. */
int store_token_expire(struct db *db, int64_t before, struct err *err);

/* 0 failures when there is no row. */
int store_throttle_load(struct db *db, const char *subject, int64_t *failures, int64_t *last_at,
                        struct err *err);
int store_throttle_add(struct db *db, const char *subject, int64_t now, struct err *err);
int store_throttle_delete(struct db *db, const char *subject, struct err *err);
int store_throttle_expire(struct db *db, int64_t before, struct err *err);

#endif
