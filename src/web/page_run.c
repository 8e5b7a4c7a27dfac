/* Runs, their logs, the queue. */
#include <string.h>

#include "base/parse.h"
#include "model/run.h"
#include "service/document.h"
#include "service/document_overview.h"
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
    int64_t id, first = 1;

    if (run_id(visit, &id, err) < 0 || number(visit, "from", INT64_MAX / 2, &first, err) < 0)
        return -1;
    return document_log_page(visit->service, id, first, LINES_SHOWN, document, err);
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
