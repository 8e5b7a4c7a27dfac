/* Deleting one snapshot, and what never finished, because a person says so. The order of the steps and the records are
 * those of every deletion (service/purge.h). */
#ifndef SERVICE_SERVICE_DELETE_H
#define SERVICE_SERVICE_DELETE_H

#include <stdbool.h>

#include <jansson.h>

#include "model/run.h"
#include "service/service.h"

struct deletion_request {
    const char *host;
    const char *snapshot; /* its name */
    const char *reason;   /* what the person says, or NULL */
    const char *plan;     /* of a clean-up: plan_id of the list that was shown; NULL: any */
    bool confirmed;       /* without it nothing is deleted, and the refusal says what would be */
    bool *unconfirmed;    /* set when that alone stood against it; may be NULL */
    const char *trigger;
    const struct run *claimed;                       /* as of a retention_request */
    void (*notice)(void *context, const char *line); /* may be NULL */
    void *context;
};

/* What a deletion of a snapshot comes to, from the rows alone: {"host","name","snapshot": as an item of
 * document_snapshots(),"refusal": {"message","hint"}: why it may not be deleted, or null,"retention": {"decision": "keep" or
 * "delete","reasons":[…]}: what the planner says of it, or null when it plans nothing for it}. */
int document_deletion(struct service *service, const char *host, const char *snapshot, json_t **document,
                      struct err *err);

/* Deletes a snapshot. ERR_REFUSED with the reason and what to do (plan/prune_guard.h). One that is recorded and not on
 * disk loses its record. *document: {"host","snapshot","run": as document_run()}. *exit_status as of
 * service_retention_apply(). */
int service_snapshot_delete(struct service *service, const struct deletion_request *request,
                            json_t **document, int *exit_status, struct err *err);

/* {"host","plan_id","items":[…]} newest first: what never finished, by record or by directory. An item: name, started_at,
 * run, recorded, on_disk (null when the directory cannot be read), running, state (running, not_on_disk, unfinished or
 * not_recorded). plan_id names this very list; null when nobody
 * can tell what else there is. */
int service_incomplete_list(struct service *service, const char *host, json_t **document, struct err *err);

/* Deletes all of that; ERR_BUSY while a run of the host goes on, so that it is never a live one's; ERR_REFUSED when
 * it is not what `plan` names. `snapshot` is not read. *document: {"host","deleted":[names],"run"}. */
int service_incomplete_clean(struct service *service, const struct deletion_request *request,
                             json_t **document, int *exit_status, struct err *err);

#endif
