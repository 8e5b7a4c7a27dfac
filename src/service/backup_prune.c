/* Retention after a good backup. */
#include "db/transaction.h"
#include "service/backup_run.h"
#include "service/prune_step.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"

/* Published, complete, and nobody has to look at it first. */
static bool went_well(const struct backup *backup)
{
    return backup->snapshot.id > 0 && snapshot_is_good(&backup->snapshot) &&
           (backup->run.state == RUN_SUCCESS || backup->run.state == RUN_WARNING);
}

/* The plan must see the new snapshot. It is good whatever becomes of the prune, so this is a transaction of its own; who
 * dies behind it leaves a run whose snapshot is recorded, and recovery ends that run as meta.json says. */
static int record_snapshot(struct backup *backup, struct err *err)
{
    if (store_snapshot_publish(backup->service->db, &backup->snapshot, err) < 0)
        return -1;
    backup->snapshot_recorded = true;
    return 0;
}

static int mark(struct backup *backup, struct prune_step *step, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, backup->service->db, err) < 0 || prune_step_mark(step, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

static int prune(struct backup *backup, struct err *err)
{
    struct prune_step step = {
        .service = backup->service,
        .host = &backup->host,
        .config = backup->config,
        .directory = &backup->directory,
        .kinds = {KIND_SCHEDULED},
        .kind_count = 1,
        .max_delete = -1,
        .now = clock_now(),
        .run = backup->run.id,
    };

    if (record_snapshot(backup, err) < 0 || mark(backup, &step, err) < 0)
        return -1;
    for (size_t i = 0; i < step.doomed_count; i++)
        run_log_printf(&backup->log, "delete %s: %s", step.doomed[i].snapshot->name, step.doomed[i].reason);
    backup->run.stats.deleted_snapshots = (int64_t)step.doomed_count;
    return step.doomed_count == 0 ? 0
                                  : purge_bury(backup->service, &backup->host, &backup->directory, NULL, err);
}

void backup_prune(struct backup *backup)
{
    struct err err;
    const char *before = backup->run.message;

    if (!went_well(backup) || prune(backup, &err) == 0)
        return;
    backup->run.state = RUN_WARNING;
    backup->run.message =
        arena_printf(backup->arena, "%s%sthe prune failed: %s%s%s%s", before == NULL ? "" : before,
                     before == NULL ? "" : "; ", err.message, err.hint[0] == '\0' ? "" : " (", err.hint,
                     err.hint[0] == '\0' ? "" : ")");
}
