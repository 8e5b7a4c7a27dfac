/* The end of a run. */
#include "service/run_end.h"

#include <stdlib.h>

#include "base/log.h"
#include "db/transaction.h"
#include "plan/retry.h"
#include "service/host_settings.h"
#include "store/store_run.h"
#include "sys/clock.h"

/* How often the host's runs are repeated; a host that was removed, or is paused, never. */
static int retries_of(struct service *service, const struct run *run, int64_t *retries, struct err *err)
{
    struct host_settings settings;

    *retries = 0;
    if (run->host == NULL)
        return 0;
    if (host_settings_load(service, run->host, &settings, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    *retries = settings.config->enabled ? settings.config->retries : 0;
    return 0;
}

static int enqueue_retry(struct service *service, const struct run *run, struct err *err)
{
    int64_t retries, id, now = clock_now();
    struct retry retry;
    struct run again;

    if (retries_of(service, run, &retries, err) < 0)
        return -1;
    retry = retry_plan(run, retries, now);
    if (!retry.again)
        return 0;
    again = (struct run){
        .host_id = run->host_id,
        .host = run->host,
        .node_id = run->node_id,
        .job = run->job,
        .kind = run->kind,
        .trigger = "retry",
        .state = RUN_QUEUED,
        .actor = run->actor,
        .request = run->request,
        .requested_at = now,
        .due_at = retry.due_at,
        .retry_until = run->retry_until,
        .attempt = retry.attempt,
        .retry_of = run->id,
        .stats = RUN_STATS_UNKNOWN,
    };
    if (store_run_insert(service->db, &again, &id, err) < 0)
        return -1;
    log_info("run %lld of %s ended as %s and is repeated as run %lld", (long long)run->id,
             run->host == NULL ? "-" : run->host, run_state_name(run->state), (long long)id);
    return 0;
}

int run_end(struct service *service, const struct run *run, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 || store_run_finish(service->db, run, err) < 0)
        return -1;
    if ((run->state == RUN_FAILED || run->state == RUN_CANCELLED) && enqueue_retry(service, run, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

const char *run_result_text(struct arena *arena, const json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);
    const char *result = arena_strdup(arena, text);

    free(text);
    return result;
}
