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

#endif
