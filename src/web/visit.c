/* What handlers and the router do with a visit. */
#include "web/visit.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sys/secret.h"

static const char csrf_purpose[] = "csrf";

const char *visit_param(const struct visit *visit, const char *name)
{
    const char *value = url_pairs_get(&visit->params, name);

    assert(value != NULL);
    return value;
}

const char *visit_input(const struct visit *visit, const char *name)
{
    return url_pairs_get(&visit->input, name);
}

const char *visit_text(const struct visit *visit, const char *name)
{
    const char *value = visit_input(visit, name);

    return value != NULL && *value != '\0' ? value : NULL;
}

void visit_go(struct visit *visit, const char *format, ...)
{
    char location[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(location, sizeof location, format, arguments);
    va_end(arguments);
    visit->location = arena_strdup(visit->arena, location);
}

void visit_answer(struct visit *visit, int status, const char *type, const char *text)
{
    visit->response->status = status;
    visit->response->content_type = type;
    visit->response->body = text;
    visit->response->body_size = strlen(text);
    visit->answered = true;
}

/* The prefix makes browsers refuse a cookie that another subdomain or an unencrypted page has set. */
const char *visit_session_cookie(const struct visit *visit)
{
    return visit->secure ? "__Host-pobsync" : "pobsync";
}

void visit_set_cookie(struct visit *visit, const char *name, const char *value, int64_t max_age)
{
    char age[48] = "";

    if (max_age >= 0)
        snprintf(age, sizeof age, "; Max-Age=%lld", (long long)max_age);
    url_pairs_add(visit->arena, &visit->response->headers, "Set-Cookie",
                  arena_printf(visit->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, value, age,
                               visit->secure ? "; Secure" : ""));
}

const char *visit_csrf(struct visit *visit)
{
    char hash[SECRET_HASH];

    if (visit->secret == NULL) {
        char *made = arena_alloc(visit->arena, SECRET_TEXT);

        secret_make(made);
        visit->secret = made;
        visit_set_cookie(visit, visit_session_cookie(visit), made, -1);
    }
    secret_hash(hash, csrf_purpose, visit->secret);
    return secret_mask(visit->arena, hash);
}

bool visit_csrf_is_right(const struct visit *visit, const char *token)
{
    char expected[SECRET_HASH], sent[SECRET_HASH];

    if (visit->secret == NULL || token == NULL || !secret_unmask(token, sent))
        return false;
    secret_hash(expected, csrf_purpose, visit->secret);
    return secret_is_same(expected, sent);
}

void visit_redirect(struct visit *visit, const char *location)
{
    visit_answer(visit, 303, NULL, "");
    url_pairs_add(visit->arena, &visit->response->headers, "Location", location);
}

void visit_json(struct visit *visit, int status, const char *type, json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);

    assert(text != NULL);
    visit_answer(visit, status, type, arena_printf(visit->arena, "%s\n", text));
    free(text);
    json_decref(document);
}

static const char *status_title(int status)
{
    switch (status) {
    case 400:
        return "The request cannot be understood";
    case 401:
        return "A login is needed";
    case 403:
        return "Not allowed";
    case 404:
        return "Not found";
    case 405:
        return "Not done in this way";
    case 409:
        return "Not possible now";
    case 412:
        return "Changed meanwhile";
    case 415:
        return "Not a kind of content that is read here";
    case 422:
        return "Not a possible value";
    case 429:
        return "Too many attempts";
    case 502:
        return "The host cannot be reached";
    case 503:
        return "Not available";
    default:
        return "Something went wrong";
    }
}

static json_t *problem_document(const struct visit *visit, int status, const struct err *err)
{
    json_t *problem = json_object();

    json_object_set_new(problem, "type", json_sprintf("/problems/%s", err_name(err->code)));
    json_object_set_new(problem, "title", json_string(status_title(status)));
    json_object_set_new(problem, "status", json_integer(status));
    json_object_set_new(problem, "detail", json_string(err->message));
    json_object_set_new(problem, "instance", json_string(visit->request->path_text));
    json_object_set_new(problem, "code", json_string(err_name(err->code)));
    json_object_set_new(problem, "hint", err->hint[0] == '\0' ? json_null() : json_string(err->hint));
    json_object_set_new(problem, "request_id", json_string(visit->request->id));
    return problem;
}

void visit_fail(struct visit *visit, int status, const struct err *err)
{
    static const struct route error_page = {.path = "", .title = "Error", .template = "error"};
    json_t *problem = problem_document(visit, status, err);
    struct err again;

    if (status >= 500)
        log_error("request %s, %s %s: %s", visit->request->id, http_method_name(visit->request->method),
                  visit->request->path_text, err->message);
    visit->status = status;
    visit->problem = NULL;
    visit->title = NULL;
    if (visit->api) {
        visit_json(visit, status, "application/problem+json", problem);
        return;
    }
    if (visit_show(visit, &error_page, problem, &again) < 0) {
        log_error("request %s: %s", visit->request->id, again.message);
        visit_answer(visit, status, "text/plain; charset=utf-8",
                     arena_printf(visit->arena, "%s\n", err->message));
    }
    json_decref(problem);
}
