/* Many rows at once. */
#include "service/service_bulk.h"

#include <string.h>

#include "base/parse.h"
#include "db/transaction.h"
#include "model/schedule.h"
#include "service/document_listing.h"
#include "service/listing_item.h"
#include "service/service_config.h"
#include "service/service_queue.h"
#include "service/service_schedule.h"
#include "service/service_user.h"
#include "store/store_audit.h"
#include "store/store_user.h"

/* A document that nobody asked for. */
static int drop(int result, json_t **document)
{
    if (result == 0)
        json_decref(*document);
    return result;
}

static int set_host(struct service *service, const char *host, const char *enabled, struct err *err)
{
    const struct config_change change = {config_field("enabled"), enabled};
    json_t *document;

    return drop(service_host_configure(service, host, &change, 1, &document, err), &document);
}

static int pause_host(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return set_host(service, label, "no", err);
}

static int resume_host(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return set_host(service, label, "yes", err);
}

static int enqueue(struct service *service, enum job job, const char *kind, const char *host, struct err *err)
{
    const struct queue_wish wish = {.job = job, .kind = kind, .host = host, .trigger = service->origin};
    json_t *document;

    return drop(service_queue_add(service, &wish, &document, err), &document);
}

static int back_up_host(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return enqueue(service, JOB_BACKUP, "scheduled", label, err);
}

static int test_host(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return enqueue(service, JOB_TEST, NULL, label, err);
}

static int measure_host(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return enqueue(service, JOB_SPACE, NULL, label, err);
}

static int set_schedule(struct service *service, const char *host, const char *enabled, struct err *err)
{
    const struct config_change change = {schedule_field("enabled"), enabled};
    json_t *document;

    return drop(service_schedule_change(service, host, &change, 1, &document, err), &document);
}

static int disable_schedule(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return set_schedule(service, label, "no", err);
}

static int enable_schedule(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return set_schedule(service, label, "yes", err);
}

static int remove_schedule(struct service *service, int64_t id, const char *label, struct err *err)
{
    json_t *document;

    (void)id;
    return drop(service_schedule_remove(service, label, &document, err), &document);
}

static int set_user(struct service *service, const char *name, bool enabled, struct err *err)
{
    const struct user_change change = {.enabled = &enabled};
    json_t *document;

    return drop(service_user_change(service, name, &change, &document, err), &document);
}

static int disable_user(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return set_user(service, label, false, err);
}

static int enable_user(struct service *service, int64_t id, const char *label, struct err *err)
{
    (void)id;
    return set_user(service, label, true, err);
}

static int remove_user(struct service *service, int64_t id, const char *label, struct err *err)
{
    json_t *document;

    (void)id;
    return drop(service_user_remove(service, label, &document, err), &document);
}

static int end_session(struct service *service, int64_t id, const char *label, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "session.end", label,
                        NULL, NULL, err) < 0 ||
        store_session_delete(service->db, id, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

static int revoke_token(struct service *service, int64_t id, const char *label, struct err *err)
{
    json_t *document;

    (void)label;
    return drop(service_token_revoke(service, id, &document, err), &document);
}

/* clang-format off */
const struct bulk_action bulk_actions[] = {
    {"hosts", "backup", "Back up now", RIGHT_OPERATE, false, back_up_host},
    {"hosts", "test", "Check the connection", RIGHT_OPERATE, false, test_host},
    {"hosts", "space", "Measure space", RIGHT_OPERATE, false, measure_host},
    {"hosts", "disable", "Pause", RIGHT_CONFIG, false, pause_host},
    {"hosts", "enable", "Resume", RIGHT_CONFIG, false, resume_host},
    {"schedules", "disable", "Disable", RIGHT_CONFIG, false, disable_schedule},
    {"schedules", "enable", "Enable", RIGHT_CONFIG, false, enable_schedule},
    {"schedules", "remove", "Remove", RIGHT_CONFIG, true, remove_schedule},
    {"users", "disable", "Disable", RIGHT_ADMIN, false, disable_user},
    {"users", "enable", "Enable", RIGHT_ADMIN, false, enable_user},
    {"users", "remove", "Remove", RIGHT_ADMIN, true, remove_user},
    {"sessions", "end", "End", RIGHT_ADMIN, false, end_session},
    {"tokens", "revoke", "Revoke", RIGHT_ADMIN, true, revoke_token},
    {0},
};
/* clang-format on */

int bulk_action_find(const char *table, const char *name, const struct bulk_action **action, struct err *err)
{
    const struct listing_table *found;

    if (listing_table_wanted(table, &found, err) < 0)
        return -1;
    for (*action = bulk_actions; (*action)->table != NULL; ++*action)
        if (strcmp((*action)->table, table) == 0 && strcmp((*action)->name, name) == 0)
            return 0;
    return err_set(err, ERR_NOT_FOUND, "%s have no action \"%s\"", table, name);
}

/* {"id","label"} of one row. */
static int plan_item(struct service *service, const struct bulk_action *action, const char *id, json_t **item,
                     struct err *err)
{
    json_t *row;

    if (document_listing_row(service, action->table, id, &row, err) < 0)
        return -1;
    *item = json_pack("{s:O, s:O}", "id", json_object_get(row, "id"), "label", json_object_get(row, "label"));
    json_decref(row);
    return 0;
}

int document_bulk_plan(struct service *service, const struct bulk_action *action, const struct list *ids,
                       json_t **document, struct err *err)
{
    json_t *items, *item;

    if (ids->count == 0)
        return err_set(err, ERR_INVALID, "nothing is ticked");
    if (ids->count > BULK_MAX)
        return err_set(err, ERR_INVALID, "%zu rows are too many at once, expected at most %d", ids->count,
                       BULK_MAX);
    items = json_array();
    for (size_t i = 0; i < ids->count; i++) {
        if (plan_item(service, action, ids->items[i], &item, err) < 0) {
            json_decref(items);
            return -1;
        }
        json_array_append_new(items, item);
    }
    *document = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "table", action->table, "title",
                          listing_table_find(action->table)->title, "action", action->name, "action_title",
                          action->title, "destructive", action->destructive, "items", items);
    return 0;
}

static int check_confirmation(const struct bulk_action *action, size_t count, const char *confirmed,
                              struct err *err)
{
    int64_t typed;
    struct err ignored;

    if (!action->destructive)
        return 0;
    if (confirmed != NULL && parse_int(confirmed, 0, INT64_MAX, &typed, &ignored) == 0 &&
        typed == (int64_t)count)
        return 0;
    err_set(err, ERR_REFUSED, "this is done to %zu rows, and \"%s\" was typed", count,
            confirmed == NULL ? "" : confirmed);
    return err_hint(err, "type how many they are");
}

int service_bulk_apply(struct service *service, const struct bulk_action *action, const struct list *ids,
                       const char *confirmed, json_t **document, struct err *err)
{
    json_t *items;
    int failed = 0;

    if (document_bulk_plan(service, action, ids, document, err) < 0)
        return -1;
    items = json_object_get(*document, "items");
    if (check_confirmation(action, json_array_size(items), confirmed, err) < 0) {
        json_decref(*document);
        *document = NULL;
        return -1;
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        struct err why = {0};
        bool done = action->apply(service, json_integer_value(json_object_get(item, "id")),
                                  json_string_value(json_object_get(item, "label")), &why) == 0;

        json_object_set_new(item, "done", json_boolean(done));
        json_object_set_new(item, "message", done ? json_null() : json_string(why.message));
        failed += !done;
    }
    json_object_set_new(*document, "failed", json_integer(failed));
    return 0;
}
