/* What goes for good because a person says so, each on a page of its own that shows what that is; and what has gone. */
#include <string.h>

#include "base/parse.h"
#include "service/document_purge.h"
#include "service/service_config.h"
#include "service/service_delete.h"
#include "service/service_queue.h"
#include "web/page.h"
#include "web/visit.h"

enum { PURGES_SHOWN = 50, PURGES_MAX = 500 };

/* Typed by hand, so that it is meant, and meant for this host. */
static int require_name(const struct visit *visit, struct err *err)
{
    const char *typed = visit_input(visit, "confirm");

    if (strcmp(typed, visit_param(visit, "host")) == 0)
        return 0;
    err_set(err, ERR_REFUSED, "\"%s\" is not the name of the host: nothing was done", typed);
    return err_hint(err, "type it as it stands there: %s", visit_param(visit, "host"));
}

/* What was typed into a form that is shown again, but for the name. */
static void keep_reason(struct visit *visit)
{
    const char *reason = visit_input(visit, "reason");

    visit->extra = json_pack("{s:s}", "reason", reason == NULL ? "" : reason);
}

int page_deletion(struct visit *visit, json_t **document, struct err *err)
{
    keep_reason(visit);
    return document_deletion(visit->service, visit_param(visit, "host"), visit_param(visit, "snapshot"),
                             document, err);
}

/* What the rows say against it is said at once; the worker that does it asks them again. */
static int require_permission(struct visit *visit, const char *snapshot, struct err *err)
{
    const json_t *refusal;
    json_t *deletion;
    int result = 0;

    if (document_deletion(visit->service, visit_param(visit, "host"), snapshot, &deletion, err) < 0)
        return -1;
    refusal = json_object_get(deletion, "refusal");
    if (json_is_object(refusal)) {
        err_set(err, ERR_REFUSED, "%s", json_string_value(json_object_get(refusal, "message")));
        result = err_hint(err, "%s", json_string_value(json_object_get(refusal, "hint")));
    }
    json_decref(deletion);
    return result;
}

int page_deletion_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *snapshot = visit_param(visit, "snapshot");
    struct queue_wish wish = {.job = JOB_DELETE,
                              .host = visit_param(visit, "host"),
                              .request = {.snapshot = snapshot, .reason = visit_text(visit, "reason")}};

    if (require_name(visit, err) < 0 || require_permission(visit, snapshot, err) < 0)
        return -1;
    return page_enqueue(visit, &wish, document, err);
}

int page_incomplete(struct visit *visit, json_t **document, struct err *err)
{
    keep_reason(visit);
    if (service_incomplete_list(visit->service, visit_param(visit, "host"), document, err) < 0)
        return -1;
    json_object_set_new(visit->extra, "count",
                        json_integer((json_int_t)json_array_size(json_object_get(*document, "items"))));
    return 0;
}

int page_incomplete_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {
        .job = JOB_DELETE,
        .host = visit_param(visit, "host"),
        .request = {.plan = visit_text(visit, "plan_id"), .reason = visit_text(visit, "reason")}};

    return require_name(visit, err) < 0 ? -1 : page_enqueue(visit, &wish, document, err);
}

int page_host_remove(struct visit *visit, json_t **document, struct err *err)
{
    return document_host_removal(visit->service, visit_param(visit, "host"), document, err);
}

bool page_host_remove_is_grave(const struct visit *visit)
{
    (void)visit;
    return true;
}

int page_host_remove_post(struct visit *visit, json_t **document, struct err *err)
{
    if (require_name(visit, err) < 0 ||
        service_host_remove(visit->service, visit_param(visit, "host"), true, document, err) < 0)
        return -1;
    if (!visit->api)
        visit_go(visit, "/hosts?notice=host-removed");
    return 0;
}

static int number(const struct visit *visit, const char *name, int64_t max, int64_t *value, struct err *err)
{
    const char *text = visit_text(visit, name);

    if (text == NULL || parse_int(text, 1, max, value, err) == 0)
        return 0;
    return err_in(err, "%s", name);
}

int page_purges(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_text(visit, "host");
    int64_t before = 0, limit = PURGES_SHOWN;
    json_t *next;

    if (number(visit, "before", INT64_MAX, &before, err) < 0 ||
        number(visit, "limit", PURGES_MAX, &limit, err) < 0 ||
        document_purges(visit->service, host, before, (int)limit, document, err) < 0)
        return -1;
    next = json_object_get(*document, "next");
    visit->extra = json_pack("{s:s, s:o}", "host_query", host == NULL ? "" : host, "older",
                             next == NULL ? json_null() : json_incref(next));
    return 0;
}
