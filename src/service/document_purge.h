/* The purge records as a document. */
#ifndef SERVICE_DOCUMENT_PURGE_H
#define SERVICE_DOCUMENT_PURGE_H

#include <jansson.h>

#include "service/service.h"
#include "store/store_purge.h"

/* {"items":[purge…],"next": id or absent} newest first, at most `limit`, those before id `before` (0: from the newest on);
 * of all hosts, removed ones too, when `host` is NULL; ERR_NOT_FOUND when there is no such host. A purge: id, at, actor, origin, host, snapshot, kind, status, started_at, files, bytes,
 * new_bytes (of the snapshot), reason, plan, run, removed_at (null: its files have not gone yet), removed_entries,
 * freed_bytes. */
int document_purges(struct service *service, const char *host, int64_t before, int limit, json_t **document,
                    struct err *err);

/* One purge. A new reference. */
json_t *document_purge_item(const struct purge *purge);

#endif
