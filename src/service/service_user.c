/* Accounts. */
#include "service/service_user.h"

#include <string.h>

#include "db/transaction.h"
#include "service/document.h"
#include "store/store_audit.h"
#include "store/store_user.h"
#include "sys/secret.h"

int service_user_has_admin(struct service *service, bool *has, struct err *err)
{
    int64_t count;

    if (store_user_admins(service->db, &count, err) < 0)
        return -1;
    *has = count > 0;
    return 0;
}

static json_t *user_item(const struct user *user)
{
    json_t *item = json_object();

    json_object_set_new(item, "name", document_text(user->name));
    json_object_set_new(item, "role", json_string(role_name(user->role)));
    json_object_set_new(item, "enabled", json_boolean(user->enabled));
    json_object_set_new(item, "created_at", document_time(user->created_at));
    json_object_set_new(item, "last_login_at", document_time(user->last_login_at));
    json_object_set_new(item, "sessions", json_integer(user->sessions));
    return item;
}

int document_users(struct service *service, json_t **document, struct err *err)
{
    struct user *users;
    size_t count;
    json_t *items;

    if (store_user_list(service->arena, service->db, &users, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, user_item(&users[i]));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}

static int audit(struct service *service, const char *action, const char *object, const char *before,
                 const char *after, struct err *err)
{
    return store_audit_add(service->db, service->now, service->actor, service->origin, action, object, before,
                           after, err);
}

static int parse_role(const char *text, enum role *role, struct err *err)
{
    *role = role_parse(text);
    if (*role != ROLE__MAX)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no role, expected viewer, restorer, operator or admin", text);
}

static int hash_password(struct service *service, const char *name, const char *password, const char **hash,
                         struct err *err)
{
    if (user_password_check(name, password, err) < 0)
        return -1;
    *hash = secret_password_hash(service->arena, password);
    return *hash == NULL ? err_set(err, ERR_FAILED, "there is not enough memory to hash a password") : 0;
}

int service_user_create(struct service *service, const char *name, const char *role, const char *password,
                        json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct user user = {
        .name = name, .enabled = true, .created_at = service->now, .password_at = service->now};

    if (user_name_check(name, err) < 0 || parse_role(role, &user.role, err) < 0 ||
        hash_password(service, name, password, &user.password_hash, err) < 0 ||
        transaction_begin(&transaction, service->db, err) < 0 ||
        audit(service, "user.create", name, NULL, role_name(user.role), err) < 0 ||
        store_user_insert(service->db, &user, &user.id, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    *document = user_item(&user);
    return 0;
}

/* Without an admin nobody could change anything again. */
static int keep_an_admin(struct service *service, const struct user *before, const struct user *after,
                         struct err *err)
{
    int64_t admins;

    if (before->role != ROLE_ADMIN || !before->enabled ||
        (after != NULL && after->role == ROLE_ADMIN && after->enabled))
        return 0;
    if (store_user_admins(service->db, &admins, err) < 0)
        return -1;
    if (admins > 1)
        return 0;
    err_set(err, ERR_REFUSED, "\"%s\" is the last admin", before->name);
    return err_hint(err, "make another one first: pobsync create-user NAME --role admin");
}

/* What the audit says about a user: never a hash. */
static const char *user_text(struct service *service, const struct user *user)
{
    return arena_printf(service->arena, "role %s, %s", role_name(user->role),
                        user->enabled ? "enabled" : "disabled");
}

int service_user_change(struct service *service, const char *name, const struct user_change *change,
                        json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    const char *hash = NULL;
    struct user before, after;

    /* Hashing takes long: not while the database is held. */
    if ((change->password != NULL && hash_password(service, name, change->password, &hash, err) < 0) ||
        transaction_begin(&transaction, service->db, err) < 0 ||
        store_user_load(service->arena, service->db, name, &before, err) < 0)
        return -1;
    after = before;
    if (change->role != NULL && parse_role(change->role, &after.role, err) < 0)
        return -1;
    if (change->enabled != NULL)
        after.enabled = *change->enabled;
    if (hash != NULL) {
        after.password_hash = hash;
        after.password_at = service->now;
    }
    if (keep_an_admin(service, &before, &after, err) < 0 ||
        audit(service, hash != NULL ? "user.password" : "user.change", name, user_text(service, &before),
              user_text(service, &after), err) < 0 ||
        store_user_save(service->db, &after, err) < 0 ||
        store_session_delete_of(service->db, after.id, change->keep_session, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    *document = user_item(&after);
    return 0;
}

int service_user_remove(struct service *service, const char *name, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct user user;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_user_load(service->arena, service->db, name, &user, err) < 0 ||
        keep_an_admin(service, &user, NULL, err) < 0 ||
        audit(service, "user.remove", name, user_text(service, &user), NULL, err) < 0 ||
        store_user_delete(service->db, user.id, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    *document = json_pack("{s:s, s:b}", "name", name, "removed", true);
    return 0;
}
