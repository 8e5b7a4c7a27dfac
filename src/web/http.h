/*
 * HTTP over libmicrohttpd, a thread for each connection, so that a handler may block. What reaches the handler is
 * clean: libmicrohttpd is lax, so every request is held against the rules of http_request.c first.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "web/url.h"

struct MHD_Connection;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE, HTTP_METHOD__MAX };

const char *http_method_name(enum http_method method); /* "GET" */

struct http_request {
    struct arena *arena; /* lives as long as the request */
    struct MHD_Connection *connection;
    enum http_method method; /* HEAD is GET: libmicrohttpd leaves the body out */
    const char *target;      /* path and query, as they were sent */
    const char *path_text;   /* the path, as it was sent */
    struct list path;        /* its parts, decoded */
    struct url_pairs query;
    const char *body; /* "" when there is none */
    size_t body_size;
    const char *host;  /* the one Host header */
    const char *peer;  /* the address of the other side of the connection */
    bool is_encrypted; /* the connection itself */
    const char *id;    /* of this request, for log and error page */
};

/* The first header of that name, or NULL. */
const char *http_header(const struct http_request *request, const char *name);
/* The cookie of that name, or NULL. */
const char *http_cookie(const struct http_request *request, const char *name);

/* A body that grows while it is sent; the thread of its connection waits in read(). */
struct http_stream {
    /* Fills `bytes`, waits until there is something: its number, or HTTP_STREAM_END, also when the client is gone;
     * HTTP_STREAM_BROKEN cuts the connection, so that the client sees that it has not got all. */
    ssize_t (*read)(void *context, char *bytes, size_t room);
    /* Called once, at the end of the connection, however that came. */
    void (*close)(void *context);
    void *context;
    int64_t
        size; /* of a body that is known to be so long, which is sent from 1 byte on; 0: it is not known */
};

enum { HTTP_STREAM_END = -1, HTTP_STREAM_BROKEN = -2 };

/* The socket of the connection: to see that the other side has gone, and for nothing else. */
int http_connection_fd(const struct http_request *request);

struct http_response {
    int status;
    const char *content_type; /* NULL: no body */
    const void *body;         /* in the arena of the request, or static */
    size_t body_size;
    struct http_stream *stream; /* the body instead; NULL: none */
    bool is_static;             /* may be kept by browsers for ever: no Cache-Control of ours */
    struct url_pairs headers;
};

struct http_options {
    int listen_fd;                 /* taken */
    const char *certificate, *key; /* PEM, NULL: no TLS */
    /* Fills the response (zeroed before); must not fail. */
    void (*handle)(void *context, struct http_request *request, struct http_response *response);
    void *context;
};

struct http_server;

/* Begins to serve; ERR_FAILED. */
int http_start(const struct http_options *options, struct http_server **server, struct err *err);
/* Refuses new connections, lets requests in work end, and returns. NULL is fine. */
void http_stop(struct http_server **server);

enum { HTTP_BODY_MAX = 256 * 1024, HTTP_CONNECTIONS_MAX = 512 };

#endif
