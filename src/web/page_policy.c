/* When a host is due and what is kept of it: both can be tried before they are saved. */
#include <string.h>

#include "base/parse.h"
#include "model/schedule.h"
#include "service/document_schedule.h"
#include "service/document_setup.h"
#include "service/service_queue.h"
#include "service/service_retention.h"
#include "service/service_schedule.h"
#include "web/input.h"
#include "web/page.h"
#include "web/visit.h"

/* What the form shows: what was sent, else what is saved. */
static const char *shown(const struct visit *visit, const json_t *document, const char *name)
{
    const char *sent = visit_input(visit, name), *saved = json_string_value(json_object_get(document, name));

    return sent != NULL ? sent : saved != NULL ? saved : "";
}

static bool shown_flag(const struct visit *visit, const json_t *document, const char *name, bool fallback)
{
    const json_t *saved = json_object_get(document, name);
    const char *sent = visit_input(visit, name);

    if (sent != NULL)
        return strcmp(sent, "yes") == 0;
    return json_is_boolean(saved) ? json_is_true(saved) : fallback;
}

/* The dates of the expression that was sent and not saved; what is wrong with it is shown beside it. */
static json_t *preview_of(struct visit *visit, const json_t *document, const char *cron, const char *zone)
{
    const char *own = json_string_value(json_object_get(document, "zone"));
    json_t *preview;
    struct err err = {0};

    if (visit_text(visit, "cron") == NULL || visit->problem != NULL)
        return json_null();
    if (document_schedule_preview(visit->service, cron,
                                  *zone != '\0' ? zone
                                  : own == NULL ? "UTC"
                                                : own,
                                  SCHEDULE_PREVIEW, &preview, &err) == 0)
        return json_pack("{s:o, s:s, s:s}", "document", preview, "error", "", "hint", "");
    return json_pack("{s:n, s:s, s:s}", "document", "error", err.message, "hint", err.hint);
}

/* What the form shows beside the document, and where it is sent to. */
static json_t *schedule_extra(struct visit *visit, const json_t *document, const char *page)
{
    const char *cron = shown(visit, document, "cron"), *zone = shown(visit, document, "timezone");
    const json_t *grace = json_object_get(document, "grace_seconds");

    return json_pack(
        "{s:{s:s, s:s, s:b, s:b, s:s}, s:o, s:s}", "form", "cron", cron, "timezone", zone, "prune",
        shown_flag(visit, document, "prune", false), "enabled", shown_flag(visit, document, "enabled", true),
        "grace",
        visit_input(visit, "grace_seconds") != NULL
            ? visit_input(visit, "grace_seconds")
            : arena_printf(visit->arena, "%lld",
                           json_is_integer(grace) ? (long long)json_integer_value(grace) : 3600LL),
        "preview", preview_of(visit, document, cron, zone), "form_path",
        arena_printf(visit->arena, "/hosts/%s/%s", visit_param(visit, "host"), page));
}

int page_schedule(struct visit *visit, json_t **document, struct err *err)
{
    if (document_schedule(visit->service, visit_param(visit, "host"), document, err) < 0)
        return -1;
    visit->extra = schedule_extra(visit, *document, "schedule");
    return 0;
}

int page_setup_schedule(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host");
    json_t *schedule;

    if (document_setup_host(visit->service, host, document, err) < 0 ||
        document_schedule(visit->service, host, &schedule, err) < 0)
        return -1;
    json_object_set_new(*document, "schedule", schedule);
    visit->extra = schedule_extra(visit, schedule, "setup/schedule");
    page_setup_mark(visit, *document, "schedule");
    return 0;
}

static int save_schedule(struct visit *visit, json_t **document, struct err *err)
{
    struct config_change changes[16];
    size_t count = 0;

    for (size_t i = 0; i < schedule_fields.count && count < 16; i++) {
        const struct field *field = &schedule_fields.fields[i];
        const char *text = visit_input(visit, field->name);

        if (text != NULL)
            changes[count++] = (struct config_change){field, text};
    }
    return service_schedule_change(visit->service, visit_param(visit, "host"), changes, count, document, err);
}

int page_schedule_post(struct visit *visit, json_t **document, struct err *err)
{
    if (save_schedule(visit, document, err) < 0)
        return -1;
    visit_go(visit, "/hosts/%s/schedule%s", visit_param(visit, "host"), visit->api ? "" : "?notice=saved");
    return 0;
}

int page_setup_schedule_post(struct visit *visit, json_t **document, struct err *err)
{
    if (save_schedule(visit, document, err) < 0)
        return -1;
    visit_go(visit, "/hosts/%s/%s", visit_param(visit, "host"),
             visit->api ? "schedule" : "setup/first?notice=saved");
    return 0;
}

int page_schedule_remove_post(struct visit *visit, json_t **document, struct err *err)
{
    visit_go(visit, "/hosts/%s/schedule%s", visit_param(visit, "host"), visit->api ? "" : "?notice=removed");
    return service_schedule_remove(visit->service, visit_param(visit, "host"), document, err);
}

static const char *kind_of(const struct visit *visit)
{
    const char *kind = visit_text(visit, "kind");

    return kind == NULL ? "scheduled" : kind;
}

int page_retention_kind_check(const char *value, struct err *err)
{
    if (strcmp(value, "scheduled") == 0 || strcmp(value, "manual") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no kind that is planned here, expected scheduled or manual",
                   value);
}

/* The rules of a simulation, from the address: a shareable link. */
static int read_what_if(const struct visit *visit, struct config *what_if, bool *any, struct err *err)
{
    *what_if = (struct config){0};
    *any = false;
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        const char *text = visit_text(visit, field->name);

        if (text == NULL || (field->scope & SCOPE_HOST) == 0)
            continue;
        if (!config_field_keeps(field) && strcmp(field->name, "protect_bases") != 0)
            return err_set(err, ERR_USAGE, "there is no field \"%s\" here", field->name);
        if (config_set(visit->arena, what_if, SCOPE_HOST, field, text, err) < 0)
            return -1;
        *any = true;
    }
    return 0;
}

/* Keep and delete in one list, newest first: the names begin with the time. */
static json_t *merged(const json_t *document)
{
    const json_t *keep = json_object_get(document, "keep"), *gone = json_object_get(document, "delete");
    size_t i = 0, j = 0;
    json_t *items = json_array();

    while (i < json_array_size(keep) || j < json_array_size(gone)) {
        const json_t *a = json_array_get(keep, i), *b = json_array_get(gone, j);
        bool first = b == NULL || (a != NULL && strcmp(json_string_value(json_object_get(a, "name")),
                                                       json_string_value(json_object_get(b, "name"))) > 0);
        json_t *item = json_copy((json_t *)(uintptr_t)(first ? a : b));

        json_object_set_new(item, "decision", json_string(first ? "keep" : "delete"));
        json_array_append_new(items, item);
        if (first)
            i++;
        else
            j++;
    }
    return items;
}

static json_t *policy_fields(const json_t *document)
{
    const json_t *policy = json_object_get(document, "policy");
    json_t *fields = json_array();

    for (size_t i = 0; i < config_field_count; i++) {
        const char *name = config_fields[i].name;

        if (config_field_keeps(&config_fields[i]))
            json_array_append_new(fields, json_pack("{s:s, s:s, s:O}", "name", name, "label", name + 5,
                                                    "value", json_object_get(policy, name)));
    }
    return fields;
}

int page_retention(struct visit *visit, json_t **document, struct err *err)
{
    struct config what_if;
    json_t *refusal;
    bool any;

    if (read_what_if(visit, &what_if, &any, err) < 0 ||
        service_retention_plan(visit->service, visit_param(visit, "host"), kind_of(visit),
                               any ? &what_if : NULL, document, err) < 0)
        return -1;
    refusal = json_object_get(*document, "refusal");
    visit->extra = json_pack("{s:b, s:o, s:o, s:o, s:i, s:i}", "simulated", any, "refused",
                             refusal == NULL ? json_null() : json_incref(refusal), "items", merged(*document),
                             "fields", policy_fields(*document), "keep_count",
                             (int)json_array_size(json_object_get(*document, "keep")), "delete_count",
                             (int)json_array_size(json_object_get(*document, "delete")));
    return 0;
}

int page_retention_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_PRUNE,
                              .host = visit_param(visit, "host"),
                              .kind = kind_of(visit),
                              .request = {.has_limit = true, .plan = visit_input(visit, "plan_id")}};

    if (strcmp(visit_input(visit, "confirm"), wish.host) != 0)
        return err_set(err, ERR_REFUSED, "\"%s\" is not the name of the host: nothing was deleted",
                       visit_input(visit, "confirm"));
    if (parse_int(visit_input(visit, "max_delete"), 0, 100000, &wish.request.max_delete, err) < 0)
        return err_in(err, "max_delete");
    return page_enqueue(visit, &wish, document, err);
}
