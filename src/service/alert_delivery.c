/* Sending what waits in the outbox. */
#include <string.h>

#include "base/log.h"
#include "plan/alert.h"
#include "service/notification_send.h"
#include "service/service_alert.h"
#include "store/store_alert.h"
#include "store/store_notification.h"
#include "sys/clock.h"

enum {
    BUDGET_MS = 60000,      /* after that no further attempt begins */
    AT_ONCE = 20,           /* messages read at a time */
    TAKEN_SECONDS = 120,    /* an attempt takes less; who took a message and died keeps it so long */
    GIVE_UP = 3 * 24 * 3600 /* seconds */
};

struct delivering {
    struct service *service;
    struct notification notification;
    struct alert_delivery *delivery;
    int64_t begun_ms;
};

static int64_t now_of(const struct delivering *delivering)
{
    return delivering->service->now + (clock_boot_ms() - delivering->begun_ms) / 1000;
}

/* Why it is not sent any more, or NULL. */
static const char *why_dropped(const struct delivering *delivering, const struct outbox_row *row)
{
    const struct notification *notification = &delivering->notification;

    if (row->tries > 0 && now_of(delivering) - row->created_at > GIVE_UP)
        return row->last_error != NULL ? row->last_error : "every attempt was cut short";
    if (strcmp(row->channel, "webhook") == 0 ? notification->webhook_url == NULL
                                             : !list_has(&notification->mail_to, row->recipient))
        return "it is configured no longer";
    return NULL;
}

static const char *way_of(const struct outbox_row *row)
{
    return row->recipient != NULL ? row->recipient : "the webhook";
}

static int drop(struct delivering *delivering, const struct outbox_row *row, const char *reason,
                struct err *err)
{
    log_warning("alert \"%s\" for %s is given up: %s", row->subject, way_of(row), reason);
    delivering->delivery->dropped++;
    return store_outbox_end(delivering->service->db, row, now_of(delivering), reason, err);
}

/* *all: nothing can be sent this way for now. */
static int send_one(struct delivering *delivering, const struct outbox_row *row, bool *all, struct err *err)
{
    struct service *service = delivering->service;
    bool server_refused;
    long status;
    int result;

    if (row->recipient != NULL) {
        const char *id =
            arena_printf(service->arena, "alert.%lld.%lld", (long long)row->id, (long long)row->created_at);

        result = notification_mail(service, &delivering->notification, row->recipient, row->subject,
                                   row->body, id, row->created_at, &server_refused, err);
        *all = !server_refused;
        return result;
    }
    result = notification_post(service, &delivering->notification, row->body, &status, err);
    *all = status == 0 || status == 429 || status >= 500;
    return result;
}

static int note_failure(struct delivering *delivering, const struct outbox_row *row, const char *error,
                        bool all, struct err *err)
{
    int64_t next = now_of(delivering) + alert_pause(row->tries + 1);

    log_warning("alert \"%s\" for %s was not taken (attempt %lld): %s", row->subject, way_of(row),
                (long long)row->tries + 1, error);
    delivering->delivery->failed++;
    if (store_outbox_fail(delivering->service->db, row->id, error, next, err) < 0)
        return -1;
    return all ? store_outbox_postpone(delivering->service->db, row->channel, error, next, err) : 0;
}

/* One message. *postponed: its channel waits, and with it what was read of it. */
static int deliver(struct delivering *delivering, const struct outbox_row *row, bool *postponed,
                   struct err *err)
{
    struct db *db = delivering->service->db;
    const char *reason = why_dropped(delivering, row);
    struct err failure = {0};
    bool all = false;
    int taken;

    if (reason != NULL)
        return drop(delivering, row, reason, err);
    taken = store_outbox_take(db, row, now_of(delivering) + TAKEN_SECONDS, err);
    if (taken <= 0)
        return taken;
    if (send_one(delivering, row, &all, &failure) == 0) {
        delivering->delivery->delivered++;
        return store_outbox_end(db, row, now_of(delivering), NULL, err);
    }
    if (failure.code == ERR_INTERRUPTED) {
        /* Due again at once: whoever comes next sends it. That this note may fail changes nothing, see TAKEN_SECONDS. */
        *err = failure;
        (void)store_outbox_fail(db, row->id, failure.message, now_of(delivering), &failure);
        return -1;
    }
    *postponed = all;
    return note_failure(delivering, row, failure.message, all, err);
}

/* What is due, once. 1: there may be more · 0: no · -1. */
static int deliver_some(struct delivering *delivering, struct err *err)
{
    struct service *service = delivering->service;
    const char *postponed = NULL, *other = NULL;
    struct outbox_row *rows;
    size_t count;

    if (store_outbox_list(service->arena, service->db, now_of(delivering), AT_ONCE, &rows, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        bool waits = false;

        if (clock_boot_ms() - delivering->begun_ms > BUDGET_MS)
            return 0;
        if ((postponed != NULL && strcmp(postponed, rows[i].channel) == 0) ||
            (other != NULL && strcmp(other, rows[i].channel) == 0))
            continue;
        if (deliver(delivering, &rows[i], &waits, err) < 0)
            return -1;
        if (waits && postponed == NULL)
            postponed = rows[i].channel;
        else if (waits)
            other = rows[i].channel;
    }
    return count == AT_ONCE;
}

int service_alert_deliver(struct service *service, bool hurry, struct alert_delivery *delivery,
                          struct err *err)
{
    struct delivering delivering = {.service = service, .delivery = delivery, .begun_ms = clock_boot_ms()};
    struct outbox_row *rows;
    int more;

    *delivery = (struct alert_delivery){0};
    if (store_notification_load(service->arena, service->db, &delivering.notification, err) < 0 ||
        (hurry && store_outbox_hurry(service->db, service->now, err) < 0))
        return -1;
    while ((more = deliver_some(&delivering, err)) > 0)
        if (clock_boot_ms() - delivering.begun_ms > BUDGET_MS)
            break;
    if (more < 0)
        return -1;
    return store_outbox_list(service->arena, service->db, 0, INT64_MAX, &rows, &delivery->waiting, err);
}

int service_alert_ping(struct service *service, struct err *err)
{
    struct notification notification;
    struct err failure;
    long status;

    if (store_notification_load(service->arena, service->db, &notification, err) < 0)
        return -1;
    if (notification.ping_url != NULL && notification_ping(service, &notification, &status, &failure) < 0)
        log_warning("ping: %s", failure.message);
    return 0;
}
