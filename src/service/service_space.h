/* Measuring what the snapshots of a host take on disk. */
#ifndef SERVICE_SERVICE_SPACE_H
#define SERVICE_SERVICE_SPACE_H

#include <jansson.h>

#include "base/list.h"
#include "service/service.h"

/* Reads the trees of all snapshots of the host and records the figures with their date, for document_space.h. *document:
 * {"host","as_of","bytes","sum_bytes","items":[{"name","kind","started_at","bytes","new_bytes","exclusive_bytes",
 * "directory_bytes"}…],"chosen":[name…],"freed_bytes","unread":[{"snapshot","why"}…]}, newest first. `chosen`: names or
 * dates of snapshots that might be deleted together; that is told, not recorded. ERR_INTERRUPTED when asked to stop:
 * then nothing is recorded. */
int service_space_measure(struct service *service, const char *host, const struct list *chosen,
                          json_t **document, struct err *err);

#endif
