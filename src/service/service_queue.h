/* Asking for work that a worker does, and ending it. */
#ifndef SERVICE_SERVICE_QUEUE_H
#define SERVICE_SERVICE_QUEUE_H

#include <jansson.h>

#include "model/run.h"
#include "service/run_request.h"
#include "service/service.h"

struct queue_wish {
    enum job job;
    const char *host; /* NULL: none */
    const char *kind; /* "scheduled", "manual" or NULL */
    struct run_request request;
    const char *trigger; /* "queue", "web", "api" */
};

/* Puts it into the queue, audited. What waits there already in the same words is not put a second time: then its id is
 * given. *document: as document_run(), with "merged": bool. ERR_NOT_FOUND for an unknown host. */
int service_queue_add(struct service *service, const struct queue_wish *wish, json_t **document,
                      struct err *err);

/* A queued run ends at once; a running one is told to end, which it does within seconds. Audited. ERR_REFUSED when it
 * has ended. *document: as document_run(). */
int service_run_cancel(struct service *service, int64_t id, json_t **document, struct err *err);

#endif
