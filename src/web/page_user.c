/* Users and tokens. */
#include <string.h>

#include "base/parse.h"
#include "service/service_user.h"
#include "web/page.h"
#include "web/visit.h"

enum { TOKEN_DAYS = 90, TOKEN_DAYS_MAX = 3650 };

int page_users(struct visit *visit, json_t **document, struct err *err)
{
    const char *name = visit_input(visit, "name");

    visit->extra = json_pack("{s:s}", "new_name", name == NULL ? "" : name);
    return document_users(visit->service, document, err);
}

int page_role_check(const char *value, struct err *err)
{
    if (role_parse(value) != ROLE__MAX)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no role, expected viewer, restorer, operator or admin",
                   value);
}

int page_yes_check(const char *value, struct err *err)
{
    bool yes;

    return parse_bool(value, &yes, err);
}

int page_users_post(struct visit *visit, json_t **document, struct err *err)
{
    if (service_user_create(visit->service, visit_input(visit, "name"), visit_input(visit, "role"),
                            visit_input(visit, "password"), document, err) < 0)
        return -1;
    visit->status = visit->api ? 201 : 0;
    visit_go(visit, "/users%s", visit->api ? "" : "?notice=created");
    return 0;
}

/* Whoever changes himself keeps the session that he does it with. */
int page_user_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *name = visit_param(visit, "user"), *enabled = visit_text(visit, "enabled");
    struct user_change change = {.role = visit_text(visit, "role"),
                                 .password = visit_text(visit, "password")};
    bool flag;

    if (enabled != NULL) {
        if (parse_bool(enabled, &flag, err) < 0)
            return -1;
        change.enabled = &flag;
    }
    if (visit->account->session_id != 0 && strcmp(visit->account->name, name) == 0)
        change.keep_session = visit->account->session_id;
    if (service_user_change(visit->service, name, &change, document, err) < 0)
        return -1;
    visit_go(visit, "/users%s", visit->api ? "" : "?notice=saved");
    return 0;
}

int page_user_remove_post(struct visit *visit, json_t **document, struct err *err)
{
    visit_go(visit, "/users%s", visit->api ? "" : "?notice=removed");
    return service_user_remove(visit->service, visit_param(visit, "user"), document, err);
}

/* The rights that the account could give to a token. */
static json_t *rights_to_give(const struct account *account)
{
    json_t *rights = json_array();

    for (enum right right = 0; right < RIGHT__MAX; right++)
        if (account_may(account, right))
            json_array_append_new(
                rights, json_pack("{s:s, s:s}", "name", right_name(right), "help", right_help(right)));
    return rights;
}

int page_tokens(struct visit *visit, json_t **document, struct err *err)
{
    visit->extra = json_pack("{s:o, s:n}", "rights_to_give", rights_to_give(visit->account), "made");
    return document_tokens(visit->service, document, err);
}

/* Rights are fields of their own in a form ("right.read"), and a list "rights" in the API. */
static int read_rights(const struct visit *visit, unsigned *rights, struct err *err)
{
    struct list names = {0};

    *rights = 0;
    if (visit_text(visit, "rights") != NULL)
        list_add_lines(visit->arena, &names, visit_text(visit, "rights"));
    for (enum right right = 0; right < RIGHT__MAX; right++)
        if (visit_text(visit, arena_printf(visit->arena, "right.%s", right_name(right))) != NULL)
            *rights |= 1U << right;
    for (size_t i = 0; i < names.count; i++) {
        enum right right = right_parse(names.items[i]);

        if (right == RIGHT__MAX)
            return err_set(err, ERR_INVALID, "\"%s\" is no right", names.items[i]);
        *rights |= 1U << right;
    }
    return 0;
}

/* Shown in the answer and nowhere else: there is no page to go to that could show it again. */
int page_tokens_post(struct visit *visit, json_t **document, struct err *err)
{
    struct list hosts = {0};
    int64_t days = TOKEN_DAYS;
    unsigned rights;
    json_t *made;

    if (visit->account->session_id == 0)
        return err_set(err, ERR_NOT_ALLOWED, "a token cannot make tokens");
    if (visit_text(visit, "hosts") != NULL)
        for (const char *c = visit_text(visit, "hosts"); *c != '\0';) {
            size_t length = strcspn(c, " ,\r\n");

            if (length > 0)
                list_add(visit->arena, &hosts, arena_copy(visit->arena, c, length));
            c += length + (c[length] != '\0');
        }
    if ((visit_text(visit, "days") != NULL &&
         parse_int(visit_text(visit, "days"), 1, TOKEN_DAYS_MAX, &days, err) < 0) ||
        read_rights(visit, &rights, err) < 0 ||
        service_token_create(visit->service, visit->account, visit_input(visit, "name"), rights, &hosts, days,
                             &made, err) < 0)
        return -1;
    if (visit->api) {
        visit->status = 201;
        *document = made;
        return 0;
    }
    visit->extra = json_pack("{s:o, s:o}", "rights_to_give", rights_to_give(visit->account), "made", made);
    return document_tokens(visit->service, document, err);
}

int page_token_revoke_post(struct visit *visit, json_t **document, struct err *err)
{
    struct err ignored;
    int64_t id;

    if (parse_int(visit_param(visit, "token"), 1, INT64_MAX, &id, &ignored) < 0)
        return err_set(err, ERR_NOT_FOUND, "there is no token \"%s\"", visit_param(visit, "token"));
    visit_go(visit, "/tokens%s", visit->api ? "" : "?notice=revoked");
    return service_token_revoke(visit->service, id, document, err);
}
