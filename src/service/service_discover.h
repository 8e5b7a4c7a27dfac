/* Discovery: reading the backup root and recording the snapshots found there. */
#ifndef SERVICE_SERVICE_DISCOVER_H
#define SERVICE_SERVICE_DISCOVER_H

#include <stdbool.h>

#include <jansson.h>

#include "service/service.h"

struct discover_request {
    const char *host; /* NULL: all of them */
    int64_t run;      /* that does it, 0: a row is made when there is something to record */
    bool confirm; /* claimed snapshots are scanned, and the root is no longer doubtful when all hosts were */
};

/* The document of the preflight (document_preflight.h), as it was found, with "imported", "lost", "back", "confirmed"
 * (names), "notes", "refused" (sentences) and "run" (an id, or null when nothing was recorded) in each item, and "changed"
 * for all: how many records changed. What a state forbids is not done (plan/preflight.h): that is no error here, the
 * level in the document tells. */
int service_discover(struct service *service, const struct discover_request *request, json_t **document,
                     struct err *err);

#endif
