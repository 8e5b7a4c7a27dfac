/* Logging in: throttled, and the same for whoever exists and whoever does not. */
#include <string.h>

#include "db/transaction.h"
#include "model/rule.h"
#include "service/document.h"
#include "service/service_user.h"
#include "store/store_audit.h"
#include "store/store_user.h"
#include "sys/secret.h"

enum {
    FREE_FAILURES = 5,          /* of an account at an address */
    FREE_FAILURES_ADDRESS = 30, /* of an address, whatever the account */
    PAUSE_FIRST = 2,            /* seconds; doubles with each further failure */
    PAUSE_MAX = 900,
    FORGET = 86400, /* seconds after which failures no longer count */
    TOUCH = 60,     /* seconds between two notes of when a session was seen */
    AGENT_MAX = 200,
};

static const char session_purpose[] = "session";

/* How long this subject has to wait still; 0: not at all. */
static int pause_of(struct service *service, const char *subject, int64_t free_failures, int64_t *pause,
                    struct err *err)
{
    int64_t failures, last_at, wait = PAUSE_FIRST;

    if (store_throttle_load(service->db, subject, &failures, &last_at, err) < 0)
        return -1;
    *pause = 0;
    if (failures < free_failures || last_at + FORGET < service->now)
        return 0;
    for (int64_t i = free_failures; i < failures && wait < PAUSE_MAX; i++)
        wait *= 2;
    if (wait > PAUSE_MAX)
        wait = PAUSE_MAX;
    if (last_at + wait > service->now)
        *pause = last_at + wait - service->now;
    return 0;
}

static int record_failure(struct service *service, const char *name, const char *pair, const char *address,
                          struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_throttle_expire(service->db, service->now - FORGET, err) < 0 ||
        store_throttle_add(service->db, pair, service->now, err) < 0 ||
        store_throttle_add(service->db, address, service->now, err) < 0 ||
        store_audit_add(service->db, service->now, name, service->origin, "login.failed", address, NULL, NULL,
                        err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    return err_set(err, ERR_NOT_ALLOWED, "wrong name or password");
}

/* The user whose name and password these are. */
static int verify(struct service *service, const char *name, const char *password, const char *address,
                  struct user *user, int64_t *retry_after, struct err *err)
{
    const char *pair = arena_printf(service->arena, "%s at %s", name, address);
    int64_t pause, pause_address;
    struct err unknown = {0};
    bool known;

    *retry_after = 0;
    if (pause_of(service, pair, FREE_FAILURES, &pause, err) < 0 ||
        pause_of(service, address, FREE_FAILURES_ADDRESS, &pause_address, err) < 0)
        return -1;
    *retry_after = pause > pause_address ? pause : pause_address;
    if (*retry_after > 0)
        return err_set(err, ERR_NOT_ALLOWED, "too many wrong passwords: try again in %lld s",
                       (long long)*retry_after);
    known = user_name_check(name, &unknown) == 0 &&
            store_user_load(service->arena, service->db, name, user, &unknown) == 0;
    if (!known && unknown.code != ERR_NOT_FOUND && unknown.code != ERR_INVALID) {
        *err = unknown;
        return -1;
    }
    if (!secret_password_verify(known ? user->password_hash : NULL, password) || !user->enabled)
        return record_failure(service, known ? name : "unknown", pair, address, err);
    return store_throttle_delete(service->db, pair, err);
}

int service_user_verify(struct service *service, const char *name, const char *password, const char *address,
                        int64_t *retry_after, struct err *err)
{
    struct user user = {0};

    return verify(service, name, password, address, &user, retry_after, err);
}

int service_session_login(struct service *service, const char *name, const char *password,
                          const char *address, const char *agent, const char **secret, int64_t *retry_after,
                          struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct session session = {.created_at = service->now, .seen_at = service->now, .address = address};
    char *made = arena_alloc(service->arena, SECRET_TEXT);
    char hash[SECRET_HASH];
    struct user user = {0};

    if (verify(service, name, password, address, &user, retry_after, err) < 0)
        return -1;
    secret_make(made);
    secret_hash(hash, session_purpose, made);
    session.user_id = user.id;
    if (agent != NULL)
        session.agent = arena_printf(service->arena, "%.*s", AGENT_MAX, agent);
    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_session_expire(service->db, service->now - SESSION_SECONDS, service->now - SESSION_IDLE_SECONDS,
                             err) < 0 ||
        store_audit_add(service->db, service->now, user.name, service->origin, "login", address, NULL, NULL,
                        err) < 0 ||
        store_session_insert(service->db, &session, hash, err) < 0 ||
        store_user_logged_in(service->db, user.id, service->now, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    *secret = made;
    return 0;
}

int service_session_resume(struct service *service, const char *secret, struct account *account,
                           struct err *err)
{
    char hash[SECRET_HASH];
    struct session session;
    struct user user;
    int found;

    secret_hash(hash, session_purpose, secret);
    found = store_session_find(service->arena, service->db, hash, &session, &user, err);
    if (found <= 0)
        return found;
    if (!user.enabled || session.created_at + SESSION_SECONDS < service->now ||
        session.seen_at + SESSION_IDLE_SECONDS < service->now)
        return 0;
    if (session.seen_at + TOUCH <= service->now &&
        store_session_touch(service->db, session.id, service->now, err) < 0)
        return -1;
    *account = (struct account){
        .user_id = user.id, .name = user.name, .role = user.role, .rights = ~0U, .session_id = session.id};
    return 1;
}

int service_session_end(struct service *service, int64_t session_id, struct err *err)
{
    return store_session_delete(service->db, session_id, err);
}

int service_session_end_others(struct service *service, const struct account *account, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "session.end_others",
                        account->name, NULL, NULL, err) < 0 ||
        store_session_delete_of(service->db, account->user_id, account->session_id, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

int document_sessions(struct service *service, const struct account *account, json_t **document,
                      struct err *err)
{
    struct session *sessions;
    size_t count;
    json_t *items;

    if (store_session_list(service->arena, service->db, account->user_id, &sessions, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();

        json_object_set_new(item, "created_at", document_time(sessions[i].created_at));
        json_object_set_new(item, "seen_at", document_time(sessions[i].seen_at));
        json_object_set_new(item, "address", document_text(sessions[i].address));
        json_object_set_new(item, "agent", document_text(sessions[i].agent));
        json_object_set_new(item, "current", json_boolean(sessions[i].id == account->session_id));
        json_array_append_new(items, item);
    }
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}
