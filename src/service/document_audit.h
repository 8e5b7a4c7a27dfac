/* The audit as a document. */
#ifndef SERVICE_DOCUMENT_AUDIT_H
#define SERVICE_DOCUMENT_AUDIT_H

#include <jansson.h>

#include "service/service.h"

struct audit_filter {
    const char *actor, *object; /* exactly; NULL: any */
    int64_t before;             /* only older ones, 0: from the newest on */
    int limit;
};

/* {"items":[{"id","at","actor","origin","action","object","before","after"}…],"next": id or absent}, newest first. */
int document_audit(struct service *service, const struct audit_filter *filter, json_t **document,
                   struct err *err);

/* What changed a host, its schedule, its keys and its snapshots by somebody's hand: {"host","items":[as above, with
 * "changes"],"next"}. ERR_NOT_FOUND. */
int document_host_history(struct service *service, const char *host, int64_t before, int limit,
                          json_t **document, struct err *err);

/* Field by field, where an event tells fields, an object before or after: [{"field","before","after"}…], null for what was
 * not set. A new reference. */
json_t *document_audit_changes(const json_t *event);

#endif
