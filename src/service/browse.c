/* Opening what people look into. */
#include "service/browse.h"

#include "plan/snapshot_choice.h"
#include "service/service_root.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"

static int open_directory(struct service *service, struct browse *browse, struct err *err)
{
    const char *path = browse->settings.config->backup_root;
    struct root_report report;

    if (service_root_open(service, path, &report, &browse->root_fd, err) < 0)
        return -1;
    if (browse->root_fd < 0)
        return root_refuse(&report, err);
    return host_directory_open(service->arena, browse->root_fd, path, browse->settings.host.name, false,
                               &browse->directory, err);
}

int browse_open(struct service *service, const char *host, struct browse *browse, struct err *err)
{
    *browse = BROWSE_CLOSED;
    browse->zones = (struct zone_cache){.arena = service->arena};
    if (host_settings_load(service, host, &browse->settings, err) < 0 ||
        store_snapshot_list(service->arena, service->db, browse->settings.host.id, false, &browse->snapshots,
                            &browse->count, err) < 0 ||
        zone_cache_load(&browse->zones, browse->settings.config->timezone, &browse->zone, err) < 0)
        return -1;
    return open_directory(service, browse, err);
}

void browse_close(struct browse *browse)
{
    host_directory_close(&browse->directory);
    fs_close(&browse->root_fd);
}

const struct snapshot *browse_choose(const struct browse *browse, const char *wish, struct err *err)
{
    return snapshot_choice(browse->settings.host.name, browse->snapshots, browse->count, wish, browse->zone,
                           err);
}

int browse_tree(struct service *service, const struct browse *browse, const char *wish,
                const struct snapshot **snapshot, struct snapshot_tree *tree, struct err *err)
{
    *snapshot = browse_choose(browse, wish, err);
    if (*snapshot == NULL)
        return -1;
    return snapshot_tree_open(service->arena, &browse->directory, *snapshot, tree, err);
}

void browse_final(struct service *service, const struct browse *browse, struct snapshot **snapshots,
                  size_t *count)
{
    *snapshots = arena_alloc(service->arena, (browse->count + 1) * sizeof **snapshots);
    *count = 0;
    for (size_t i = 0; i < browse->count; i++)
        if (browse->snapshots[i].kind != KIND_INCOMPLETE &&
            browse->snapshots[i].status != SNAPSHOT_DELETING && browse->snapshots[i].missing_since == 0)
            (*snapshots)[(*count)++] = browse->snapshots[i];
}
