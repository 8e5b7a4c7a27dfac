/* The backup root in use: where the settings and the database's row of it meet the disk. */
#ifndef SERVICE_SERVICE_ROOT_H
#define SERVICE_SERVICE_ROOT_H

#include <stdbool.h>

#include "engine/root.h"
#include "service/service.h"

/* The active root of this node. *known is false, and that is no error, when none was ever marked. */
int service_root_load(struct service *service, struct root *root, bool *known, struct err *err);

/* How to ask for the root at `path`: the web and the command line are not kept waiting as long as the rest. `known` may be
 * NULL. */
struct root_question service_root_question(const struct service *service, const char *path,
                                           const struct root *known);

/* Opens and checks the root at `path` (NULL: none is configured). *fd is -1 when its state is not ok, which the report
 * tells; -1 is returned for a failure of the database only. */
int service_root_open(struct service *service, const char *path, struct root_report *report, int *fd,
                      struct err *err);

#endif
