/* Tokens: how programs log in. */
#include <string.h>

#include "db/transaction.h"
#include "model/rule.h"
#include "service/document.h"
#include "service/service_user.h"
#include "store/store_audit.h"
#include "store/store_user.h"
#include "sys/secret.h"

enum { DAY = 86400, DAYS_MAX = 3650, LISTED = 30 * DAY, TOUCH = 60 };

static const char token_purpose[] = "token";
static const char token_prefix[] = "pob_";

static json_t *rights_array(unsigned rights)
{
    json_t *names = json_array();

    for (enum right right = 0; right < RIGHT__MAX; right++)
        if ((rights >> right & 1) != 0)
            json_array_append_new(names, json_string(right_name(right)));
    return names;
}

static json_t *hosts_array(const struct list *hosts)
{
    json_t *names = hosts->count == 0 ? json_null() : json_array();

    for (size_t i = 0; i < hosts->count; i++)
        json_array_append_new(names, document_text(hosts->items[i]));
    return names;
}

static json_t *token_item(const struct api_token *token, int64_t now)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", json_integer(token->id));
    json_object_set_new(item, "user", document_text(token->user));
    json_object_set_new(item, "name", document_text(token->name));
    json_object_set_new(item, "rights", rights_array(token->rights));
    json_object_set_new(item, "hosts", hosts_array(&token->hosts));
    json_object_set_new(item, "created_at", document_time(token->created_at));
    json_object_set_new(item, "expires_at", document_time(token->expires_at));
    json_object_set_new(item, "expired", json_boolean(token->expires_at <= now));
    json_object_set_new(item, "revoked_at", document_time(token->revoked_at));
    json_object_set_new(item, "last_used_at", document_time(token->last_used_at));
    json_object_set_new(item, "last_used_from", document_text(token->last_used_from));
    return item;
}

int document_tokens(struct service *service, json_t **document, struct err *err)
{
    struct api_token *tokens;
    size_t count;
    json_t *items;

    if (store_token_list(service->arena, service->db, 0, &tokens, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        if (tokens[i].expires_at + LISTED > service->now)
            json_array_append_new(items, token_item(&tokens[i], service->now));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}

static int check(const struct account *account, const struct api_token *token, int64_t days, struct err *err)
{
    if (user_label_check(token->name, err) < 0)
        return err_in(err, "token");
    if (token->rights == 0)
        return err_set(err, ERR_INVALID, "the token has no right");
    for (enum right right = 0; right < RIGHT__MAX; right++)
        if ((token->rights >> right & 1) != 0 && !role_has(account->role, right))
            return err_set(err, ERR_NOT_ALLOWED, "\"%s\" has not the right \"%s\" that the token wants",
                           account->name, right_name(right));
    for (size_t i = 0; i < token->hosts.count; i++)
        if (rule_host_name(token->hosts.items[i], err) < 0)
            return -1;
    if (days < 1 || days > DAYS_MAX)
        return err_set(err, ERR_INVALID, "the token is to last %lld days, expected 1 to %d", (long long)days,
                       DAYS_MAX);
    return 0;
}

int service_token_create(struct service *service, const struct account *account, const char *name,
                         unsigned rights, const struct list *hosts, int64_t days, json_t **document,
                         struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct api_token token = {.user_id = account->user_id,
                              .user = account->name,
                              .name = name,
                              .rights = rights,
                              .hosts = *hosts,
                              .created_at = service->now,
                              .expires_at = service->now + days * DAY};
    char random[SECRET_TEXT], hash[SECRET_HASH];
    const char *secret;

    if (check(account, &token, days, err) < 0)
        return -1;
    secret_make(random);
    secret = arena_printf(service->arena, "%s%s", token_prefix, random);
    secret_hash(hash, token_purpose, secret);
    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_token_expire(service->db, service->now - LISTED, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "token.create", name,
                        NULL, NULL, err) < 0 ||
        store_token_insert(service->arena, service->db, &token, hash, &token.id, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    *document = token_item(&token, service->now);
    json_object_set_new(*document, "secret", json_string(secret));
    return 0;
}

int service_token_resume(struct service *service, const char *secret, const char *address,
                         struct account *account, struct err *err)
{
    struct api_token *token = arena_alloc(service->arena, sizeof *token);
    char hash[SECRET_HASH];
    struct user user;
    int found;

    secret_hash(hash, token_purpose, secret);
    found = store_token_find(service->arena, service->db, hash, token, &user, err);
    if (found <= 0)
        return found;
    if (!user.enabled || token->revoked_at != 0 || token->expires_at <= service->now)
        return 0;
    if (token->last_used_at + TOUCH <= service->now &&
        store_token_used(service->db, token->id, service->now, address, err) < 0)
        return -1;
    *account = (struct account){.user_id = user.id,
                                .name = arena_printf(service->arena, "%s (token %s)", user.name, token->name),
                                .role = user.role,
                                .rights = token->rights,
                                .hosts = token->hosts.count == 0 ? NULL : &token->hosts};
    return 1;
}

int service_token_revoke(struct service *service, int64_t id, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct api_token *tokens;
    size_t count, i = 0;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_token_list(service->arena, service->db, 0, &tokens, &count, err) < 0)
        return -1;
    while (i < count && tokens[i].id != id)
        i++;
    if (i == count)
        return err_set(err, ERR_NOT_FOUND, "there is no token %lld", (long long)id);
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "token.revoke",
                        tokens[i].name, NULL, NULL, err) < 0 ||
        store_token_revoke(service->db, id, service->now, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    if (tokens[i].revoked_at == 0)
        tokens[i].revoked_at = service->now;
    *document = token_item(&tokens[i], service->now);
    return 0;
}
