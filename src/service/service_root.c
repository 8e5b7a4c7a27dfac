/* The backup root in use. */
#include "service/service_root.h"

#include <string.h>

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

struct root_question service_root_question(const struct service *service, const char *path,
                                           const struct root *known)
{
    bool is_page = strcmp(service->origin, "web") == 0;
    bool somebody_waits = is_page || strcmp(service->origin, "cli") == 0;

    return (struct root_question){.path = path,
                                  .known = known,
                                  .home = service->environment.home,
                                  .patience_ms = somebody_waits ? ROOT_PATIENCE_MS : ROOT_PATIENCE_RUN_MS,
                                  .fresh_ms = is_page ? ROOT_FRESH_MS : 0,
                                  .to_read = service->is_reader};
}

int service_root_open(struct service *service, const char *path, struct root_report *report, int *fd,
                      struct err *err)
{
    struct root_question question;
    struct root root;
    bool known;

    *fd = -1;
    if (service_root_load(service, &root, &known, err) < 0)
        return -1;
    question = service_root_question(service, path, known ? &root : NULL);
    *fd = root_open(service->arena, &question, report);
    return 0;
}
