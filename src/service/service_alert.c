/* Alerts: what is to be told. How it is sent is in alert_delivery.c. */
#include "service/service_alert.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "db/transaction.h"
#include "plan/alert.h"
#include "service/document.h"
#include "service/notification_send.h"
#include "store/store_alert.h"
#include "store/store_notification.h"

/* How long a repetition may be overdue before nobody counts on it any more. */
enum { RETRY_OVERDUE_SECONDS = 900 };

struct evaluation {
    struct service *service;
    struct notification notification;
    struct alert_row *rows; /* what was told */
    size_t row_count;
    int64_t *retries; /* hosts whose failed run is repeated */
    size_t retry_count;
    struct alert *alerts; /* what is to be told: room for the root and each host */
    size_t count;
};

static enum health health_parse(const char *name)
{
    enum health health = HEALTH_FAILED;

    while (health < HEALTH__MAX && strcmp(health_name(health), name) != 0)
        health++;
    return health;
}

static struct alert_told told_of(const struct evaluation *evaluation, const char *subject)
{
    for (size_t i = 0; i < evaluation->row_count; i++) {
        const struct alert_row *row = &evaluation->rows[i];

        if (strcmp(row->subject, subject) == 0)
            return (struct alert_told){true, health_parse(row->health), row->since, row->told_at};
    }
    return (struct alert_told){0};
}

static int save_told(struct evaluation *evaluation, const char *subject, const struct alert_told *before,
                     const struct alert_told *after, struct err *err)
{
    struct db *db = evaluation->service->db;
    const struct alert_row row = {subject, health_name(after->health), after->since, after->at};

    if (after->known == before->known && after->health == before->health && after->at == before->at)
        return 0;
    return after->known ? store_alert_save(db, &row, err) : store_alert_delete(db, subject, err);
}

/* One subject: a host, or the backup root (`host` NULL). */
static int judge(struct evaluation *evaluation, const char *host, const struct alert_facts *facts,
                 const char *reason, struct err *err)
{
    const char *subject = host != NULL ? host : ALERT_ROOT;
    struct alert_told before = told_of(evaluation, subject), after;
    enum alert_event event = alert_plan(facts, &before, &after);

    if (event != ALERT_NONE) {
        evaluation->alerts[evaluation->count++] =
            (struct alert){event, host, facts->health, before.known, before.health, facts->since, reason};
    }
    return save_told(evaluation, subject, &before, &after, err);
}

static bool is_repeated(const struct evaluation *evaluation, int64_t host_id)
{
    for (size_t i = 0; i < evaluation->retry_count; i++)
        if (evaluation->retries[i] == host_id)
            return true;
    return false;
}

static int judge_host(struct evaluation *evaluation, const struct host_health *health, struct err *err)
{
    const struct alert_facts facts = {
        .health = health->report.health,
        .attention = health->attention,
        .failures_only = strcmp(evaluation->notification.alert_on, "failures") == 0,
        .by_root = health->by_root,
        .retry_waits = is_repeated(evaluation, health->host->id),
        .since = health->report.since,
        .now = evaluation->service->now,
    };

    return judge(evaluation, health->host->name, &facts, health->report.reason, err);
}

/* The root is told when a host needs it: an installation without hosts waits for nothing. */
static int judge_root(struct evaluation *evaluation, const struct host_health_list *list, struct err *err)
{
    struct alert_facts facts = {.health = HEALTH_OK, .now = evaluation->service->now};
    const char *reason = list->root.found;

    for (size_t i = 0; i < list->count; i++)
        if (list->hosts[i].by_root && list->hosts[i].enabled && facts.health == HEALTH_OK) {
            facts.health = HEALTH_UNKNOWN;
            facts.attention = true;
            facts.since = list->hosts[i].report.since;
        }
    if (facts.health != HEALTH_OK && list->root.hint != NULL)
        reason = arena_printf(evaluation->service->arena, "%s; %s", list->root.found, list->root.hint);
    return judge(evaluation, NULL, &facts, reason, err);
}

/* A host that was removed leaves nothing to be told. */
static int forget_removed(struct evaluation *evaluation, const struct host_health_list *list, struct err *err)
{
    for (size_t i = 0; i < evaluation->row_count; i++) {
        const char *subject = evaluation->rows[i].subject;
        bool known = strcmp(subject, ALERT_ROOT) == 0;

        for (size_t h = 0; h < list->count && !known; h++)
            known = strcmp(list->hosts[h].host->name, subject) == 0;
        if (!known && store_alert_delete(evaluation->service->db, subject, err) < 0)
            return -1;
    }
    return 0;
}

static const char *event_text(struct service *service, const struct alert *alert)
{
    json_t *event = json_object();
    char *dumped;
    const char *text;

    json_object_set_new(event, "event", json_string(alert_event_name(alert->event)));
    json_object_set_new(event, "host", document_text(alert->host));
    json_object_set_new(event, "health", json_string(health_name(alert->health)));
    json_object_set_new(event, "previous",
                        document_text(alert->was_told ? health_name(alert->previous) : NULL));
    json_object_set_new(event, "since", document_time(alert->since));
    json_object_set_new(event, "reason", document_text(alert->reason));
    json_object_set_new(event, "at", document_time(service->now));
    json_object_set_new(event, "server", json_string(notification_server_name(service->arena)));
    json_object_set_new(event, "url", json_null());
    dumped = json_dumps(event, JSON_COMPACT);
    text = arena_strdup(service->arena, dumped);
    free(dumped);
    json_decref(event);
    return text;
}

/* One mail for each address tells all events; the webhook gets them one by one. */
static int post(struct evaluation *evaluation, struct err *err)
{
    struct service *service = evaluation->service;
    const struct list *to = &evaluation->notification.mail_to;
    struct outbox_row row = {.channel = "mail", .created_at = service->now, .next_try_at = service->now};

    if (evaluation->count == 0)
        return 0;
    row.subject = alert_subject(service->arena, evaluation->alerts, evaluation->count);
    row.body = alert_body(service->arena, evaluation->alerts, evaluation->count,
                          notification_server_name(service->arena), service->now);
    for (size_t i = 0; i < to->count; i++) {
        row.recipient = to->items[i];
        if (store_outbox_add(service->db, &row, err) < 0)
            return -1;
    }
    row.channel = "webhook";
    row.recipient = NULL;
    for (size_t i = 0; evaluation->notification.webhook_url != NULL && i < evaluation->count; i++) {
        row.subject = alert_subject(service->arena, &evaluation->alerts[i], 1);
        row.body = event_text(service, &evaluation->alerts[i]);
        if (store_outbox_add(service->db, &row, err) < 0)
            return -1;
    }
    return 0;
}

/* What was told is read within the transaction that tells: two evaluations tell an event once. */
static int evaluate(struct evaluation *evaluation, const struct host_health_list *list, struct err *err)
{
    struct service *service = evaluation->service;
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_alert_list(service->arena, service->db, &evaluation->rows, &evaluation->row_count, err) < 0 ||
        store_alert_retries(service->arena, service->db, service->now - RETRY_OVERDUE_SECONDS,
                            &evaluation->retries, &evaluation->retry_count, err) < 0 ||
        judge_root(evaluation, list, err) < 0)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        if (judge_host(evaluation, &list->hosts[i], err) < 0)
            return -1;
    if (forget_removed(evaluation, list, err) < 0 || post(evaluation, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

int service_alert_evaluate(struct service *service, const struct host_health_list *list, size_t *told,
                           struct err *err)
{
    struct evaluation evaluation = {.service = service};
    struct host_health_list loaded;

    if (told != NULL)
        *told = 0;
    if (store_notification_load(service->arena, service->db, &evaluation.notification, err) < 0)
        return -1;
    if (!notification_tells(&evaluation.notification))
        return 0;
    if (list == NULL) {
        if (host_health_load(service, NULL, &loaded, err) < 0)
            return -1;
        list = &loaded;
    }
    evaluation.alerts = arena_alloc(service->arena, (list->count + 1) * sizeof *evaluation.alerts);
    if (evaluate(&evaluation, list, err) < 0)
        return -1;
    if (told != NULL)
        *told = evaluation.count;
    return 0;
}
