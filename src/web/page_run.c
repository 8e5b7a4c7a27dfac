/* Runs, their logs, the queue. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "model/run.h"
#include "service/document.h"
#include "service/document_log.h"
#include "service/document_queue.h"
#include "service/document_schedule.h"
#include "service/service_queue.h"
#include "web/page.h"
#include "web/visit.h"

enum { RUNS_SHOWN = 50, RUNS_MAX = 500, QUEUE_SHOWN = 200, LINES_SHOWN = 1000 };

static int number(const struct visit *visit, const char *name, int64_t max, int64_t *value, struct err *err)
{
    const char *text = visit_text(visit, name);

    if (text == NULL || parse_int(text, 1, max, value, err) == 0)
        return 0;
    return err_in(err, "%s", name);
}

int page_runs(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_text(visit, "host"), *state = visit_text(visit, "state");
    int64_t before = 0, limit = RUNS_SHOWN;
    json_t *next;

    if (number(visit, "before", INT64_MAX, &before, err) < 0 ||
        number(visit, "limit", RUNS_MAX, &limit, err) < 0 ||
        document_runs(visit->service, host, state, before, (int)limit, document, err) < 0)
        return -1;
    next = json_object_get(*document, "next");
    visit->extra =
        json_pack("{s:s, s:s, s:o}", "host_query", host == NULL ? "" : host, "state_query",
                  state == NULL ? "" : state, "older", next == NULL ? json_null() : json_incref(next));
    return 0;
}

static int run_id(const struct visit *visit, int64_t *id, struct err *err)
{
    const char *text = visit_param(visit, "run");
    struct err ignored;

    if (parse_int(text, 1, INT64_MAX, id, &ignored) == 0)
        return 0;
    return err_set(err, ERR_NOT_FOUND, "there is no run \"%s\"", text);
}

int page_run(struct visit *visit, json_t **document, struct err *err)
{
    enum run_state state;
    int64_t id;

    if (run_id(visit, &id, err) < 0 || document_run(visit->service, id, document, err) < 0)
        return -1;
    state = run_state_parse(json_string_value(json_object_get(*document, "state")));
    visit->extra = json_pack("{s:b, s:b}", "ended", run_has_ended(state), "waiting", state == RUN_QUEUED);
    return 0;
}

int page_log(struct visit *visit, json_t **document, struct err *err)
{
    struct log_wish wish = {.first = 1,
                            .limit = LINES_SHOWN,
                            .level = visit_text(visit, "level"),
                            .text = visit_text(visit, "q"),
                            .tail = visit_text(visit, "follow") != NULL};
    enum run_state state;
    int64_t id;

    if (run_id(visit, &id, err) < 0 || number(visit, "from", INT64_MAX / 2, &wish.first, err) < 0 ||
        number(visit, "at", INT64_MAX / 2, &wish.at, err) < 0 ||
        document_log_page(visit->service, id, &wish, document, err) < 0)
        return -1;
    state = run_state_parse(json_string_value(json_object_get(*document, "state")));
    visit->extra = json_pack("{s:b, s:b}", "follow", wish.tail, "ended", run_has_ended(state));
    return 0;
}

/* --- the log as it is, sent piece by piece -------------------------------------------------------------------- */

struct sent_log {
    struct http_stream stream;
    struct run_log_reader *reader;
};

static ssize_t read_sent_log(void *context, char *bytes, size_t room)
{
    struct sent_log *log = context;
    ssize_t got = document_log_read(log->reader, bytes, room);

    return got > 0 ? got : got == 0 ? HTTP_STREAM_END : HTTP_STREAM_BROKEN;
}

static void close_sent_log(void *context)
{
    struct sent_log *log = context;

    document_log_close(&log->reader);
    free(log);
}

int page_log_raw(struct visit *visit, json_t **document, struct err *err)
{
    struct run_log_reader *reader = NULL;
    struct sent_log *log;
    int64_t id;

    (void)document;
    if (run_id(visit, &id, err) < 0 || document_log_open(visit->service, id, 0, &reader, err) < 0)
        return -1;
    log = calloc(1, sizeof *log);
    if (log == NULL)
        abort();
    *log = (struct sent_log){.stream = {.read = read_sent_log, .close = close_sent_log, .context = log},
                             .reader = reader};
    visit_answer(visit, 200, "text/plain; charset=utf-8", "");
    visit->response->stream = &log->stream;
    url_pairs_add(visit->arena, &visit->response->headers, "Content-Disposition",
                  arena_printf(visit->arena, "attachment; filename=\"run-%lld.log\"", (long long)id));
    return 0;
}

int page_level_check(const char *value, struct err *err)
{
    if (*value == '\0' || strcmp(value, "warning") == 0 || strcmp(value, "error") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no level, expected warning or error", value);
}

int page_cancel_post(struct visit *visit, json_t **document, struct err *err)
{
    int64_t id;

    if (run_id(visit, &id, err) < 0 || service_run_cancel(visit->service, id, document, err) < 0)
        return -1;
    visit_go(visit, "/runs/%lld%s", (long long)id, visit->api ? "" : "?notice=cancelled");
    return 0;
}

int page_enqueue(struct visit *visit, struct queue_wish *wish, json_t **document, struct err *err)
{
    wish->trigger = visit->service->origin;
    if (service_queue_add(visit->service, wish, document, err) < 0)
        return -1;
    visit->status = visit->api ? 202 : 0;
    visit_go(visit, "/runs/%lld", (long long)json_integer_value(json_object_get(*document, "id")));
    return 0;
}

int page_queue(struct visit *visit, json_t **document, struct err *err)
{
    return document_queue(visit->service, QUEUE_SHOWN, document, err);
}

int page_schedules(struct visit *visit, json_t **document, struct err *err)
{
    return document_schedules(visit->service, document, err);
}
