/* Rebuilding the database from a backup root alone, when it is gone. */
#ifndef SERVICE_SERVICE_REBUILD_H
#define SERVICE_SERVICE_REBUILD_H

#include <stdbool.h>

#include <jansson.h>

#include "service/service.h"

struct rebuild_request {
    const char *path; /* of the backup root */
    bool dry_run;     /* only the plan */
    bool adopt; /* the root may be that of another installation, as it is after the loss of the database */
};

/* Makes the root the one in use, takes the global settings from it where none are set yet, and then host by host, each in
 * a transaction of its own, what service/rebuild_host.h says. What is recorded already stays as it is, so that a rebuild
 * that was interrupted goes on when it is repeated. Snapshots become claimed ones, and a root that was adopted is
 * doubtful: nothing is pruned before `discover-snapshots --confirm`.
 *
 * *document: {"backup_root","dry_run","root": a sentence about its marker,"ours": bool,"global":{"state": rebuild,
 * recorded, missing or unreadable,"settings": n,"problem"},"items":[of rebuild_host_item()],"counts":{"hosts","rebuilt",
 * "recorded","unknown","unreadable","snapshots","rebuilt_snapshots","purges","rebuilt_purges"},"whole": whether all of it
 * could be read,"doubt","as_of"}. */
int service_rebuild(struct service *service, const struct rebuild_request *request, json_t **document,
                    struct err *err);

#endif
