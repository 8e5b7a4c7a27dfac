/* Reading a file of a snapshot. */
#include "service/service_read.h"

#include "model/place.h"
#include "service/browse.h"
#include "store/store_audit.h"
#include "sys/fs.h"

int service_read_file(struct service *service, const char *host, const char *snapshot, const char *path,
                      const char **name, struct stat *stat, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
    const struct snapshot *chosen;
    int fd;

    if (browse_open(service, host, &browse, err) < 0 ||
        browse_tree(service, &browse, snapshot, &chosen, &tree, err) < 0)
        return -1;
    fd = snapshot_tree_file(&tree, path, stat, err);
    if (fd < 0)
        return -1;
    *name = chosen->name;
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "file.read",
                        place_shown(service->arena, host, chosen->name, path), NULL, NULL, err) < 0) {
        fs_close(&fd);
        return -1;
    }
    return fd;
}
