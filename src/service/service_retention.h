/* Retention: showing the plan of a host, and applying it. */
#ifndef SERVICE_SERVICE_RETENTION_H
#define SERVICE_SERVICE_RETENTION_H

#include <stdbool.h>

#include <jansson.h>

#include "model/config.h"
#include "model/run.h"
#include "service/service.h"

/* What retention would do with a host's snapshots; changes nothing. `kind`: "scheduled", "manual" or "all".
 * `what_if`: a layer of keep_* and protect_bases that takes the place of the host's own, for a simulation; NULL: none.
 * *document: document_retention(). */
int service_retention_plan(struct service *service, const char *host, const char *kind,
                           const struct config *what_if, json_t **document, struct err *err);

struct retention_request {
    const char *host;
    const char *kind;    /* "scheduled", "manual" or "all" */
    const char *plan_id; /* of the plan that was shown, of the one kind or of the scheduled ones; NULL: any */
    const char *manual_id; /* with kind "all": of the plan of the manual ones; NULL: any */
    int64_t max_delete;    /* negative: the host's setting */
    bool confirmed;        /* without it nothing is deleted, and the refusal says what would be */
    bool unasked;          /* nobody asked: then a last backup that was no good stops it */
    bool
        leaves_trash; /* the caller empties the trash (service_trash_empty()): returns as soon as rows say all */
    const char *trigger;
    /* The run that a worker has claimed for this; NULL: a row is made, unless the prune is refused. */
    const struct run *claimed;
    void (*notice)(void *context, const char *line); /* a line for a person; may be NULL */
    void *context;
};

/* Deletes what the plan deletes, or nothing: see prune_step_mark() for what stands against it. The rows say what
 * happened, and the host is free for its next run, before the files are removed. *document: the plan (of "all": plans)
 * as document_retention(), with "run" as document_run(). *exit_status: 0; 3 or 130 when the trash could not be emptied.
 * -1 when nothing was deleted, or not all of it: a row that the request brought, or that was made, has ended then,
 * except for ERR_BUSY, which leaves the row of a worker as it is. */
int service_retention_apply(struct service *service, const struct retention_request *request,
                            json_t **document, int *exit_status, struct err *err);

/* Removes what lies in the trash of a host and records it; beside its runs, not instead of them. */
int service_trash_empty(struct service *service, const char *host, struct err *err);

#endif
