/* What snapshots take on disk, and when the disk is full. */
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "service/document.h"
#include "service/document_space.h"
#include "service/service_queue.h"
#include "web/page.h"
#include "web/visit.h"

enum { LINE_WIDTH = 900, LINE_HEIGHT = 120, LINE_DAYS = 90, HOSTS_MAX = 500, ROWS_SHOWN = 200 };

/* The free room of each day as the points of a line: the oldest of 90 days on the left, all of the disk on top. */
static const char *line_points(struct visit *visit, const json_t *days, const char *free, const char *total)
{
    struct buf points = BUF_EMPTY;
    size_t count = json_array_size(days), begin = count > LINE_DAYS ? count - LINE_DAYS : 0;
    const char *text;

    for (size_t i = begin; i < count; i++) {
        const json_t *day = json_array_get(days, i);
        json_int_t is = json_integer_value(json_object_get(day, free)),
                   all = json_integer_value(json_object_get(day, total));
        size_t from_right = count - 1 - i;

        if (all > 0)
            buf_printf(&points, "%zu,%.1f ", LINE_WIDTH - from_right * (LINE_WIDTH / LINE_DAYS),
                       LINE_HEIGHT - (double)is / (double)all * LINE_HEIGHT);
    }
    text = arena_strdup(visit->arena, buf_text(&points));
    buf_release(&points);
    return text;
}

int page_space(struct visit *visit, json_t **document, struct err *err)
{
    const json_t *days;

    if (document_space(visit->service, document, err) < 0)
        return -1;
    days = json_object_get(*document, "days");
    visit->extra = json_pack(
        "{s:s, s:s, s:b}", "bytes_line", line_points(visit, days, "bytes_free", "bytes_total"), "inodes_line",
        line_points(visit, days, "inodes_free", "inodes_total"), "has_line", json_array_size(days) > 1);
    return 0;
}

/* What was ticked, one a line; NULL: nothing. */
static const char *ticked(const struct visit *visit, const char *name, size_t *count)
{
    struct list items = {0};

    for (size_t i = 0; i < visit->input.count; i++)
        if (strcmp(visit->input.pairs[i].name, name) == 0)
            list_add_lines(visit->arena, &items, visit->input.pairs[i].value);
    *count = items.count;
    return items.count == 0 ? NULL : list_lines(visit->arena, &items);
}

int page_space_post(struct visit *visit, json_t **document, struct err *err)
{
    struct list hosts = {0};
    json_t *items;
    size_t count;
    const char *lines = ticked(visit, "host", &count);

    if (lines == NULL || count > HOSTS_MAX) {
        err_set(err, ERR_INVALID, "%zu hosts are chosen: 1 to %d can be measured at once", count, HOSTS_MAX);
        return err_hint(err, "tick those to be measured");
    }
    list_add_lines(visit->arena, &hosts, lines);
    items = json_array();
    for (size_t i = 0; i < hosts.count; i++) {
        const struct queue_wish wish = {
            .job = JOB_SPACE, .host = hosts.items[i], .trigger = visit->service->origin};
        json_t *run;

        if (service_queue_add(visit->service, &wish, &run, err) < 0) {
            json_decref(items);
            return -1;
        }
        json_array_append_new(items, run);
    }
    *document = json_pack("{s:o}", "items", items);
    visit_go(visit, "/queue");
    return 0;
}

/* The snapshots of one page, and where the older ones are. */
static void put_rows(struct visit *visit, const json_t *items, int64_t from)
{
    const char *host = visit_param(visit, "host");
    int64_t count = (int64_t)json_array_size(items),
            end = from + ROWS_SHOWN < count ? from + ROWS_SHOWN : count;
    json_t *rows = json_array();

    for (int64_t i = from; i < end; i++)
        json_array_append(rows, json_array_get(items, (size_t)i));
    json_object_set_new(visit->extra, "rows", rows);
    json_object_set_new(visit->extra, "older",
                        end < count ? json_string(arena_printf(visit->arena, "/hosts/%s/space?from=%lld",
                                                               host, (long long)end))
                                    : json_null());
}

int page_host_space(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host"), *text = visit_text(visit, "from");
    int64_t from = 0;
    json_t *latest;

    if (text != NULL && parse_int(text, 0, INT32_MAX, &from, err) < 0)
        return err_in(err, "from");
    if (document_space_host(visit->service, host, document, err) < 0 ||
        document_run_newest(visit->service, host, JOB_SPACE, &latest, err) < 0)
        return -1;
    visit->extra = json_pack("{s:o}", "latest", latest);
    put_rows(visit, json_object_get(*document, "items"), from);
    return 0;
}

int page_host_space_post(struct visit *visit, json_t **document, struct err *err)
{
    size_t count;
    struct queue_wish wish = {.job = JOB_SPACE,
                              .host = visit_param(visit, "host"),
                              .request = {.chosen = ticked(visit, "chosen", &count)}};

    return page_enqueue(visit, &wish, document, err);
}
