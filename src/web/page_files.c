/* The bytes of files in snapshots, through the reader: downloads, archives, text. A backup is hostile input: what is sent as
 * it is can only be saved (an attachment of no type, in a sandbox); what is shown is escaped text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/text.h"
#include "model/pack_format.h"
#include "service/reader_client.h"
#include "sys/fs.h"
#include "web/page.h"
#include "web/place_link.h"
#include "web/visit.h"

enum { TEXT_MAX = 256 * 1024 };

/* What is being sent. */
struct sending {
    struct http_stream stream; /* lives until it is closed, which may be after the request */
    int fd, socket_fd;
    off_t at, end; /* of a file; of a pipe -1 */
};

static ssize_t read_sending(void *context, char *bytes, size_t room)
{
    struct sending *sending = context;
    size_t wanted = room;
    ssize_t got;

    if (sending->end >= 0 && (off_t)wanted > sending->end - sending->at)
        wanted = (size_t)(sending->end - sending->at);
    if (wanted == 0)
        return HTTP_STREAM_END;
    do
        got = sending->end >= 0 ? pread(sending->fd, bytes, wanted, sending->at)
                                : read(sending->fd, bytes, wanted);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        sending->at += got;
        return got;
    }
    /* The end of a pipe is the end of the archive only if its writer says so. */
    if (got == 0 && sending->end < 0 && reader_last_word(sending->socket_fd))
        return HTTP_STREAM_END;
    return HTTP_STREAM_BROKEN;
}

static void close_sending(void *context)
{
    struct sending *sending = context;

    fs_close(&sending->fd);
    fs_close(&sending->socket_fd);
    free(sending);
}

/* Takes the answer's descriptors. */
static void start_sending(struct visit *visit, int status, const char *type, struct reader_answer *answer,
                          off_t at, off_t end)
{
    struct sending *sending;

    visit_answer(visit, status, type, "");
    if (at == end)
        return; /* an empty file */
    sending = malloc(sizeof *sending);
    if (sending == NULL)
        abort();
    *sending = (struct sending){.stream = {.read = read_sending,
                                           .close = close_sending,
                                           .context = sending,
                                           .size = end < 0 ? 0 : end - at},
                                .fd = answer->fd,
                                .socket_fd = answer->socket_fd,
                                .at = at,
                                .end = end};
    answer->fd = answer->socket_fd = -1;
    visit->response->stream = &sending->stream;
}

/* A name that a browser may save it under: in ASCII, and as it is where it is UTF-8. */
static void add_attachment(struct visit *visit, const char *name)
{
    struct url_pairs *headers = &visit->response->headers;
    char *plain = arena_strdup(visit->arena, name);
    const char *safe = text_printable_dup(visit->arena, name, strlen(name));

    for (char *at = plain; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e || strchr("\"\\/%", *at) != NULL)
            *at = '_';
    url_pairs_add(visit->arena, headers, "Content-Disposition",
                  arena_printf(visit->arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain,
                               url_encode(visit->arena, safe, false)));
    url_pairs_add(visit->arena, headers, "Content-Security-Policy", "sandbox; default-src 'none'");
}

/* "bytes=0-99", "bytes=100-", "bytes=-5" of `size` bytes. 1: a part, 0: all (also for what is not understood, as it may
 * be), -1: there is no such part. */
static int read_range(const char *header, off_t size, off_t *at, off_t *end)
{
    struct err ignored;
    int64_t first, last;
    const char *dash;
    char part[32];

    *at = 0;
    *end = size;
    if (header == NULL || strncmp(header, "bytes=", 6) != 0 || strlen(header) >= 60 ||
        strchr(header, ',') != NULL)
        return 0;
    header += 6;
    dash = strchr(header, '-');
    if (dash == NULL || dash - header >= (ptrdiff_t)sizeof part)
        return 0;
    memcpy(part, header, (size_t)(dash - header));
    part[dash - header] = '\0';
    if (dash == header) { /* the last so many */
        if (parse_int(dash + 1, 0, INT64_MAX, &last, &ignored) < 0)
            return 0;
        *at = last < size ? size - last : 0;
        return last == 0 || size == 0 ? -1 : 1;
    }
    if (parse_int(part, 0, INT64_MAX, &first, &ignored) < 0 ||
        (dash[1] != '\0' && (parse_int(dash + 1, 0, INT64_MAX, &last, &ignored) < 0 || last < first)))
        return 0;
    if (first >= size)
        return -1;
    *at = first;
    *end = dash[1] != '\0' && last < size - 1 ? last + 1 : size;
    return 1;
}

static int open_file(struct visit *visit, const char **path, struct reader_answer *answer, struct err *err)
{
    struct reader_request request = {
        .verb = READER_READ, .host = visit_param(visit, "host"), .snapshot = visit_param(visit, "snapshot")};

    if (place_link_path(visit, path, err) < 0)
        return -1;
    request.path = *path;
    if (reader_ask(visit->service, &request, answer, err) < 0)
        return -1;
    return answer->fd >= 0 ? 0 : err_set(err, ERR_FAILED, "the reader gave no file");
}

int page_content(struct visit *visit, json_t **document, struct err *err)
{
    READER_ANSWER_SCOPED answer = READER_ANSWER_EMPTY;
    const char *path, *slash;
    off_t size, at, end;
    int part;

    (void)document;
    if (open_file(visit, &path, &answer, err) < 0)
        return -1;
    size = (off_t)json_integer_value(json_object_get(answer.document, "size"));
    part = http_header(visit->request, "If-Range") == NULL
               ? read_range(http_header(visit->request, "Range"), size, &at, &end)
               : read_range(NULL, size, &at, &end);
    if (part < 0) {
        visit_answer(visit, 416, "text/plain; charset=utf-8", "there is no such part of the file\n");
        url_pairs_add(visit->arena, &visit->response->headers, "Content-Range",
                      arena_printf(visit->arena, "bytes */%lld", (long long)size));
        return 0;
    }
    start_sending(visit, part > 0 ? 206 : 200, "application/octet-stream", &answer, at, end);
    slash = strrchr(path, '/');
    add_attachment(visit, slash != NULL ? slash + 1 : path);
    url_pairs_add(visit->arena, &visit->response->headers, "Accept-Ranges", "bytes");
    if (part > 0)
        url_pairs_add(visit->arena, &visit->response->headers, "Content-Range",
                      arena_printf(visit->arena, "bytes %lld-%lld/%lld", (long long)at, (long long)end - 1,
                                   (long long)size));
    return 0;
}

int page_format_check(const char *value, struct err *err)
{
    if (value[0] == '\0' || pack_format_parse(value) != PACK__MAX)
        return 0;
    return err_set(err, ERR_INVALID, "format is tar, tar.zst or zip");
}

static int send_archive(struct visit *visit, struct reader_request *request, struct err *err)
{
    READER_ANSWER_SCOPED answer = READER_ANSWER_EMPTY;
    const char *name;

    if (reader_ask(visit->service, request, &answer, err) < 0)
        return -1;
    if (answer.fd < 0)
        return err_set(err, ERR_FAILED, "the reader gave no archive");
    name = arena_strdup(visit->arena, json_string_value(json_object_get(answer.document, "file_name")));
    start_sending(visit, 200, pack_format_type(request->format), &answer, 0, -1);
    add_attachment(visit, name != NULL ? name : "archive");
    return 0;
}

static enum pack_format format_of(const struct visit *visit)
{
    const char *format = visit_text(visit, "format");

    return pack_format_parse(format != NULL ? format : "tar.zst");
}

int page_archive(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {.verb = READER_PACK,
                                     .host = visit_param(visit, "host"),
                                     .snapshot = visit_param(visit, "snapshot"),
                                     .format = format_of(visit)};

    (void)document;
    if (place_link_path(visit, &request.path, err) < 0)
        return -1;
    return send_archive(visit, &request, err);
}

int page_basket_archive(struct visit *visit, json_t **document, struct err *err)
{
    struct reader_request request = {.verb = READER_PACK,
                                     .host = visit_param(visit, "host"),
                                     .snapshot = visit_text(visit, "snapshot"),
                                     .path = "",
                                     .format = format_of(visit),
                                     .basket = true};

    (void)document;
    return send_archive(visit, &request, err);
}

int page_file_text(struct visit *visit, json_t **document, struct err *err)
{
    READER_ANSWER_SCOPED answer = READER_ANSWER_EMPTY;
    const char *path, *host = visit_param(visit, "host"), *snapshot;
    char *bytes = arena_alloc(visit->arena, TEXT_MAX);
    size_t size = 0;
    ssize_t got;

    if (open_file(visit, &path, &answer, err) < 0)
        return -1;
    while (size < TEXT_MAX && (got = pread(answer.fd, bytes + size, TEXT_MAX - size, (off_t)size)) > 0)
        size += (size_t)got;
    snapshot = json_string_value(json_object_get(answer.document, "snapshot"));
    *document = json_pack("{s:s, s:s, s:O, s:s, s:b}", "host", host, "snapshot", snapshot, "size",
                          json_object_get(answer.document, "size"), "text",
                          text_printable_lines(visit->arena, bytes, size), "cut",
                          json_integer_value(json_object_get(answer.document, "size")) > (json_int_t)size);
    visit->extra =
        json_pack("{s:s, s:s, s:s}", "shown",
                  text_printable_dup(visit->arena, arena_printf(visit->arena, "/%s", path), strlen(path) + 1),
                  "content", place_link(visit->arena, host, "content", snapshot, path), "versions_href",
                  place_link(visit->arena, host, "versions", NULL, path));
    return 0;
}
