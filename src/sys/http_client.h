/* One request to a web server whose answer is only a status: webhooks and pings. */
#ifndef SYS_HTTP_CLIENT_H
#define SYS_HTTP_CLIENT_H

#include <stdint.h>

#include "base/err.h"

struct http_request {
    const char *url;          /* http or https */
    const char *shown;        /* how messages name it: without what may be secret */
    const char *body;         /* posted; NULL: a GET */
    const char *content_type; /* of the body */
    const char *token;        /* sent as "Authorization: Bearer", https only; NULL: none */
    const char *ca_file;      /* NULL: the authorities of this server */
    int64_t timeout_ms;       /* for all of it */
};

/* 0 when the answer is 2xx. Redirects are not followed. -1: ERR_UNREACHABLE, ERR_FAILED for another answer (*status
 * tells it), ERR_INVALID for a request that would be more than it says, ERR_INTERRUPTED. *status is 0 without an
 * answer. */
int http_send(const struct http_request *request, long *status, struct err *err);

#endif
