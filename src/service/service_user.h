/* People: making, changing and removing accounts; logging in and out; tokens. Each change writes an audit row in its
 * transaction. Documents belong to the caller (json_decref()). */
#ifndef SERVICE_SERVICE_USER_H
#define SERVICE_SERVICE_USER_H

#include <stdbool.h>

#include <jansson.h>

#include "model/user.h"
#include "service/service.h"

/* How long a session lasts without use, and in all. */
enum { SESSION_IDLE_SECONDS = 12 * 3600, SESSION_SECONDS = 7 * 86400 };

int service_user_has_admin(struct service *service, bool *has, struct err *err);

/* *document: one item of document_users(). ERR_EXISTS, ERR_INVALID. */
int service_user_create(struct service *service, const char *name, const char *role, const char *password,
                        json_t **document, struct err *err);

/* NULL leaves a thing as it is. A new password, a disabled account and another role end the user's sessions, but
 * `keep_session` (0: none). The last enabled admin cannot lose what makes it one: ERR_REFUSED. */
struct user_change {
    const char *role, *password;
    const bool *enabled;
    int64_t keep_session;
};
int service_user_change(struct service *service, const char *name, const struct user_change *change,
                        json_t **document, struct err *err);
int service_user_remove(struct service *service, const char *name, json_t **document, struct err *err);

/* Whether it is the user's password; throttled like a login. ERR_NOT_ALLOWED. */
int service_user_verify(struct service *service, const char *name, const char *password, const char *address,
                        int64_t *retry_after, struct err *err);

/* {"items":[{"name","role","enabled","created_at","last_login_at","sessions"}…]} */
int document_users(struct service *service, json_t **document, struct err *err);

/* Opens a session and gives its secret (in the arena). ERR_NOT_ALLOWED for a wrong name or password, in one text;
 * with *retry_after > 0 (seconds) there have been too many, and nothing was tried. */
int service_session_login(struct service *service, const char *name, const char *password,
                          const char *address, const char *agent, const char **secret, int64_t *retry_after,
                          struct err *err);
/* 1 and the account of the secret, or 0: unknown, expired, disabled. */
int service_session_resume(struct service *service, const char *secret, struct account *account,
                           struct err *err);
int service_session_end(struct service *service, int64_t session_id, struct err *err);
int service_session_end_others(struct service *service, const struct account *account, struct err *err);
/* {"items":[{"created_at","seen_at","address","agent","current"}…]} */
int document_sessions(struct service *service, const struct account *account, json_t **document,
                      struct err *err);

/* A token of the account, with no right that it has not. days 1 to 3650. *document: an item of document_tokens() with
 * "secret", which is never shown again. */
int service_token_create(struct service *service, const struct account *account, const char *name,
                         unsigned rights, const struct list *hosts, int64_t days, json_t **document,
                         struct err *err);
/* 1 and the account, or 0: unknown, expired, revoked, owner disabled. */
int service_token_resume(struct service *service, const char *secret, const char *address,
                         struct account *account, struct err *err);
int service_token_revoke(struct service *service, int64_t id, json_t **document, struct err *err);
/* {"items":[{"id","user","name","rights","hosts","created_at","expires_at","expired","revoked_at","last_used_at",
 * "last_used_from"}…]}; hosts null: all. Those that ended more than 30 days ago are gone. */
int document_tokens(struct service *service, json_t **document, struct err *err);

#endif
