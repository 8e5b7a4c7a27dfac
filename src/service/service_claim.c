/* A worker's dealings with the queue. */
#include "service/service_claim.h"

#include <stdlib.h>

#include "base/log.h"
#include "service/host_settings.h"
#include "service/recovery.h"
#include "service/service_recover.h"
#include "store/store_daemon.h"
#include "store/store_installation.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "sys/clock.h"

enum { CANDIDATES = 32 };

static const char *host_of(const struct run *run)
{
    return run->host == NULL ? "-" : run->host;
}

int service_claimant_begin(struct service *service, struct claimant *claimant, struct err *err)
{
    process_name(claimant->name);
    if (store_node_load(service->db, service->now, &claimant->node_id, err) < 0)
        return -1;
    return service_claimant_beat(service, claimant, err);
}

int service_claimant_beat(struct service *service, const struct claimant *claimant, struct err *err)
{
    return store_daemon_beat(service->db, claimant->node_id, "worker", claimant->name, service->now, err);
}

int service_claimant_end(struct service *service, const struct claimant *claimant, struct err *err)
{
    return store_daemon_delete(service->db, claimant->node_id, "worker", claimant->name, err);
}

int service_claim_places(struct service *service, int64_t *places, struct err *err)
{
    struct effective effective;

    if (global_settings_load(service, &effective, err) < 0)
        return -1;
    *places = effective.config.parallel_runs;
    return 0;
}

static bool place_is_free(const struct run *running, size_t count, int64_t place)
{
    for (size_t i = 0; i < count; i++)
        if (running[i].place == place)
            return false;
    return true;
}

/* Each free place is tried: another worker may take one between our look and our claim. */
static int claim_a_place(struct service *service, const struct claimant *claimant, struct run *run,
                         int64_t places, struct err *err)
{
    struct run *running;
    size_t count;

    if (!job_takes_place(run->job))
        return store_queue_claim(service->db, run, -1, claimant->name, service->now, err);
    if (store_queue_running(service->arena, service->db, claimant->node_id, &running, &count, err) < 0)
        return -1;
    for (int64_t place = 1; place <= places; place++) {
        int claimed = 0;

        if (place_is_free(running, count, place))
            claimed = store_queue_claim(service->db, run, place, claimant->name, service->now, err);
        if (claimed != 0)
            return claimed;
    }
    return 0;
}

int service_claim_next(struct service *service, const struct claimant *claimant, bool takes_place,
                       int64_t places, struct claim *claim, struct err *err)
{
    struct run *runs;
    size_t count;

    if (store_queue_due(service->arena, service->db, claimant->node_id, takes_place, service->now, CANDIDATES,
                        &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int claimed = claim_a_place(service, claimant, &runs[i], places, err);

        if (claimed < 0)
            return -1;
        if (claimed == 0)
            continue;
        *claim = (struct claim){runs[i].id, runs[i].token, takes_place};
        log_info("run %lld: %s of %s begins", (long long)runs[i].id, job_name(runs[i].job),
                 host_of(&runs[i]));
        return 1;
    }
    return 0;
}

int service_claim_is_due(struct service *service, const struct claimant *claimant, struct err *err)
{
    struct run *runs;
    size_t heavy = 0, light = 0;

    if (store_queue_due(service->arena, service->db, claimant->node_id, true, service->now, 1, &runs, &heavy,
                        err) < 0 ||
        store_queue_due(service->arena, service->db, claimant->node_id, false, service->now, 1, &runs, &light,
                        err) < 0)
        return -1;
    return heavy + light > 0;
}

int service_claim_goes_on(struct service *service, const struct claim *claim, bool alive, struct err *err)
{
    struct run run;
    bool cancel = false;

    if (alive) {
        int ours = store_queue_beat(service->db, claim->run, claim->token, &cancel, err);

        return ours <= 0 ? ours : !cancel;
    }
    if (store_run_load(service->arena, service->db, claim->run, &run, err) < 0)
        return -1;
    return run.cancel_at == 0;
}

int service_claim_settle(struct service *service, const struct claim *claim, const char **told,
                         struct err *err)
{
    struct run run;

    if (store_run_load(service->arena, service->db, claim->run, &run, err) < 0)
        return -1;
    if (run.state == RUN_RUNNING && run.token == claim->token) {
        *told = arena_printf(service->arena, "run %lld: what did it died", (long long)run.id);
        return service_recover_run(service, &run, NULL, err) < 0 ? -1 : 0;
    }
    *told = arena_printf(service->arena, "run %lld: %s%s%s", (long long)run.id, run_state_name(run.state),
                         run.message == NULL ? "" : ": ", run.message == NULL ? "" : run.message);
    return 0;
}

static bool is_ours(const struct claim *own, size_t count, int64_t run)
{
    for (size_t i = 0; i < count; i++)
        if (own[i].run == run)
            return true;
    return false;
}

static void recover(struct service *service, const struct claimant *claimant, struct run *run, bool lapsed)
{
    struct err err = {0};
    int result = service_recover_run(service, run, lapsed ? claimant->name : NULL, &err);

    if (result > 0)
        log_warning("run %lld of %s had died and was ended", (long long)run->id, host_of(run));
    else if (result < 0)
        log_warning("run %lld of %s cannot be recovered now: %s", (long long)run->id, host_of(run),
                    err.message);
}

int service_claim_watch(struct service *service, const struct claimant *claimant, const struct claim *own,
                        size_t own_count, struct lease_book *book, struct err *err)
{
    int64_t now_ms = clock_boot_ms();
    struct lease *leases;
    struct run *runs;
    size_t count;

    if (store_queue_running(service->arena, service->db, claimant->node_id, &runs, &count, err) < 0)
        return -1;
    leases = calloc(count + 1, sizeof *leases);
    if (leases == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        bool lapsed;

        leases[i] = lease_renew(book->leases, book->count, &runs[i], now_ms);
        lapsed = lease_has_lapsed(&leases[i], now_ms);
        if (!is_ours(own, own_count, runs[i].id) && (lapsed || recovery_is_dead(&runs[i])))
            recover(service, claimant, &runs[i], lapsed && !recovery_is_dead(&runs[i]));
    }
    free(book->leases);
    *book = (struct lease_book){leases, count};
    return 0;
}
