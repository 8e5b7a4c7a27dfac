/* One's own account: password, sessions, theme. */
#include <string.h>

#include "service/service_user.h"
#include "web/page.h"
#include "web/visit.h"

/* A token has no account page: it is no person. */
static int require_session(const struct visit *visit, struct err *err)
{
    if (visit->account->session_id != 0)
        return 0;
    return err_set(err, ERR_NOT_ALLOWED, "a token cannot change the account that it belongs to");
}

int page_account(struct visit *visit, json_t **document, struct err *err)
{
    const char *theme = http_cookie(visit->request, "theme");
    json_t *sessions;

    if (require_session(visit, err) < 0 ||
        document_sessions(visit->service, visit->account, &sessions, err) < 0)
        return -1;
    *document = json_pack("{s:s, s:s, s:o, s:s}", "name", visit->account->name, "role",
                          role_name(visit->account->role), "sessions", json_object_get(sessions, "items"),
                          "theme", theme == NULL ? "system" : theme);
    json_incref(json_object_get(sessions, "items"));
    json_decref(sessions);
    return 0;
}

int page_password_post(struct visit *visit, json_t **document, struct err *err)
{
    const struct user_change change = {.password = visit_input(visit, "new_password"),
                                       .keep_session = visit->account->session_id};
    int64_t retry_after = 0;

    if (require_session(visit, err) < 0)
        return -1;
    if (strcmp(change.password, visit_input(visit, "again")) != 0)
        return err_set(err, ERR_INVALID, "the two new passwords differ");
    if (service_user_verify(visit->service, visit->account->name, visit_input(visit, "password"),
                            visit->client, &retry_after, err) < 0) {
        if (retry_after > 0)
            visit->status = 429;
        else if (err->code == ERR_NOT_ALLOWED)
            err_set(err, ERR_NOT_ALLOWED, "the old password is wrong");
        return -1;
    }
    if (service_user_change(visit->service, visit->account->name, &change, document, err) < 0)
        return -1;
    visit->location = "/account?notice=password";
    return 0;
}

int page_sessions_end_post(struct visit *visit, json_t **document, struct err *err)
{
    (void)document;
    if (require_session(visit, err) < 0 ||
        service_session_end_others(visit->service, visit->account, err) < 0)
        return -1;
    visit->location = "/account?notice=ended";
    return 0;
}

int page_theme_check(const char *value, struct err *err)
{
    if (strcmp(value, "system") == 0 || strcmp(value, "light") == 0 || strcmp(value, "dark") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no theme, expected system, light or dark", value);
}

int page_theme_post(struct visit *visit, json_t **document, struct err *err)
{
    enum { YEAR = 365 * 86400 };

    (void)document;
    (void)err;
    visit_set_cookie(visit, "theme", visit_input(visit, "theme"), YEAR);
    visit->location = "/account?notice=saved";
    return 0;
}
