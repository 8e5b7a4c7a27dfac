/* What people decide about snapshots. */
#include "service/service_snapshot.h"

#include <string.h>

#include "db/transaction.h"
#include "model/rule.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "store/store_audit.h"
#include "store/store_snapshot.h"

static bool is_held(const struct snapshot *snapshot)
{
    return snapshot->held_reason != NULL;
}

/* By name, or the newest one that `fits` and then `is` ("held"). */
static int find_snapshot(struct service *service, const struct host *host, const char *name,
                         bool (*fits)(const struct snapshot *snapshot), const char *is,
                         struct snapshot *found, struct err *err)
{
    struct snapshot *snapshots;
    size_t count;

    if (strcmp(name, "latest") != 0)
        return store_snapshot_load(service->arena, service->db, host->id, name, found, err);
    if (store_snapshot_list(service->arena, service->db, host->id, false, &snapshots, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (fits(&snapshots[i])) {
            *found = snapshots[i];
            return 0;
        }
    return err_set(err, ERR_REFUSED, "no snapshot of \"%s\" is %s", host->name, is);
}

static int audit_release(struct service *service, const struct host *host, const struct snapshot *snapshot,
                         const char *reason, struct err *err)
{
    const char *object = arena_printf(service->arena, "%s@%s", host->name, snapshot->name);

    return store_audit_add(service->db, service->now, service->actor, service->origin, "snapshot.release",
                           object, snapshot->held_reason, reason, err);
}

int service_snapshot_release(struct service *service, const char *host, const char *snapshot,
                             const char *reason, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host_settings settings;
    struct snapshot held = {0};

    if (reason == NULL || *reason == '\0') {
        err_set(err, ERR_REFUSED, "a held snapshot is not released without a reason");
        return err_hint(err, "pobsync release %s %s --reason TEXT", host, snapshot);
    }
    if (rule_reason(reason, err) < 0 || transaction_begin(&transaction, service->db, err) < 0 ||
        host_settings_load(service, host, &settings, err) < 0 ||
        find_snapshot(service, &settings.host, snapshot, is_held, "held", &held, err) < 0)
        return -1;
    if (held.held_reason == NULL)
        return err_set(err, ERR_REFUSED, "snapshot \"%s\" of \"%s\" is not held", held.name, host);
    if (audit_release(service, &settings.host, &held, reason, err) < 0 ||
        store_snapshot_release(service->db, held.id, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    held.held_reason = NULL;
    *document = document_snapshot_item(service, &held, settings.config->backup_root);
    return 0;
}

static bool is_pinned(const struct snapshot *snapshot)
{
    return snapshot->pinned;
}

/* Pins it, or with `reason` NULL lets it go, and gives it as a document. */
static int change_pin(struct service *service, const struct host_settings *settings,
                      struct snapshot *snapshot, const char *reason, json_t **document, struct err *err)
{
    const char *object = arena_printf(service->arena, "%s@%s", settings->host.name, snapshot->name);

    if (store_audit_add(service->db, service->now, service->actor, service->origin,
                        reason != NULL ? "snapshot.pin" : "snapshot.unpin", object, snapshot->pin_reason,
                        reason, err) < 0 ||
        store_snapshot_set_pin(service->db, snapshot->id, reason, err) < 0)
        return -1;
    snapshot->pinned = reason != NULL;
    snapshot->pin_reason = reason;
    *document = document_snapshot_item(service, snapshot, settings->config->backup_root);
    json_object_set_new(*document, "pin_reason", document_text(reason));
    return 0;
}

int service_snapshot_pin(struct service *service, const char *host, const char *snapshot, const char *reason,
                         json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host_settings settings;
    struct snapshot found = {0};

    if (reason == NULL || *reason == '\0') {
        err_set(err, ERR_REFUSED, "a snapshot is not pinned without a reason");
        return err_hint(err, "pobsync pin %s %s --reason TEXT", host, snapshot);
    }
    if (rule_reason(reason, err) < 0 || transaction_begin(&transaction, service->db, err) < 0 ||
        host_settings_load(service, host, &settings, err) < 0 ||
        find_snapshot(service, &settings.host, snapshot, snapshot_is_good, "good", &found, err) < 0)
        return -1;
    if (found.kind == KIND_INCOMPLETE)
        return err_set(err, ERR_REFUSED, "snapshot \"%s\" of \"%s\" never finished: it cannot be pinned",
                       found.name, host);
    if (change_pin(service, &settings, &found, reason, document, err) < 0)
        return -1;
    if (transaction_commit(&transaction, err) < 0) {
        json_decref(*document);
        return -1;
    }
    return 0;
}

int service_snapshot_unpin(struct service *service, const char *host, const char *snapshot, json_t **document,
                           struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host_settings settings;
    struct snapshot found = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        host_settings_load(service, host, &settings, err) < 0 ||
        find_snapshot(service, &settings.host, snapshot, is_pinned, "pinned", &found, err) < 0)
        return -1;
    if (!found.pinned)
        return err_set(err, ERR_REFUSED, "snapshot \"%s\" of \"%s\" is not pinned", found.name, host);
    if (change_pin(service, &settings, &found, NULL, document, err) < 0)
        return -1;
    if (transaction_commit(&transaction, err) < 0) {
        json_decref(*document);
        return -1;
    }
    return 0;
}
