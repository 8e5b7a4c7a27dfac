/* Logging in and out, and the first account. */
#include <string.h>

#include "base/log.h"
#include "service/service_user.h"
#include "sys/secret.h"
#include "web/page.h"
#include "web/visit.h"

static const char *next_of(const struct visit *visit)
{
    const char *next = visit_text(visit, "next");

    return next != NULL && url_is_local(next) ? next : "/";
}

/* Whoever is logged in already is where he wants to be. */
int page_login(struct visit *visit, json_t **document, struct err *err)
{
    const char *name = visit_input(visit, "username");
    bool has_admin;

    if (service_user_has_admin(visit->service, &has_admin, err) < 0)
        return -1;
    if (visit->account != NULL && visit->problem == NULL) {
        visit_redirect(visit, next_of(visit));
        return 0;
    }
    *document = json_pack("{s:s, s:s, s:b}", "next", next_of(visit), "username", name == NULL ? "" : name,
                          "setup", !has_admin);
    return 0;
}

int page_login_post(struct visit *visit, json_t **document, struct err *err)
{
    int64_t retry_after = 0;
    const char *secret;

    (void)document;
    if (service_session_login(visit->service, visit_input(visit, "username"), visit_input(visit, "password"),
                              visit->client, http_header(visit->request, "User-Agent"), &secret, &retry_after,
                              err) < 0) {
        if (retry_after > 0) {
            visit->status = 429;
            url_pairs_add(visit->arena, &visit->response->headers, "Retry-After",
                          arena_printf(visit->arena, "%lld", (long long)retry_after));
        }
        return -1;
    }
    /* The session that the browser came with is over: nobody who knew its secret comes in with it. */
    if (visit->account != NULL && service_session_end(visit->service, visit->account->session_id, err) < 0)
        return -1;
    visit_set_cookie(visit, visit_session_cookie(visit), secret, SESSION_SECONDS);
    visit->location = next_of(visit);
    return 0;
}

int page_logout_post(struct visit *visit, json_t **document, struct err *err)
{
    (void)document;
    if (visit->account != NULL && visit->account->session_id != 0 &&
        service_session_end(visit->service, visit->account->session_id, err) < 0)
        return -1;
    visit_set_cookie(visit, visit_session_cookie(visit), "", 0);
    visit->location = "/login?notice=logged-out";
    return 0;
}

/* The page is there only as long as nobody could log in. */
static int require_no_admin(struct visit *visit, struct err *err)
{
    bool has_admin;

    if (service_user_has_admin(visit->service, &has_admin, err) < 0)
        return -1;
    if (!has_admin)
        return 0;
    visit->route = NULL;
    visit_fail(visit, 404,
               &(struct err){.code = ERR_NOT_FOUND, .message = "there is nothing at this address"});
    return 1;
}

int page_setup(struct visit *visit, json_t **document, struct err *err)
{
    const char *name = visit_input(visit, "username");
    int gone = require_no_admin(visit, err);

    if (gone == 0)
        *document = json_pack("{s:s}", "username", name == NULL ? "admin" : name);
    return gone < 0 ? -1 : 0;
}

int page_setup_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *code = visit->web->setup_code, *name = visit_input(visit, "username"), *secret;
    int gone = require_no_admin(visit, err);
    int64_t retry_after;

    if (gone != 0)
        return gone < 0 ? -1 : 0;
    if (*code == '\0' || !secret_is_same(code, visit_input(visit, "code"))) {
        log_warning("somebody at %s tried to set up this server with a wrong code", visit->client);
        err_set(err, ERR_NOT_ALLOWED, "this is not the code that the server printed when it was started");
        return err_hint(err, "look for it in the log, or restart the server for a new one");
    }
    visit->service->actor = "setup";
    if (service_user_create(visit->service, name, "admin", visit_input(visit, "password"), document, err) <
            0 ||
        service_session_login(visit->service, name, visit_input(visit, "password"), visit->client,
                              http_header(visit->request, "User-Agent"), &secret, &retry_after, err) < 0)
        return -1;
    visit_set_cookie(visit, visit_session_cookie(visit), secret, SESSION_SECONDS);
    visit->location = "/setup/root";
    return 0;
}
