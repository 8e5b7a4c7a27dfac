/* Restoring to the host: a form, a run that asks the host, and a run that does it. The page of the first run has the form of the
 * second (web/templates/run_result.html). */
#include <string.h>

#include "base/err.h"
#include "model/place.h"
#include "service/document.h"
#include "service/service_queue.h"
#include "web/page.h"
#include "web/visit.h"

int page_step_check(const char *value, struct err *err)
{
    if (strcmp(value, "plan") == 0 || strcmp(value, "write") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no step of a restore, expected plan or write", value);
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* Nothing is read for it but the host. */
int page_restore(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host");
    json_t *known;

    if (document_host(visit->service, host, &known, err) < 0)
        return -1;
    json_decref(known);
    *document = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "host", host, "to_host",
                          text_or(visit_text(visit, "to_host"), host), "snapshot",
                          text_or(visit_text(visit, "snapshot"), "latest"), "path",
                          text_or(visit_text(visit, "path"), "/"), "to", text_or(visit_text(visit, "to"), ""),
                          "replace", visit_text(visit, "replace") != NULL);
    return 0;
}

static int require_name(const struct visit *visit, const char *host, struct err *err)
{
    const char *typed = visit_text(visit, "confirm");

    if (typed != NULL && strcmp(typed, host) == 0)
        return 0;
    err_set(err, ERR_REFUSED,
            "files of \"%s\" would be replaced, and its name was not typed: nothing was done", host);
    return err_hint(err, "type it as it stands there: %s", host);
}

/* The host that is written to: that of the snapshot, unless another one is named. Who may only see some hosts writes to no
 * other. */
static int find_target(const struct visit *visit, const char *host, const char **target, struct err *err)
{
    json_t *known;

    *target = text_or(visit_text(visit, "to_host"), host);
    if (visit->account->hosts == NULL || list_has(visit->account->hosts, *target)) {
        if (document_host(visit->service, *target, &known, err) < 0)
            return -1;
        json_decref(known);
        return 0;
    }
    return err_set(err, ERR_NOT_ALLOWED, "this token is limited to other hosts than \"%s\"", *target);
}

/* Asking the host what would be done writes nothing, and what is new there replaces nothing. */
bool page_restore_is_grave(const struct visit *visit)
{
    const char *step = visit_text(visit, "step");

    return step != NULL && strcmp(step, "plan") != 0 && visit_text(visit, "replace") != NULL;
}

int page_restore_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host"), *path = visit_text(visit, "path"), *below, *target;
    bool plan_only = strcmp(visit_input(visit, "step"), "plan") == 0,
         replace = visit_text(visit, "replace") != NULL;
    struct queue_wish wish = {
        .job = JOB_RESTORE,
        .host = host,
        .request = {.snapshot = visit_input(visit, "snapshot"),
                    .to = visit_text(visit, "to"),
                    .plan_only = plan_only,
                    .replace = replace},
    };

    if (find_target(visit, host, &target, err) < 0 ||
        place_path(visit->arena, text_or(path, "/"), &below, err) < 0)
        return -1;
    wish.request.to_host = target;
    wish.request.path = below;
    if (!plan_only && wish.request.to == NULL)
        return err_set(err, ERR_INVALID, "the directory on the host is missing: it stands in the plan");
    if (!plan_only && replace && require_name(visit, target, err) < 0)
        return -1;
    return page_enqueue(visit, &wish, document, err);
}
