/* Requests between libmicrohttpd and the handler. */
#ifndef WEB_HTTP_REQUEST_H
#define WEB_HTTP_REQUEST_H

#include "base/buf.h"
#include "web/http.h"

/* One request from its first line to its end. */
struct http_exchange {
    struct arena arena;
    struct http_request request;
    struct buf body;
    bool begun;
};

/* Fills the request from its head, and holds it against the rules: exactly one Host; no Transfer-Encoding; at most one
 * Content-Length, of digits, not over HTTP_BODY_MAX, and none with a body for GET; a method that we know; names of
 * headers without blanks; a well-formed target. -1 with the error and in *status what to answer. */
int http_request_begin(struct http_exchange *exchange, const char *method, int *status, struct err *err);

#endif
