/* What programs ask that watch this one. */
#include <string.h>

#include "base/when.h"
#include "web/gzip.h"
#include "web/page.h"
#include "web/visit.h"

int page_health(struct visit *visit, json_t **document, struct err *err)
{
    (void)document;
    (void)err;
    visit_answer(visit, 200, "text/plain; charset=utf-8", "ok\n");
    return 0;
}

/* The database has answered before this is called. */
int page_ready(struct visit *visit, json_t **document, struct err *err)
{
    int found, expected;

    (void)document;
    if (db_schema_version(visit->service->db, &found, &expected, err) < 0)
        return -1;
    if (found == expected)
        visit_answer(visit, 200, "text/plain; charset=utf-8", "ready\n");
    else
        visit_answer(visit, 503, "text/plain; charset=utf-8", "the database has another schema\n");
    return 0;
}

int page_status(struct visit *visit, json_t **document, struct err *err)
{
    struct http_response *response = visit->response;
    bool packed = gzip_is_accepted(http_header(visit->request, "Accept-Encoding"));
    const char *text;
    size_t size;

    (void)document;
    if (shared_document_text(visit->web->status, visit->service, packed, visit->arena, &text, &size, err) < 0)
        return -1;
    visit_answer(visit, 200, "application/json", text);
    response->body_size = size;
    url_pairs_add(visit->arena, &response->headers, "Vary", "Accept-Encoding");
    if (packed)
        url_pairs_add(visit->arena, &response->headers, "Content-Encoding", "gzip");
    return 0;
}

static void add_number(struct buf *out, const char *name, const char *help, const json_t *value)
{
    if (json_is_integer(value))
        buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %lld\n", name, help, name, name,
                   (long long)json_integer_value(value));
}

/* Names of hosts are of letters, digits and ".", "_", "-": nothing in them needs to be escaped. */
static void add_hosts(struct buf *out, const json_t *hosts)
{
    buf_add_text(out, "# HELP pobsync_host_health 1 for the health that the host has\n"
                      "# TYPE pobsync_host_health gauge\n");
    for (size_t i = 0; i < json_array_size(hosts); i++) {
        const json_t *host = json_array_get(hosts, i);

        buf_printf(out, "pobsync_host_health{host=\"%s\",health=\"%s\"} 1\n",
                   json_string_value(json_object_get(host, "host")),
                   json_string_value(json_object_get(host, "health")));
    }
    buf_add_text(out, "# HELP pobsync_host_last_good_seconds when the last good backup of the host began\n"
                      "# TYPE pobsync_host_last_good_seconds gauge\n");
    for (size_t i = 0; i < json_array_size(hosts); i++) {
        const json_t *host = json_array_get(hosts, i);
        const char *begun =
            json_string_value(json_object_get(json_object_get(host, "last_good"), "started_at"));
        struct err ignored;
        int64_t when;

        if (begun != NULL && when_parse_rfc3339(begun, &when, &ignored) == 0)
            buf_printf(out, "pobsync_host_last_good_seconds{host=\"%s\"} %lld\n",
                       json_string_value(json_object_get(host, "host")), (long long)when);
    }
}

int page_metrics(struct visit *visit, json_t **document, struct err *err)
{
    BUF_SCOPED out = BUF_EMPTY;
    const json_t *root, *counts;
    bool ok;

    if (shared_document_take(visit->web->status, visit->service, document, err) < 0)
        return -1;
    root = json_object_get(*document, "root");
    counts = json_object_get(*document, "counts");
    ok = strcmp(json_string_value(json_object_get(root, "state")), "ok") == 0;
    buf_printf(&out,
               "# HELP pobsync_root_ok whether the backup root is there and the right one\n"
               "# TYPE pobsync_root_ok gauge\npobsync_root_ok %d\n",
               ok);
    add_number(&out, "pobsync_root_free_bytes", "free bytes of the backup root",
               json_object_get(root, "bytes_free"));
    add_number(&out, "pobsync_root_free_inodes", "free inodes of the backup root",
               json_object_get(root, "inodes_free"));
    add_number(&out, "pobsync_attention", "hosts that need attention",
               json_object_get(*document, "attention"));
    add_number(&out, "pobsync_hosts", "hosts", json_object_get(counts, "hosts"));
    add_number(&out, "pobsync_snapshots", "snapshots", json_object_get(counts, "snapshots"));
    add_number(&out, "pobsync_runs_queued", "runs that wait", json_object_get(counts, "queued"));
    add_number(&out, "pobsync_runs_running", "runs under way", json_object_get(counts, "running"));
    add_hosts(&out, json_object_get(*document, "hosts"));
    visit_answer(visit, 200, "text/plain; version=0.0.4; charset=utf-8",
                 arena_strdup(visit->arena, buf_text(&out)));
    return 0;
}
