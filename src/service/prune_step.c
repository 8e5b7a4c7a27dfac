/* Planning and marking. */
#include "service/prune_step.h"

#include <string.h>

#include "engine/prune.h"
#include "plan/prune_guard.h"
#include "service/root_doubt.h"
#include "service/zone_cache.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"

enum { RUNS_LOOKED_AT = 50 };

int prune_step_kinds(struct prune_step *step, const char *word, struct err *err)
{
    bool all = strcmp(word, "all") == 0;

    step->kind_count = 0;
    if (all || strcmp(word, "scheduled") == 0)
        step->kinds[step->kind_count++] = KIND_SCHEDULED;
    if (all || strcmp(word, "manual") == 0)
        step->kinds[step->kind_count++] = KIND_MANUAL;
    if (step->kind_count == 0)
        return err_set(err, ERR_INVALID,
                       "\"%s\" is no kind that is pruned, expected scheduled, manual or all", word);
    return 0;
}

/* The base of a run in progress that is not ours. */
static int load_base_in_use(struct prune_step *step, const char **base, struct err *err)
{
    struct run *runs;
    size_t count;

    *base = NULL;
    if (store_run_running(step->service->arena, step->service->db, step->host->id, &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (runs[i].id != step->run && runs[i].base != NULL)
            *base = runs[i].base;
    return 0;
}

int prune_step_plan(struct prune_step *step, struct err *err)
{
    struct service *service = step->service;
    struct retention_facts facts = {.policy = step->config, .now = step->now};
    struct zone_cache zones = {.arena = service->arena};

    if (zone_cache_load(&zones, step->config->timezone, &facts.zone, err) < 0 ||
        load_base_in_use(step, &facts.base_in_use, err) < 0 ||
        store_snapshot_list(service->arena, service->db, step->host->id, false, &step->snapshots,
                            &step->snapshot_count, err) < 0)
        return -1;
    facts.snapshots = step->snapshots;
    facts.snapshot_count = step->snapshot_count;
    for (size_t i = 0; i < step->kind_count; i++) {
        facts.kind = step->kinds[i];
        step->plans[i] = retention_plan(service->arena, &facts);
    }
    return 0;
}

static void collect(struct prune_step *step)
{
    struct arena *arena = step->service->arena;
    size_t count = 0;

    for (size_t i = 0; i < step->kind_count; i++)
        count += step->plans[i].delete.count;
    step->doomed = arena_alloc(arena, count * sizeof *step->doomed);
    step->doomed_count = 0;
    for (size_t i = 0; i < step->kind_count; i++)
        for (size_t j = 0; j < step->plans[i].delete.count; j++) {
            const struct retention_item *item = &step->plans[i].delete.items[j];

            step->doomed[step->doomed_count++] =
                (struct purge_item){item->snapshot, list_join(arena, &item->reasons, ", ")};
        }
}

static int require_shown_plan(const struct prune_step *step, struct err *err)
{
    for (size_t i = 0; i < step->kind_count; i++) {
        if (step->plan_ids[i] == NULL || strcmp(step->plan_ids[i], step->plans[i].plan_id) == 0)
            continue;
        err_set(
            err, ERR_REFUSED,
            "the plan of \"%s\" has changed since it was shown: it is %s now, and was %.64s; nothing was deleted",
            step->host->name, step->plans[i].plan_id, step->plan_ids[i]);
        return err_hint(err, "look at it again: pobsync retention %s --kind %s", step->host->name,
                        snapshot_kind_name(step->kinds[i]));
    }
    return 0;
}

static int require_limit(const struct prune_step *step, struct err *err)
{
    int64_t limit = step->max_delete < 0 ? step->config->max_delete : step->max_delete;

    if ((int64_t)step->doomed_count <= limit)
        return 0;
    err_set(err, ERR_REFUSED,
            "the plan of \"%s\" would delete %zu snapshot%s, and max-delete allows %lld; nothing was deleted",
            step->host->name, step->doomed_count, step->doomed_count == 1 ? "" : "s", (long long)limit);
    return err_hint(err, "look at the plan: pobsync retention %s; then, if it is right, add --max-delete %zu",
                    step->host->name, step->doomed_count);
}

/* The newest backup that has ended and was not cancelled; its id is 0 when there is none. */
static int load_last_backup(const struct prune_step *step, struct run *last, struct err *err)
{
    const struct run_filter filter = {
        .host = step->host->name, .state = RUN_STATE__MAX, .limit = RUNS_LOOKED_AT};
    struct run *runs;
    size_t count;

    *last = (struct run){0};
    if (store_run_list(step->service->arena, step->service->db, &filter, &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count && last->id == 0; i++)
        if (runs[i].job == JOB_BACKUP && run_has_ended(runs[i].state) && runs[i].state != RUN_CANCELLED)
            *last = runs[i];
    return 0;
}

static int require_no_doubt(const struct prune_step *step, struct err *err)
{
    struct prune_guard_facts facts = {.snapshots = step->snapshots, .snapshot_count = step->snapshot_count};
    struct prune_refusal refusal;
    struct run last;

    for (size_t i = 0; i < step->kind_count; i++)
        if (step->plans[i].refusal != NULL) {
            err_set(err, ERR_REFUSED, "%s", step->plans[i].refusal);
            return err_hint(err, "set the clock of this server right: timedatectl");
        }
    if (step->unasked) {
        if (load_last_backup(step, &last, err) < 0)
            return -1;
        facts.last_backup = last.id == 0 ? NULL : &last;
    }
    if (root_doubt_refuse_prune(step->service, step->directory, step->snapshots, step->snapshot_count, err) <
        0)
        return -1;
    refusal = prune_guard_host(step->service->arena, &facts);
    if (refusal.why == NULL)
        return 0;
    err_set(err, ERR_REFUSED, "%s", refusal.why);
    return err_hint(err, "%s", refusal.hint);
}

/* Rows and disk must agree on all that is to go: one that does not puts the others in doubt as well. */
static int require_directories(const struct prune_step *step, struct err *err)
{
    for (size_t i = 0; i < step->doomed_count; i++) {
        if (prune_check(step->service->arena, step->directory, step->doomed[i].snapshot, err) == 0)
            continue;
        if (err->code == ERR_NOT_FOUND) {
            err->code = ERR_REFUSED;
            err_hint(err, "record what is there: pobsync discover-snapshots --host %s", step->host->name);
        }
        return err_in(err, "nothing was deleted");
    }
    return 0;
}

int prune_step_mark(struct prune_step *step, struct err *err)
{
    struct purge_order order = {.host = step->host, .action = "snapshot.prune"};

    if (prune_step_plan(step, err) < 0)
        return -1;
    collect(step);
    if (require_shown_plan(step, err) < 0)
        return -1;
    if (step->doomed_count == 0)
        return 0;
    if (require_no_doubt(step, err) < 0 || require_limit(step, err) < 0 || require_directories(step, err) < 0)
        return -1;
    order.run = step->run;
    for (size_t i = 0, at = 0; i < step->kind_count; at += step->plans[i++].delete.count) {
        order.plan = step->plans[i].plan_id;
        order.items = step->doomed + at;
        order.count = step->plans[i].delete.count;
        if (purge_mark(step->service, &order, err) < 0)
            return -1;
    }
    return 0;
}
