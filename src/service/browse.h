/* The snapshots of one host, open for reading: settings, the right backup root, the host directory, and its records.
 * Takes no lock: finished snapshots never change, and one that is deleted meanwhile is simply gone. */
#ifndef SERVICE_BROWSE_H
#define SERVICE_BROWSE_H

#include "engine/host_directory.h"
#include "engine/snapshot_tree.h"
#include "plan/zone.h"
#include "service/host_settings.h"
#include "service/zone_cache.h"

struct browse {
    struct host_settings settings;
    int root_fd;
    struct host_directory directory;
    struct snapshot *snapshots; /* newest first, without the deleted ones */
    size_t count;
    struct zone_cache zones;
    const struct zone *zone; /* of the host */
};

#define BROWSE_CLOSED ((struct browse){.root_fd = -1, .directory = HOST_DIRECTORY_CLOSED})
#define BROWSE_SCOPED __attribute__((cleanup(browse_close))) struct browse

/* ERR_NOT_FOUND for an unknown host or one without a directory, ERR_ROOT when the root is not what it should be. The
 * struct must stay where it is. */
int browse_open(struct service *service, const char *host, struct browse *browse, struct err *err);
void browse_close(struct browse *browse);

/* The snapshot that `wish` means (plan/snapshot_choice.h); NULL with the error. */
const struct snapshot *browse_choose(const struct browse *browse, const char *wish, struct err *err);

/* The same, with its tree open. */
int browse_tree(struct service *service, const struct browse *browse, const char *wish,
                const struct snapshot **snapshot, struct snapshot_tree *tree, struct err *err);

/* Those that are final, and may be on disk: what searches and sums go through; newest first, in the arena. */
void browse_final(struct service *service, const struct browse *browse, struct snapshot **snapshots,
                  size_t *count);

#endif
