/* From a request to its handler: everything that a route demands is enforced here, and nowhere else. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "service/host_settings.h"
#include "service/root_files.h"
#include "service/service_user.h"
#include "sys/listen.h"
#include "sys/secret.h"
#include "web/asset.h"
#include "web/input.h"
#include "web/precondition.h"
#include "web/repetition.h"
#include "web/visit.h"

static const struct err no_error = {0};

/* How a request went on: it is answered, or it goes on. */
enum step { STEP_ON, STEP_ANSWERED };

static enum step answer_error(struct visit *visit, int status, const struct err *err)
{
    visit_fail(visit, status, err);
    return STEP_ANSWERED;
}

static enum step refuse(struct visit *visit, int status, enum err_code code, const char *message,
                        const char *hint)
{
    struct err err = no_error;

    err_set(&err, code, "%s", message);
    err_hint(&err, "%s", hint);
    return answer_error(visit, status, &err);
}

/* --- where it comes from ------------------------------------------------------------------------------------- */

static bool is_trusted(const struct list *proxies, const char *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (listen_is_within(address, proxies->items[i]))
            return true;
    return strcmp(address, "local") == 0;
}

/* The last address in X-Forwarded-For that is not a proxy of ours: what stands before it anybody may have written. */
static const char *forwarded_for(const struct visit *visit, const struct list *proxies)
{
    const char *header = http_header(visit->request, "X-Forwarded-For");
    const char *client = visit->request->peer;
    size_t end = header == NULL ? 0 : strlen(header);

    while (end > 0 && is_trusted(proxies, client)) {
        size_t begin = end;
        const char *address;

        while (begin > 0 && header[begin - 1] != ',')
            begin--;
        address = arena_copy(visit->arena, header + begin, end - begin);
        address += strspn(address, " \t");
        address = arena_copy(visit->arena, address, strcspn(address, " \t"));
        if (!listen_is_within(address, address))
            break; /* no address */
        client = address;
        end = begin > 0 ? begin - 1 : 0;
    }
    return client;
}

/* The name in a Host header, without its port. */
static const char *host_name(const struct visit *visit)
{
    const char *host = visit->request->host;
    size_t length = host[0] == '[' ? strcspn(host, "]") + (strchr(host, ']') != NULL) : strcspn(host, ":");

    return arena_copy(visit->arena, host, length);
}

/* A name that a browser was led to by somebody else's DNS must not work; addresses cannot be led anywhere. */
static bool is_allowed_host(const struct visit *visit, const struct list *allowed)
{
    const char *host = visit->request->host, *name = host_name(visit);
    size_t length = strlen(name);
    const char *port = host + length;
    const char *address = name;

    if (*port != '\0' && (port[0] != ':' || port[1 + strspn(port + 1, "0123456789")] != '\0'))
        return false;
    if (strcasecmp(name, "localhost") == 0)
        return true;
    if (name[0] == '[' && length > 2)
        address = arena_copy(visit->arena, name + 1, length - 2);
    if (listen_is_within(address, address))
        return true;
    for (size_t i = 0; i < allowed->count; i++)
        if (strcasecmp(allowed->items[i], name) == 0)
            return true;
    return false;
}

static enum step find_origin(struct visit *visit)
{
    const char *scheme = http_header(visit->request, "X-Forwarded-Proto");
    struct effective global;
    struct err err = no_error;

    if (global_settings_load(visit->service, &global, &err) < 0)
        return answer_error(visit, err_http_status(err.code), &err);
    visit->client = visit->request->peer;
    visit->secure = visit->request->is_encrypted;
    if (is_trusted(&global.config.trusted_proxies, visit->request->peer)) {
        visit->client = forwarded_for(visit, &global.config.trusted_proxies);
        visit->secure = visit->secure || (scheme != NULL && strcasecmp(scheme, "https") == 0);
    }
    if (is_allowed_host(visit, &global.config.allowed_hosts))
        return STEP_ON;
    return refuse(visit, 400, ERR_USAGE, "this server does not answer to the name in the Host header",
                  "allow it: pobsync configure-global --allowed-hosts NAME");
}

/* --- what it is about ---------------------------------------------------------------------------------------- */

/* ":path*": all that is left, joined again; nothing is fine as well. */
static bool take_rest(struct arena *arena, const char *pattern, const struct list *parts, size_t first,
                      struct url_pairs *params)
{
    struct list rest = {.items = parts->items + first, .count = parts->count - first};

    url_pairs_add(arena, params, arena_copy(arena, pattern + 1, strlen(pattern) - 2),
                  rest.count > 0 ? list_join(arena, &rest, "/") : "");
    return true;
}

bool route_matches(const struct route *route, struct arena *arena, const struct list *parts, size_t first,
                   struct url_pairs *params)
{
    const char *pattern = route->path + 1;
    size_t taken = first;

    *params = (struct url_pairs){0};
    for (size_t i = first; i < parts->count; i++) {
        size_t length = strcspn(pattern, "/");

        if (length > 0 && pattern[length - 1] == '*')
            break;

        if (length == 0)
            return false;
        if (pattern[0] == ':')
            url_pairs_add(arena, params, arena_copy(arena, pattern + 1, length - 1), parts->items[i]);
        else if (strlen(parts->items[i]) != length || strncmp(pattern, parts->items[i], length) != 0)
            return false;
        pattern += length + (pattern[length] == '/');
        taken = i + 1;
    }
    if (*pattern != '\0' && pattern[strlen(pattern) - 1] == '*' && strchr(pattern, '/') == NULL)
        return take_rest(arena, pattern, parts, taken, params);
    return *pattern == '\0';
}

static enum step refuse_method(struct visit *visit, const char *allowed)
{
    url_pairs_add(visit->arena, &visit->response->headers, "Allow", allowed);
    return refuse(visit, 405, ERR_USAGE, arena_printf(visit->arena, "this is done by %s only", allowed), "");
}

static enum step find_route(struct visit *visit)
{
    const struct list *path = &visit->request->path;
    size_t first = visit->face == FACE_API ? 2 : 0;
    struct list allowed = {0};

    for (const struct route *route = routes; route->path != NULL; route++) {
        struct url_pairs params;

        if ((route->faces & visit->face) == 0 || !route_matches(route, visit->arena, path, first, &params))
            continue;
        if (route->method == visit->request->method) {
            visit->route = route;
            visit->params = params;
            return STEP_ON;
        }
        list_add(visit->arena, &allowed, http_method_name(route->method));
        if (route->method == HTTP_GET)
            list_add(visit->arena, &allowed, "HEAD");
    }
    if (allowed.count > 0)
        return refuse_method(visit, list_join(visit->arena, &allowed, ", "));
    return refuse(visit, 404, ERR_NOT_FOUND, "there is nothing at this address",
                  visit->api ? "GET /api/ lists what there is" : "");
}

/* --- who asks ------------------------------------------------------------------------------------------------ */

static int resume_token(struct visit *visit, const char *header, struct account *account, struct err *err)
{
    visit->by_token = true;
    if (strncasecmp(header, "Bearer ", 7) != 0)
        return 0;
    return service_token_resume(visit->service, header + 7 + strspn(header + 7, " "), visit->client, account,
                                err);
}

static enum step find_account(struct visit *visit)
{
    const char *header = http_header(visit->request, "Authorization");
    struct account *account = arena_alloc(visit->arena, sizeof *account);
    struct err err = no_error;
    int found = 0;

    visit->secret = http_cookie(visit->request, visit_session_cookie(visit));
    if (visit->secret != NULL && strlen(visit->secret) != SECRET_TEXT - 1)
        visit->secret = NULL;
    if (header != NULL)
        found = resume_token(visit, header, account, &err);
    else if (visit->secret != NULL)
        found = service_session_resume(visit->service, visit->secret, account, &err);
    if (found < 0)
        return answer_error(visit, err_http_status(err.code), &err);
    if (found > 0) {
        visit->account = account;
        visit->service->actor = account->name;
    }
    return STEP_ON;
}

static enum step ask_for_login(struct visit *visit)
{
    /* What is no page is asked for by programs. */
    if (visit->route->method == HTTP_GET && visit->route->template == NULL)
        visit->api = true;
    if (visit->api) {
        url_pairs_add(visit->arena, &visit->response->headers, "WWW-Authenticate",
                      "Bearer realm=\"pobsync\"");
        return refuse(visit, 401, ERR_NOT_ALLOWED, "a login is needed",
                      "send Authorization: Bearer and a token, made at /tokens, or the cookie of a session");
    }
    visit_redirect(
        visit,
        arena_printf(visit->arena, "/login?next=%s",
                     url_encode(visit->arena,
                                visit->request->method == HTTP_GET ? visit->request->target : "/", true)));
    return STEP_ANSWERED;
}

/* A token that is limited to hosts sees nothing but those. */
static bool reaches_host(const struct visit *visit)
{
    const char *host = url_pairs_get(&visit->params, "host");

    return visit->account->hosts == NULL || visit->route->open ||
           (host != NULL && list_has(visit->account->hosts, host));
}

static enum step check_right(struct visit *visit)
{
    const char *right = right_name(visit->route->right);

    if (visit->route->open)
        return STEP_ON;
    if (visit->account == NULL)
        return ask_for_login(visit);
    if (!account_may(visit->account, visit->route->right))
        return refuse(visit, 403, ERR_NOT_ALLOWED,
                      arena_printf(visit->arena, "this needs the right \"%s\" (%s), which %s has not", right,
                                   right_help(visit->route->right), visit->account->name),
                      visit->by_token ? "make a token with that right" : "ask an admin for another role");
    if (!reaches_host(visit))
        return refuse(visit, 403, ERR_NOT_ALLOWED, "this token is limited to other hosts", "");
    return STEP_ON;
}

/* --- whether a change is meant ------------------------------------------------------------------------------- */

/* Whether the page that sent it is one of ours, as far as the browser says. */
static bool is_own_origin(const struct visit *visit)
{
    const char *origin = http_header(visit->request, "Origin"),
               *site = http_header(visit->request, "Sec-Fetch-Site");
    const char *authority;

    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (origin == NULL)
        return true;
    authority = strstr(origin, "://");
    return authority != NULL && strcasecmp(authority + 3, visit->request->host) == 0 &&
           (!visit->secure || strncmp(origin, "https://", 8) == 0);
}

/* The browser sends cookies with every form, also with one on somebody else's page; it does not send what stands in
 * ours. A program with a token sends no cookie that could be misused. */
static enum step check_csrf(struct visit *visit, const struct url_pairs *form)
{
    const char *token = url_pairs_get(form, "csrf_token");

    if (visit->request->method == HTTP_GET || visit->by_token)
        return STEP_ON;
    if (token == NULL)
        token = http_header(visit->request, "X-CSRF-Token");
    if (visit->api && token == NULL && visit->account == NULL)
        return ask_for_login(visit);
    if (is_own_origin(visit) && visit_csrf_is_right(visit, token))
        return STEP_ON;
    return refuse(visit, 403, ERR_NOT_ALLOWED,
                  "the request does not come from a page of this server, or that page is too old",
                  "go back, load the page again, and send the form once more");
}

/* --- doing it ------------------------------------------------------------------------------------------------ */

/* The page of the form again, with what was sent and what is wrong with it. */
static enum step show_form_again(struct visit *visit, int status, const struct err *err)
{
    const struct route *form = NULL;
    json_t *document = NULL;
    struct err again = no_error;
    int result = -1;

    for (const struct route *route = routes; route->path != NULL && form == NULL; route++)
        if (route->method == HTTP_GET && strcmp(route->path, visit->route->form) == 0)
            form = route;
    assert(form != NULL);
    visit->problem = err;
    visit->status = status;
    visit->location = NULL;
    if (form->handle(visit, &document, &again) == 0 && !visit->answered) {
        visit->route = form;
        result = visit_show(visit, form, document, &again);
    }
    json_decref(document);
    if (visit->answered)
        return STEP_ANSWERED;
    return result < 0 ? answer_error(visit, status, err) : STEP_ANSWERED;
}

static enum step handle_failed(struct visit *visit, const struct err *err)
{
    int status = visit->status != 0 ? visit->status : err_http_status(err->code);

    if (!visit->api && visit->route->form != NULL && status < 500)
        return show_form_again(visit, status, err);
    return answer_error(visit, status, err);
}

static enum step show_result(struct visit *visit, json_t *document)
{
    struct err err = no_error;
    int result;

    if (visit->api) {
        if (precondition_answer(visit, document)) {
            json_decref(document);
            return STEP_ANSWERED;
        }
        if (visit->location != NULL)
            url_pairs_add(visit->arena, &visit->response->headers, "Location",
                          arena_printf(visit->arena, "/api/v1%s", visit->location));
        visit_json(visit, visit->status != 0 ? visit->status : 200, "application/json",
                   document != NULL ? document : json_object());
        return STEP_ANSWERED;
    }
    if (visit->location != NULL) {
        visit_redirect(visit, visit->location);
        json_decref(document);
        return STEP_ANSWERED;
    }
    result = visit_show(visit, visit->route, document, &err);
    json_decref(document);
    return result < 0 ? answer_error(visit, 500, &err) : STEP_ANSWERED;
}

/* A browser that was left open is not enough for what cannot be made good; a token says by its rights what it is for. */
static int require_password(struct visit *visit, struct err *err)
{
    const char *password = visit_text(visit, "password");
    int64_t retry_after = 0;

    if (visit->route->is_grave == NULL || !visit->route->is_grave(visit))
        return 0;
    if (visit->by_token)
        return account_may(visit->account, RIGHT_DESTROY)
                   ? 0
                   : err_set(err, ERR_NOT_ALLOWED, "this needs a token with the right \"%s\" (%s)",
                             right_name(RIGHT_DESTROY), right_help(RIGHT_DESTROY));
    if (password == NULL)
        return err_set(err, ERR_INVALID, "your password is missing: this cannot be made good afterwards");
    if (service_user_verify(visit->service, visit->account->name, password, visit->client, &retry_after,
                            err) == 0)
        return 0;
    if (retry_after > 0)
        visit->status = 429;
    else if (err->code == ERR_NOT_ALLOWED)
        err_set(err, ERR_NOT_ALLOWED, "the password is wrong: nothing was done");
    return -1;
}

static void work(struct visit *visit)
{
    struct url_pairs sent = {0};
    json_t *document = NULL;
    struct err err = no_error;
    int status;

    if (find_origin(visit) == STEP_ANSWERED || find_account(visit) == STEP_ANSWERED ||
        find_route(visit) == STEP_ANSWERED)
        return;
    if (input_read(visit, &sent, &status, &err) < 0) {
        answer_error(visit, status, &err);
        return;
    }
    if (check_csrf(visit, &sent) == STEP_ANSWERED || check_right(visit) == STEP_ANSWERED)
        return;
    if (input_check(visit, &sent, &status, &err) < 0) {
        visit->status = status;
        handle_failed(visit, &err);
        return;
    }
    if (require_password(visit, &err) < 0) {
        handle_failed(visit, &err);
        return;
    }
    if (repetition_begin(visit))
        return;
    precondition_demand(visit);
    if (visit->route->handle(visit, &document, &err) < 0) {
        json_decref(document);
        handle_failed(visit, &err);
    } else if (!visit->answered) {
        show_result(visit, document);
    } else {
        json_decref(document);
    }
    repetition_end(visit);
}

static enum route_faces face_of(const struct list *path)
{
    if (path->count == 0 || strcmp(path->items[0], "api") != 0)
        return FACE_PAGE;
    return path->count > 1 && strcmp(path->items[1], "v1") == 0 ? FACE_API : FACE_INDEX;
}

void router_handle(void *context, struct http_request *request, struct http_response *response)
{
    struct service service;
    struct visit visit = {.web = context, .request = request, .response = response, .arena = request->arena};
    struct err err = no_error;

    if (request->path.count > 0 && strcmp(request->path.items[0], "static") == 0) {
        asset_answer(request, response);
        return;
    }
    visit.face = face_of(&request->path);
    visit.api = visit.face != FACE_PAGE;
    if (service_pool_take(visit.web->pool, request->arena, visit.api ? "api" : "web", &service, &err) < 0) {
        log_error("request %s: %s", request->id, err.message);
        visit_answer(&visit, 503, "text/plain; charset=utf-8", "the database cannot be opened\n");
        return;
    }
    visit.service = &service;
    work(&visit);
    json_decref(visit.extra);
    root_files_follow(&service);
    service_pool_give(visit.web->pool, &service);
    if (request->method != HTTP_GET)
        events_doubt(visit.web->events);
}
