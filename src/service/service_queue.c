/* Asking for work, and ending it. */
#include "service/service_queue.h"

#include <string.h>

#include "db/transaction.h"
#include "service/document.h"
#include "store/store_audit.h"
#include "store/store_host.h"
#include "store/store_installation.h"
#include "store/store_queue.h"
#include "store/store_run.h"

static int load_host(struct service *service, const char *name, struct host *host, struct err *err)
{
    *host = (struct host){0};
    if (name != NULL)
        return store_host_load(service->arena, service->db, name, host, err);
    return store_node_load(service->db, service->now, &host->node_id, err);
}

/* 1: it waits already · 0: it was added · -1. */
static int add(struct service *service, const struct queue_wish *wish, int64_t *id, struct err *err)
{
    struct host host;
    struct run run;
    int found;

    if (load_host(service, wish->host, &host, err) < 0)
        return -1;
    run = (struct run){
        .host_id = host.id,
        .host = host.name,
        .node_id = host.node_id,
        .job = wish->job,
        .kind = wish->kind,
        .trigger = wish->trigger,
        .state = RUN_QUEUED,
        .actor = service->actor,
        .request = run_request_text(service->arena, &wish->request),
        .requested_at = service->now,
        .stats = RUN_STATS_UNKNOWN,
    };
    found = store_queue_find(service->db, &run, id, err);
    if (found != 0)
        return found;
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "run.queue",
                        host.name == NULL ? "-" : host.name, NULL, job_name(wish->job), err) < 0 ||
        store_run_insert(service->db, &run, id, err) < 0)
        return -1;
    return 0;
}

int service_queue_add(struct service *service, const struct queue_wish *wish, json_t **document,
                      struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    int64_t id = 0;
    int found;

    if (transaction_begin(&transaction, service->db, err) < 0 || (found = add(service, wish, &id, err)) < 0 ||
        transaction_commit(&transaction, err) < 0 || document_run(service, id, document, err) < 0)
        return -1;
    json_object_set_new(*document, "merged", json_boolean(found));
    return 0;
}

int service_run_cancel(struct service *service, int64_t id, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct run run;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_run_load(service->arena, service->db, id, &run, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "run.cancel",
                        arena_printf(service->arena, "%lld", (long long)id), run_state_name(run.state), NULL,
                        err) < 0 ||
        store_queue_cancel(service->arena, service->db, id, service->now, service->actor, &run, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    return document_run(service, id, document, err);
}
