/* Claimed snapshots, looked at. */
#include "service/discover_confirm.h"

#include "db/transaction.h"
#include "engine/host_directory.h"
#include "engine/scan.h"
#include "engine/snapshot_claim.h"
#include "plan/confirm.h"
#include "store/store_audit.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"
#include "sys/stop.h"

static int open_data(struct arena *arena, int host_fd, enum snapshot_kind kind, const char *name,
                     struct err *err)
{
    return fs_open_dir(host_fd, arena_printf(arena, "%s/%s/data", snapshot_kind_directory(kind), name), true,
                       err);
}

/* The data directory of the base of a snapshot, to tell what it shares with it; -1: none. */
static int open_base(struct arena *arena, int host_fd, const struct snapshot *rows, size_t count,
                     const struct snapshot *snapshot)
{
    struct err ignored;

    for (size_t i = 0; snapshot->base_id != 0 && i < count; i++)
        if (rows[i].id == snapshot->base_id && rows[i].kind != KIND_INCOMPLETE)
            return open_data(arena, host_fd, rows[i].kind, rows[i].name, &ignored);
    return -1;
}

/* Ours says what it shares with its base, from the time when both were made. */
static void take_figures(struct snapshot *snapshot, const struct confirm_facts *facts)
{
    const struct run_stats *stats = facts->ours ? &facts->figures : &facts->scan;

    snapshot->files = facts->scan.files;
    snapshot->directories = facts->scan.directories;
    snapshot->bytes = facts->scan.bytes;
    snapshot->linked_files = stats->linked_files;
    snapshot->new_bytes = stats->new_bytes;
}

static int record(struct survey *survey, struct snapshot *snapshot, const struct confirm_facts *facts,
                  enum snapshot_status status, struct err *err)
{
    struct service *service = survey->service;
    TRANSACTION_SCOPED transaction = {0};
    const char *object = arena_printf(service->arena, "%s@%s", snapshot->host, snapshot->name);

    snapshot->status = status;
    take_figures(snapshot, facts);
    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "snapshot.confirm",
                        object, "claimed", snapshot_status_name(status), err) < 0 ||
        store_snapshot_confirm(service->db, snapshot, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

static int confirm_one(struct survey *survey, int host_fd, struct snapshot *snapshot, int base_fd,
                       struct discover_confirm *confirm, struct err *err)
{
    struct arena *arena = survey->service->arena;
    struct confirm_facts facts = {.host = snapshot->host, .name = snapshot->name, .scan = RUN_STATS_UNKNOWN};
    struct snapshot_claim claim;
    struct confirm result;
    struct err problem;
    FD_SCOPED fd = fs_open_dir(
        host_fd, arena_printf(arena, "%s/%s", snapshot_kind_directory(snapshot->kind), snapshot->name), true,
        &problem);
    FD_SCOPED data_fd = open_data(arena, host_fd, snapshot->kind, snapshot->name, &problem);

    snapshot_claim_load(arena, fd, &claim);
    facts.has_metadata = claim.text != NULL || claim.problem != NULL;
    facts.problem = claim.problem;
    facts.ours = claim.ours;
    facts.claimed_host = claim.host;
    facts.claimed_name = claim.name;
    facts.claimed = claim.status;
    facts.figures = claim.stats;
    if (data_fd < 0 || scan_tree(data_fd, claim.ours ? -1 : base_fd, &facts.scan, &problem) < 0) {
        if (data_fd >= 0 && problem.code == ERR_INTERRUPTED) {
            *err = problem;
            return -1;
        }
        facts.scan_problem = problem.message;
    }
    result = confirm_plan(arena, &facts);
    if (result.why != NULL) {
        list_add(arena, &confirm->refused, arena_printf(arena, "%s: %s", snapshot->name, result.why));
        return 0;
    }
    if (record(survey, snapshot, &facts, result.status, err) < 0)
        return err->code == ERR_REFUSED ? 0 : -1; /* it was deleted meanwhile */
    list_add(arena, &confirm->confirmed, snapshot->name);
    return 0;
}

int discover_confirm(struct survey *survey, const struct host *host, struct discover_confirm *confirm,
                     struct err *err)
{
    struct service *service = survey->service;
    struct snapshot *rows;
    struct err missing;
    size_t count;
    FD_SCOPED host_fd = fs_open_dir(survey->root_fd, host->name, true, &missing);

    *confirm = (struct discover_confirm){0};
    if (host_fd < 0)
        return 0;
    if (store_snapshot_list(service->arena, service->db, host->id, false, &rows, &count, err) < 0)
        return -1;
    for (size_t i = count; i > 0; i--) {
        struct snapshot *snapshot = &rows[i - 1];
        FD_SCOPED base_fd = -1;

        if (snapshot->status != SNAPSHOT_CLAIMED || snapshot->missing_since != 0)
            continue;
        if (stop_requested())
            return err_set(err, ERR_INTERRUPTED, "stopped; %zu snapshots of \"%s\" were confirmed",
                           confirm->confirmed.count, host->name);
        base_fd = open_base(service->arena, host_fd, rows, count, snapshot);
        if (confirm_one(survey, host_fd, snapshot, base_fd, confirm, err) < 0)
            return -1;
    }
    return 0;
}
