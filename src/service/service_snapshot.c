/* What people decide about snapshots. */
#include "service/service_snapshot.h"

#include <string.h>

#include "db/transaction.h"
#include "model/rule.h"
#include "service/document.h"
#include "service/host_file.h"
#include "service/host_settings.h"
#include "store/store_audit.h"
#include "store/store_snapshot.h"

/* By name, or the newest one that is held. */
static int find_snapshot(struct service *service, const struct host *host, const char *name,
                         struct snapshot *found, struct err *err)
{
    struct snapshot *snapshots;
    size_t count;

    if (strcmp(name, "latest") != 0)
        return store_snapshot_load(service->arena, service->db, host->id, name, found, err);
    if (store_snapshot_list(service->arena, service->db, host->id, false, &snapshots, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (snapshots[i].held_reason != NULL) {
            *found = snapshots[i];
            return 0;
        }
    return err_set(err, ERR_REFUSED, "no snapshot of \"%s\" is held", host->name);
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
        find_snapshot(service, &settings.host, snapshot, &held, err) < 0)
        return -1;
    if (held.held_reason == NULL)
        return err_set(err, ERR_REFUSED, "snapshot \"%s\" of \"%s\" is not held", held.name, host);
    if (audit_release(service, &settings.host, &held, reason, err) < 0 ||
        store_snapshot_release(service->db, held.id, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    host_file_note(service, &settings); /* it has the hold as well */
    held.held_reason = NULL;
    *document = document_snapshot_item(service, &held, settings.config->backup_root);
    return 0;
}
