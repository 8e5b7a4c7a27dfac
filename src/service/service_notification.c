/* Notifications: settings and test. */
#include "service/service_notification.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "db/transaction.h"
#include "service/document.h"
#include "service/notification_send.h"
#include "store/store_alert.h"
#include "store/store_audit.h"
#include "store/store_notification.h"
#include "sys/clock.h"
#include "sys/random.h"

enum { WAITING_SHOWN = 50, DELIVERIES_SHOWN = 20 };

static json_t *setting_item(const struct notification *notification, const struct field *field)
{
    json_t *item = json_object();

    json_object_set_new(item, "name", json_string(field->name));
    json_object_set_new(item, "value", document_field(field, notification));
    json_object_set_new(item, "origin",
                        json_string(notification_is_set(notification, field)                ? "global"
                                    : field->fallback != NULL && field->fallback[0] != '\0' ? "default"
                                                                                            : "none"));
    json_object_set_new(item, "help", json_string(field->help));
    return item;
}

static json_t *waiting_item(const struct outbox_row *row)
{
    json_t *item = json_object();

    json_object_set_new(item, "channel", document_text(row->channel));
    json_object_set_new(item, "recipient", document_text(row->recipient));
    json_object_set_new(item, "subject", document_text(row->subject));
    json_object_set_new(item, "created_at", document_time(row->created_at));
    json_object_set_new(item, "tries", json_integer(row->tries));
    json_object_set_new(item, "next_try_at", document_time(row->next_try_at));
    json_object_set_new(item, "last_error", document_text(row->last_error));
    return item;
}

static json_t *delivery_item(const struct delivery_row *row)
{
    json_t *item = json_object();

    json_object_set_new(item, "at", document_time(row->at));
    json_object_set_new(item, "channel", document_text(row->channel));
    json_object_set_new(item, "recipient", document_text(row->recipient));
    json_object_set_new(item, "subject", document_text(row->subject));
    json_object_set_new(item, "outcome", json_string(row->delivered ? "delivered" : "given_up"));
    json_object_set_new(item, "created_at", document_time(row->created_at));
    json_object_set_new(item, "tries", json_integer(row->tries));
    json_object_set_new(item, "error", document_text(row->error));
    return item;
}

int document_notification(struct service *service, json_t **document, struct err *err)
{
    struct notification notification;
    struct outbox_row *rows;
    struct delivery_row *ended;
    json_t *settings = json_array(), *waiting = json_array(), *deliveries = json_array();
    size_t count, ended_count;

    *document = json_object();
    json_object_set_new(*document, "settings", settings);
    json_object_set_new(*document, "waiting", waiting);
    json_object_set_new(*document, "deliveries", deliveries);
    if (store_notification_load(service->arena, service->db, &notification, err) < 0 ||
        store_outbox_list(service->arena, service->db, 0, WAITING_SHOWN, &rows, &count, err) < 0 ||
        store_delivery_list(service->arena, service->db, DELIVERIES_SHOWN, &ended, &ended_count, err) < 0)
        return -1;
    for (size_t i = 0; i < notification_fields.count; i++)
        json_array_append_new(settings, setting_item(&notification, &notification_fields.fields[i]));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(waiting, waiting_item(&rows[i]));
    for (size_t i = 0; i < ended_count; i++)
        json_array_append_new(deliveries, delivery_item(&ended[i]));
    return 0;
}

/* The value for the audit: a URL without what may be secret in it. */
static json_t *audited(struct service *service, const struct notification *notification,
                       const struct field *field)
{
    const char *text =
        notification_is_set(notification, field) ? field_text(service->arena, field, notification) : NULL;

    if (text != NULL && strstr(text, "://") != NULL)
        text = notification_url_shown(service->arena, text);
    return document_text(text);
}

static bool is_same(struct service *service, const struct field *field, const struct notification *a,
                    const struct notification *b)
{
    const char *one = field_text(service->arena, field, a), *other = field_text(service->arena, field, b);

    if (notification_is_set(a, field) != notification_is_set(b, field))
        return false;
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

/* Audits and writes what differs; *changed has the names. */
static int save(struct service *service, const struct notification *before, const struct notification *after,
                json_t *changed, struct err *err)
{
    json_t *old = json_object(), *new = json_object();
    char *old_text, *new_text;
    int result = 0;

    for (size_t i = 0; i < notification_fields.count; i++) {
        const struct field *field = &notification_fields.fields[i];

        if (is_same(service, field, before, after))
            continue;
        json_array_append_new(changed, json_string(field->name));
        json_object_set_new(old, field->name, audited(service, before, field));
        json_object_set_new(new, field->name, audited(service, after, field));
    }
    old_text = json_dumps(old, JSON_COMPACT);
    new_text = json_dumps(new, JSON_COMPACT);
    if (json_array_size(changed) > 0 &&
        (store_audit_add(service->db, service->now, service->actor, service->origin, "notification.change",
                         "notification", old_text, new_text, err) < 0 ||
         store_notification_save(service->db, after, err) < 0))
        result = -1;
    free(old_text);
    free(new_text);
    json_decref(old);
    json_decref(new);
    return result;
}

int service_notification_change(struct service *service, const struct config_change *changes, size_t count,
                                json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct notification before, after;
    json_t *changed;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_notification_load(service->arena, service->db, &before, err) < 0)
        return -1;
    after = before;
    for (size_t i = 0; i < count; i++)
        if (notification_set(service->arena, &after, changes[i].field, changes[i].text, err) < 0)
            return -1;
    if (notification_check(&after, err) < 0)
        return -1;
    changed = json_array();
    if (save(service, &before, &after, changed, err) < 0 || transaction_commit(&transaction, err) < 0 ||
        document_notification(service, document, err) < 0) {
        json_decref(changed);
        return -1;
    }
    json_object_set_new(*document, "changed", changed);
    return 0;
}

struct test {
    struct service *service;
    struct notification notification;
    void (*on_stage)(void *context, const json_t *stage);
    void *context;
    json_t *stages;
    bool ok;
};

/* `result` of an attempt that began at `begun_ms`; `found` is what to say when it went well. */
static void add_stage(struct test *test, const char *stage, int result, const char *found, int64_t begun_ms,
                      const struct err *err)
{
    json_t *item = json_object();

    json_object_set_new(item, "stage", document_text(stage));
    json_object_set_new(item, "level", json_string(result == 0 ? "ok" : "failed"));
    json_object_set_new(item, "found", document_text(result == 0 ? found : err->message));
    json_object_set_new(item, "hint", document_text(result == 0 || err->hint[0] == '\0' ? NULL : err->hint));
    json_object_set_new(item, "took_ms", json_integer(clock_boot_ms() - begun_ms));
    json_array_append_new(test->stages, item);
    test->ok = test->ok && result == 0;
    if (test->on_stage != NULL)
        test->on_stage(test->context, item);
}

static void test_mail(struct test *test, const char *to)
{
    struct service *service = test->service;
    struct arena *arena = service->arena;
    int64_t begun_ms = clock_boot_ms();
    bool server_refused;
    char uuid[37];
    struct err err = {0};
    const char *body =
        arena_printf(arena,
                     "This is a test from pobsync on %s: mails about the health of your backups "
                     "reach you.\n\nNothing is wrong, and nothing is to be done.\n",
                     notification_server_name(arena));
    int result;

    random_uuid(uuid);
    result = notification_mail(service, &test->notification, to, "[pobsync] test", body, uuid, service->now,
                               &server_refused, &err);
    add_stage(test, arena_printf(arena, "mail %s", to), result,
              arena_printf(arena, "taken by \"%s\", port %lld", test->notification.smtp_host,
                           (long long)test->notification.smtp_port),
              begun_ms, &err);
}

static void test_webhook(struct test *test)
{
    struct service *service = test->service;
    int64_t begun_ms = clock_boot_ms();
    char at[WHEN_TEXT];
    json_t *event =
        json_pack("{s:s, s:n, s:n, s:n, s:n, s:s, s:s, s:s, s:n}", "event", "test", "host", "health",
                  "previous", "since", "reason", "this is a test", "at", when_rfc3339(at, service->now),
                  "server", notification_server_name(service->arena), "url");
    char *body = json_dumps(event, JSON_COMPACT);
    struct err err = {0};
    long status;
    int result = notification_post(service, &test->notification, body, &status, &err);

    add_stage(test, "webhook", result, arena_printf(service->arena, "answered %ld", status), begun_ms, &err);
    free(body);
    json_decref(event);
}

static void test_ping(struct test *test)
{
    int64_t begun_ms = clock_boot_ms();
    struct err err = {0};
    long status;
    int result = notification_ping(test->service, &test->notification, &status, &err);

    add_stage(test, "ping", result, arena_printf(test->service->arena, "answered %ld", status), begun_ms,
              &err);
}

int service_notification_test(struct service *service, void (*on_stage)(void *context, const json_t *stage),
                              void *context, json_t **document, struct err *err)
{
    struct test test = {.service = service, .on_stage = on_stage, .context = context, .ok = true};

    if (store_notification_load(service->arena, service->db, &test.notification, err) < 0)
        return -1;
    if (!notification_tells(&test.notification) && test.notification.ping_url == NULL) {
        err_set(err, ERR_INVALID, "nobody is told: there is no mail address, no webhook and no ping");
        return err_hint(err, "pobsync notify --mail-to ADDRESS --smtp-host NAME, or --webhook-url URL");
    }
    *document = json_object();
    test.stages = json_array();
    json_object_set_new(*document, "stages", test.stages);
    for (size_t i = 0; i < test.notification.mail_to.count; i++)
        test_mail(&test, test.notification.mail_to.items[i]);
    if (test.notification.webhook_url != NULL)
        test_webhook(&test);
    if (test.notification.ping_url != NULL)
        test_ping(&test);
    json_object_set_new(*document, "ok", json_boolean(test.ok));
    return 0;
}
