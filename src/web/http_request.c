/* The rules that a request must keep, because the library below is lax. */
#include "web/http_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <microhttpd.h>

#include "base/parse.h"
#include "base/text.h"
#include "sys/listen.h"
#include "sys/random.h"

static const char *const method_names[] = {
    [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE"};

const char *http_method_name(enum http_method method)
{
    return (unsigned)method < HTTP_METHOD__MAX ? method_names[method] : "?";
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
}

/* What is counted over the headers of a request. */
struct head {
    int hosts, lengths, encodings;
    const char *host, *length;
    bool bad_name;
};

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct head *head = context;

    (void)kind;
    if (name[0] == '\0' || name[strcspn(name, " \t\r\n")] != '\0')
        head->bad_name = true;
    if (strcasecmp(name, "Host") == 0) {
        head->hosts++;
        head->host = value;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        head->lengths++;
        head->length = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        head->encodings++;
    }
    return MHD_YES;
}

static int check_method(struct http_request *request, const char *method, int *status, struct err *err)
{
    for (enum http_method i = 0; i < HTTP_METHOD__MAX; i++)
        if (strcmp(method, method_names[i]) == 0) {
            request->method = i;
            return 0;
        }
    if (strcmp(method, "HEAD") == 0)
        return 0;
    *status = 501;
    return err_set(err, ERR_USAGE, "the method of the request is none of GET, HEAD, POST, PATCH and DELETE");
}

static int check_head(struct http_request *request, int *status, struct err *err)
{
    struct head head = {0};
    struct err ignored;
    int64_t length = 0;

    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, see_header, &head);
    if (head.bad_name)
        return err_set(err, ERR_USAGE, "the name of a header holds a blank");
    if (head.hosts != 1 || head.host == NULL || *head.host == '\0')
        return err_set(err, ERR_USAGE, "the request has %d Host headers, expected one", head.hosts);
    if (head.encodings > 0)
        return err_set(err, ERR_USAGE, "the request has a Transfer-Encoding; send a Content-Length instead");
    if (head.lengths > 1 || (head.lengths == 1 && (head.length == NULL || parse_int(head.length, 0, INT64_MAX,
                                                                                    &length, &ignored) < 0)))
        return err_set(err, ERR_USAGE, "the Content-Length of the request is not one number");
    if (length > HTTP_BODY_MAX) {
        *status = 413;
        return err_set(err, ERR_USAGE, "the request is larger than %d bytes", HTTP_BODY_MAX);
    }
    if (length > 0 && request->method == HTTP_GET)
        return err_set(err, ERR_USAGE, "a GET request has no body");
    request->host = head.host;
    return 0;
}

static int check_target(struct http_request *request, struct err *err)
{
    size_t path = strcspn(request->target, "?");

    if (strchr(request->target, '#') != NULL || text_has_control(request->target))
        return err_set(err, ERR_USAGE, "the target of the request holds characters that it must not");
    request->path_text = arena_copy(request->arena, request->target, path);
    if (url_parse_path(request->arena, request->path_text, &request->path, err) < 0)
        return -1;
    if (request->target[path] == '\0')
        return 0;
    return url_parse_form(request->arena, request->target + path + 1, strlen(request->target + path + 1),
                          &request->query, err);
}

int http_request_begin(struct http_exchange *exchange, const char *method, int *status, struct err *err)
{
    struct http_request *request = &exchange->request;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    request->arena = &exchange->arena;
    request->body = "";
    request->peer = listen_peer(request->arena, info == NULL ? NULL : info->client_addr);
    request->is_encrypted =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_PROTOCOL) != NULL;
    request->id = arena_printf(request->arena, "%08x%08x", random_u32(), random_u32());
    *status = 400;
    if (check_method(request, method, status, err) < 0 || check_head(request, status, err) < 0)
        return -1;
    return check_target(request, err);
}
