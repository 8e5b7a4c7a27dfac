/* What people decide about snapshots. */
#ifndef SERVICE_SERVICE_SNAPSHOT_H
#define SERVICE_SERVICE_SNAPSHOT_H

#include <jansson.h>

#include "service/service.h"

/* Releases a held snapshot: from then on it is good. `snapshot` is a name or "latest" (the newest held one).
 * ERR_REFUSED when it is not held or no reason is given. *document: as one item of document_snapshots(). */
int service_snapshot_release(struct service *service, const char *host, const char *snapshot,
                             const char *reason, json_t **document, struct err *err);

/* Pins a snapshot, so that retention never deletes it, or (`reason` NULL) lets it go again. `snapshot` is a name or
 * "latest" (the newest good one). ERR_REFUSED when it never finished or is being deleted, when a reason is missing, and
 * when it was not pinned. *document: as one item of document_snapshots(), with "pin_reason". */
int service_snapshot_pin(struct service *service, const char *host, const char *snapshot, const char *reason,
                         json_t **document, struct err *err);
int service_snapshot_unpin(struct service *service, const char *host, const char *snapshot, json_t **document,
                           struct err *err);

#endif
