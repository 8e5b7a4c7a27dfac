/* The daemon: exchanges, limits, headers of every answer. */
#include "web/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/log.h"
#include "web/gzip.h"
#include "web/http_request.h"

enum {
    IDLE_SECONDS = 30,
    CONNECTION_MEMORY = 32 * 1024,
    STACK_SIZE = 1024 * 1024,
    STREAM_BLOCK = 64 * 1024,
    COMPRESS_FROM = 1024, /* bytes; below, it is not worth the work */
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
};

/* Percent-encoding stays as it is: it is decoded part by part in url.c. */
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* The first thing that is heard of a request; the only place where its target is given as it was sent. */
static void *begin_exchange(void *context, const char *target, struct MHD_Connection *connection)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);

    (void)context;
    if (exchange == NULL)
        abort();
    exchange->request.connection = connection;
    exchange->request.target = arena_strdup(&exchange->arena, target);
    return exchange;
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct http_exchange *exchange = *state;

    (void)context;
    (void)connection;
    (void)code;
    if (exchange == NULL)
        return;
    buf_release(&exchange->body);
    arena_release(&exchange->arena);
    free(exchange);
    *state = NULL;
}

static const struct url_pair security_headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
     "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

/* gzip, unless it is small, compressed already, or the client does not ask for it. */
static void compress_body(const struct http_request *request, struct http_response *response)
{
    BUF_SCOPED packed = BUF_EMPTY;

    if (response->is_static || response->body_size < COMPRESS_FROM ||
        !gzip_is_accepted(http_header(request, "Accept-Encoding")) ||
        url_pairs_get(&response->headers, "Content-Encoding") != NULL)
        return;
    gzip_pack(&packed, response->body, response->body_size);
    response->body = arena_copy(request->arena, buf_text(&packed), packed.size);
    response->body_size = packed.size;
    url_pairs_add(request->arena, &response->headers, "Content-Encoding", "gzip");
    url_pairs_add(request->arena, &response->headers, "Vary", "Accept-Encoding");
}

static void add_header(struct MHD_Response *answer, const char *name, const char *value)
{
    if (MHD_add_response_header(answer, name, value) != MHD_YES)
        log_warning("the answer's header %s cannot be sent", name);
}

static ssize_t read_stream(void *context, uint64_t position, char *bytes, size_t room)
{
    struct http_stream *stream = context;
    ssize_t size = stream->read(stream->context, bytes, room);

    (void)position;
    if (size == HTTP_STREAM_BROKEN)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return size > 0 ? size : MHD_CONTENT_READER_END_OF_STREAM;
}

static void close_stream(void *context)
{
    struct http_stream *stream = context;

    stream->close(stream->context);
}

static struct MHD_Response *make_body(struct http_request *request, struct http_response *response)
{
    struct MHD_Response *answer;

    if (response->stream != NULL) {
        uint64_t size = response->stream->size > 0 ? (uint64_t)response->stream->size : MHD_SIZE_UNKNOWN;

        answer = MHD_create_response_from_callback(size, STREAM_BLOCK, read_stream, response->stream,
                                                   close_stream);
        if (answer == NULL)
            close_stream(response->stream);
        return answer;
    }
    compress_body(request, response);
    return MHD_create_response_from_buffer(response->body_size, (void *)(uintptr_t)response->body,
                                           response->is_static ? MHD_RESPMEM_PERSISTENT
                                                               : MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_response(struct http_server *server, struct http_request *request,
                                     struct http_response *response)
{
    struct MHD_Response *answer = make_body(request, response);
    enum MHD_Result queued;

    if (answer == NULL)
        return MHD_NO;
    for (size_t i = 0; i < sizeof security_headers / sizeof security_headers[0]; i++)
        add_header(answer, security_headers[i].name, security_headers[i].value);
    if (server->options.certificate != NULL)
        add_header(answer, "Strict-Transport-Security", "max-age=31536000");
    if (!response->is_static)
        add_header(answer, "Cache-Control", "no-store");
    add_header(answer, "X-Request-Id", request->id);
    if (response->content_type != NULL)
        add_header(answer, "Content-Type", response->content_type);
    for (size_t i = 0; i < response->headers.count; i++)
        add_header(answer, response->headers.pairs[i].name, response->headers.pairs[i].value);
    queued = MHD_queue_response(request->connection, (unsigned)response->status, answer);
    MHD_destroy_response(answer);
    return queued;
}

/* A request that broke a rule is answered at once, and nothing more is read from that connection. */
static enum MHD_Result refuse(struct http_server *server, struct http_request *request, int status,
                              const struct err *err)
{
    struct http_response response = {.status = status, .content_type = "text/plain; charset=utf-8"};

    response.body = arena_printf(request->arena, "%s\n", err->message);
    response.body_size = strlen(response.body);
    url_pairs_add(request->arena, &response.headers, "Connection", "close");
    log_debug("request %s from %s refused: %s", request->id, request->peer, err->message);
    return send_response(server, request, &response);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    struct http_server *server = context;
    struct http_exchange *exchange = *state;
    struct http_response response = {0};
    struct err err;
    int status;

    (void)connection;
    (void)url;
    (void)version;
    assert(exchange != NULL);
    if (!exchange->begun) {
        exchange->begun = true;
        if (http_request_begin(exchange, method, &status, &err) < 0)
            return refuse(server, &exchange->request, status, &err);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        if (exchange->body.size + *upload_size > HTTP_BODY_MAX)
            return MHD_NO; /* more than it said: the library does not let that happen */
        buf_add(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    exchange->request.body = buf_text(&exchange->body);
    exchange->request.body_size = exchange->body.size;
    server->options.handle(server->options.context, &exchange->request, &response);
    return send_response(server, &exchange->request, &response);
}

static void log_library(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void log_library(void *context, const char *format, va_list arguments)
{
    char line[512];

    (void)context;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    log_debug("http: %s", line);
}

int http_start(const struct http_options *options, struct http_server **server, struct err *err)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                     MHD_USE_ERROR_LOG | MHD_USE_ITC;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
                                   {MHD_OPTION_END, 0, NULL}};

    if (options->certificate == NULL)
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    else
        flags |= MHD_USE_TLS;
    *server = calloc(1, sizeof **server);
    if (*server == NULL)
        abort();
    (*server)->options = *options;
    (*server)->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, *server, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
        MHD_OPTION_LISTEN_SOCKET, options->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if ((*server)->daemon != NULL)
        return 0;
    free(*server);
    *server = NULL;
    err_set(err, ERR_FAILED, "the web server cannot start");
    return err_hint(err, options->certificate != NULL
                             ? "are certificate and key in PEM, and do they belong together?"
                             : "see its log with -vv");
}

int http_connection_fd(const struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info == NULL ? -1 : info->connect_fd;
}

void http_stop(struct http_server **server)
{
    if (*server == NULL)
        return;
    MHD_stop_daemon((*server)->daemon);
    free(*server);
    *server = NULL;
}
