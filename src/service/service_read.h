/* The content of files in snapshots. Who reads what stands in the audit before the first byte is given. */
#ifndef SERVICE_SERVICE_READ_H
#define SERVICE_SERVICE_READ_H

#include <sys/stat.h>

#include "service/service.h"

/* Opens a regular file of a snapshot (NULL: the newest good one), for reading; returns the descriptor. Anything else is
 * never opened: engine/snapshot_tree.h. *name is the snapshot's. */
int service_read_file(struct service *service, const char *host, const char *snapshot, const char *path,
                      const char **name, struct stat *stat, struct err *err);

#endif
