/* People who may log in, what each role may do, and the tokens of programs. */
#ifndef MODEL_USER_H
#define MODEL_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"

/* A right is what a page, an action or a token is about; a role is a set of rights, each role more than the one before
 * it. name, role that has it, what it is. */
#define RIGHT_LIST(X)                                                                                        \
    X(RIGHT_READ, "read", ROLE_VIEWER, "see state, runs, snapshots and settings")                            \
    X(RIGHT_FILES, "files", ROLE_RESTORER, "read the contents of backups")                                   \
    X(RIGHT_OPERATE, "operate", ROLE_OPERATOR, "start and cancel runs, import snapshots")                    \
    X(RIGHT_CONFIG, "config", ROLE_ADMIN, "change hosts, schedules and settings")                            \
    X(RIGHT_DESTROY, "destroy", ROLE_ADMIN, "delete snapshots and hosts")                                    \
    X(RIGHT_ADMIN, "admin", ROLE_ADMIN, "manage users, tokens and the audit")

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_RESTORER, ROLE_OPERATOR, ROLE_ADMIN, ROLE__MAX };

enum right {
#define RIGHT_ENUM(right, name, role, help) right,
    RIGHT_LIST(RIGHT_ENUM)
#undef RIGHT_ENUM
        RIGHT__MAX
};

const char *role_name(enum role role);    /* "viewer"; "none" */
enum role role_parse(const char *name);   /* ROLE__MAX when unknown */
const char *right_name(enum right right); /* "read" */
const char *right_help(enum right right);
enum right right_parse(const char *name); /* RIGHT__MAX when unknown */
bool role_has(enum role role, enum right right);

struct user {
    int64_t id;
    const char *name;
    enum role role;
    const char *password_hash;
    bool enabled;
    int64_t created_at, password_at, last_login_at; /* 0: never */
    int64_t sessions;                               /* how many are open */
};

struct session {
    int64_t id, user_id, created_at, seen_at;
    const char *address, *agent;
};

struct api_token {
    int64_t id, user_id;
    const char *user, *name;
    unsigned rights;   /* bit i: enum right i */
    struct list hosts; /* empty: all */
    int64_t created_at, expires_at, revoked_at, last_used_at;
    const char *last_used_from;
};

/* Who asks: a user with a session, or with a token. */
struct account {
    int64_t user_id;
    const char *name;
    enum role role;
    unsigned rights;
    int64_t session_id;       /* 0: a token */
    const struct list *hosts; /* that a token is limited to, NULL: all */
};

bool account_may(const struct account *account, enum right right);

/* A login name: [a-z0-9] first, then [a-z0-9._@-], at most 64. */
int user_name_check(const char *name, struct err *err);

/* A password: 8 to 1,024 bytes of UTF-8, not the name, not one of those that are tried first. */
int user_password_check(const char *name, const char *password, struct err *err);

/* A label that a person gives, such as of a token: one line, 1 to 64 bytes. */
int user_label_check(const char *label, struct err *err);

#endif
