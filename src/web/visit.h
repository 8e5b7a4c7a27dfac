/* One request in work: who asks for what, and what the answer will be. */
#ifndef WEB_VISIT_H
#define WEB_VISIT_H

#include "base/arena.h"
#include "service/service.h"
#include "service/service_pool.h"
#include "web/events.h"
#include "web/http.h"
#include "web/route.h"
#include "web/shared_document.h"
#include "web/template.h"

/* What all requests share. */
struct web {
    struct service_pool *pool;
    struct template_set *templates;
    struct shared_document *status; /* document_status() */
    struct shared_document *strips; /* strip_document() */
    struct events *events;
    const char *setup_code; /* "" when there was an admin at the start */
    const char *listen;     /* "127.0.0.1:8010" */
    bool tls;
};

struct visit {
    struct web *web;
    struct http_request *request;
    struct http_response *response;
    struct arena *arena;
    struct service *service;
    const struct route *route;
    enum route_faces face; /* that is asked */
    bool api;              /* answers are JSON */
    bool secure;           /* the browser's connection is encrypted */
    const char *client;    /* the browser's address, behind proxies that are trusted */
    const char *secret;    /* of the cookie: of a session, or of nobody yet; NULL: none */
    bool secret_is_new;    /* send the cookie */
    bool by_token;
    struct account *account;    /* NULL: nobody is logged in */
    struct url_pairs params;    /* of the path */
    struct url_pairs input;     /* fields that the route allows, checked: of the query, or of the form */
    const char *location;       /* where a POST leads to */
    int status;                 /* of a GET's page, 0: 200 */
    const struct err *problem;  /* what was wrong with the form that is shown again; NULL: nothing */
    const char *title;          /* of the page, NULL: the route's */
    const char *demanded_tag;   /* the change is for a document with this tag; NULL: for any */
    const char *repetition_key; /* under which the answer is kept; NULL: none */
    json_t *extra;              /* what a page shows beside the document; NULL: nothing */
    bool answered;              /* the handler has filled the response itself */
};

/* A parameter of the path: it is there. */
const char *visit_param(const struct visit *visit, const char *name);
/* A field that was sent, or NULL. */
const char *visit_input(const struct visit *visit, const char *name);
/* A field that was sent and is not empty, or NULL. */
const char *visit_text(const struct visit *visit, const char *name);

/* Where a POST leads to, formatted. */
void visit_go(struct visit *visit, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Plain text as the answer. */
void visit_answer(struct visit *visit, int status, const char *type, const char *text);

void visit_set_cookie(struct visit *visit, const char *name, const char *value, int64_t max_age);
const char *visit_session_cookie(const struct visit *visit); /* its name */

/* The CSRF token that a form of this visitor carries; makes the secret of a visitor who has none. */
const char *visit_csrf(struct visit *visit);
bool visit_csrf_is_right(const struct visit *visit, const char *token);

/* Fills the response with a page or problem+json for the error. */
void visit_fail(struct visit *visit, int status, const struct err *err);
/* Fills the response with a redirect by GET. */
void visit_redirect(struct visit *visit, const char *location);
/* Fills the response with the route's page for the document. */
int visit_show(struct visit *visit, const struct route *route, json_t *document, struct err *err);
/* Fills the response with JSON; takes the document. */
void visit_json(struct visit *visit, int status, const char *type, json_t *document);

/* The handler of http.h; `context` is the struct web. */
void router_handle(void *context, struct http_request *request, struct http_response *response);

#endif
