/* One host on one page: how it is, what it did last, what it will do, and what there is of it. */
#ifndef SERVICE_DOCUMENT_OVERVIEW_H
#define SERVICE_DOCUMENT_OVERVIEW_H

#include <jansson.h>

#include "service/service.h"

/* document_host(), with "status" (document_health_item()), "last_run" (document_run() of the newest backup that began, or
 * null), "preflight" (an item of document_preflight()), "last_good", "schedule" (document_schedule()), "newest" (up to 10 snapshots), "snapshots" (how many finished),
 * "oldest_at" (of the good ones, or null). */
int document_host_overview(struct service *service, const char *name, json_t **document, struct err *err);

/* The latest `limit` snapshots of a host from `before` on (a name, NULL: the newest) and of one kind (NULL: all):
 * {"host","items":[…],"total": how many of that kind, "next": name to go on behind, or null}. */
int document_snapshot_page(struct service *service, const char *host, const char *kind, const char *before,
                           size_t limit, json_t **document, struct err *err);

/* One snapshot; "latest" is the newest good one. ERR_NOT_FOUND. */
int document_snapshot(struct service *service, const char *host, const char *name, json_t **document,
                      struct err *err);

#endif
