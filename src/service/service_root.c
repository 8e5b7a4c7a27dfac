/* The backup root in use. */
#include "service/service_root.h"

#include "store/store_installation.h"
#include "store/store_root.h"

int service_root_load(struct service *service, struct root *root, bool *known, struct err *err)
{
    int64_t node;

    *known = false;
    if (store_node_load(service->db, service->now, &node, err) < 0)
        return -1;
    if (store_root_load(service->arena, service->db, node, root, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    *known = true;
    return 0;
}

int service_root_open(struct service *service, const char *path, struct root_report *report, int *fd,
                      struct err *err)
{
    struct root root;
    bool known;

    *fd = -1;
    if (service_root_load(service, &root, &known, err) < 0)
        return -1;
    *fd = root_open(service->arena, path, known ? &root : NULL, report);
    return 0;
}
