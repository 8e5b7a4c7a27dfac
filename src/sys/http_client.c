/* Webhooks and pings. */
#include "sys/http_client.h"

#include <string.h>

#include "base/arena.h"
#include "sys/outgoing.h"

/* Headers of one request; libcurl wants the list to stay until the end. */
static void free_headers(struct curl_slist **headers)
{
    curl_slist_free_all(*headers);
}
#define HEADERS_SCOPED __attribute__((cleanup(free_headers))) struct curl_slist

static void add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer != NULL)
        *headers = longer;
}

static int require_lines(const struct http_request *request, struct err *err)
{
    if (request->token != NULL && strncmp(request->url, "https://", 8) != 0)
        return err_set(err, ERR_INVALID, "a token is not sent without https");
    if (outgoing_require_line("the address", request->url, err) < 0 ||
        outgoing_require_line("the content type", request->content_type, err) < 0)
        return -1;
    return outgoing_require_line("the token", request->token, err);
}

int http_send(const struct http_request *request, long *status, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    OUTGOING_SCOPED outgoing = OUTGOING_CLOSED;
    HEADERS_SCOPED *headers = NULL;

    *status = 0;
    if (require_lines(request, err) < 0 ||
        outgoing_open(&outgoing, "http,https", request->ca_file, request->timeout_ms, err) < 0)
        return -1;
    curl_easy_setopt(outgoing.curl, CURLOPT_URL, request->url);
    curl_easy_setopt(outgoing.curl, CURLOPT_USERAGENT, "pobsync/" POBSYNC_VERSION);
    if (request->token != NULL)
        add_header(&headers, arena_printf(&arena, "Authorization: Bearer %s", request->token));
    if (request->body != NULL) {
        add_header(&headers, arena_printf(&arena, "Content-Type: %s", request->content_type));
        add_header(&headers, "Expect:"); /* else a server that knows no 100-continue costs a second */
        curl_easy_setopt(outgoing.curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
        curl_easy_setopt(outgoing.curl, CURLOPT_POSTFIELDS, request->body);
    }
    curl_easy_setopt(outgoing.curl, CURLOPT_HTTPHEADER, headers);
    if (outgoing_perform(&outgoing, arena_printf(&arena, "\"%s\"", request->shown), err) < 0)
        return -1;
    curl_easy_getinfo(outgoing.curl, CURLINFO_RESPONSE_CODE, status);
    if (*status >= 200 && *status < 300)
        return 0;
    return err_set(err, ERR_FAILED, "\"%s\" answered %ld, expected 2xx", request->shown, *status);
}
