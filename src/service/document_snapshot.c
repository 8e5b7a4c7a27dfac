/* Snapshots as documents. */
#include "service/document.h"

#include "engine/host_directory.h"
#include "service/host_settings.h"
#include "store/store_host.h"
#include "store/store_snapshot.h"

json_t *document_snapshot_item(struct service *service, const struct snapshot *snapshot,
                               const char *backup_root)
{
    json_t *item = json_object();
    const char *path = NULL;

    if (backup_root != NULL)
        path = host_directory_snapshot_path(
            service->arena, arena_printf(service->arena, "%s/%s", backup_root, snapshot->host),
            snapshot->kind, snapshot->name);
    json_object_set_new(item, "host", document_text(snapshot->host));
    json_object_set_new(item, "kind", json_string(snapshot_kind_name(snapshot->kind)));
    json_object_set_new(item, "name", document_text(snapshot->name));
    json_object_set_new(item, "status", document_text(snapshot_status_name(snapshot->status)));
    json_object_set_new(item, "good", json_boolean(snapshot_is_good(snapshot)));
    json_object_set_new(item, "path", document_text(path));
    json_object_set_new(item, "started_at", document_time(snapshot->started_at));
    json_object_set_new(item, "ended_at", document_time(snapshot->ended_at));
    json_object_set_new(item, "base", document_text(snapshot->base));
    json_object_set_new(item, "files", document_count(snapshot->files));
    json_object_set_new(item, "bytes", document_count(snapshot->bytes));
    json_object_set_new(item, "linked_files", document_count(snapshot->linked_files));
    json_object_set_new(item, "new_bytes", document_count(snapshot->new_bytes));
    json_object_set_new(item, "pinned", json_boolean(snapshot->pinned));
    json_object_set_new(item, "confirmed", json_boolean(snapshot->confirmed));
    json_object_set_new(item, "held_reason", document_text(snapshot->held_reason));
    json_object_set_new(item, "missing_since", document_time(snapshot->missing_since));
    return item;
}

int document_snapshots(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct effective effective;
    struct host only = {0};
    struct snapshot *snapshots;
    size_t count;
    json_t *items;

    if (global_settings_load(service, &effective, err) < 0 ||
        (host != NULL && store_host_load(service->arena, service->db, host, &only, err) < 0) ||
        store_snapshot_list(service->arena, service->db, only.id, false, &snapshots, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items,
                              document_snapshot_item(service, &snapshots[i], effective.config.backup_root));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}
