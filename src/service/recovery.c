/* What a dead run left: adopted, ended, or thrown away. */
#include "service/recovery.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "engine/incomplete.h"
#include "engine/scan.h"
#include "engine/snapshot_meta.h"
#include "engine/ssh_session.h"
#include "service/purge.h"
#include "service/run_end.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"
#include "sys/process_name.h"

/* Opens the final directory of a snapshot and reads its metadata. 1: there · 0: not there · -1: error. */
static int open_final(struct arena *arena, const struct host_directory *directory, const char *name, int *fd,
                      struct snapshot_meta *meta, struct err *err)
{
    static const enum snapshot_kind kinds[] = {KIND_SCHEDULED, KIND_MANUAL};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *path = arena_printf(arena, "%s/%s", snapshot_kind_directory(kinds[i]), name);

        *fd = fs_open_dir(directory->fd, path, true, err);
        if (*fd >= 0) {
            if (snapshot_meta_load(arena, *fd, meta, err) < 0)
                *meta = (struct snapshot_meta){.stats = RUN_STATS_UNKNOWN};
            meta->kind = kinds[i];
            return 1;
        }
        if (errno != ENOENT)
            return -1;
    }
    return 0;
}

/* Whether what lies there is what the metadata says: same run, same counts by a scan of our own. -1 when that was not
 * found out. */
static int final_agrees(const struct run *run, int fd, const struct snapshot_meta *meta, struct err *err)
{
    struct run_stats found = RUN_STATS_UNKNOWN;
    FD_SCOPED data_fd = fs_open_dir(fd, "data", true, err);

    if (data_fd < 0 || meta->run != run->id || meta->host == NULL || strcmp(meta->host, run->host) != 0 ||
        meta->status == SNAPSHOT_UNKNOWN)
        return 0;
    if (scan_tree(data_fd, -1, &found, err) < 0)
        return err->code == ERR_INTERRUPTED ? -1 : 0;
    return found.files == meta->stats.files && found.directories == meta->stats.directories &&
           found.bytes == meta->stats.bytes;
}

static enum run_state state_of(enum snapshot_status status)
{
    switch (status) {
    case SNAPSHOT_SUCCESS:
        return RUN_SUCCESS;
    case SNAPSHOT_WARNING:
        return RUN_WARNING;
    case SNAPSHOT_PARTIAL:
        return RUN_PARTIAL;
    case SNAPSHOT_UNKNOWN:
    case SNAPSHOT_CLAIMED:
    case SNAPSHOT_DELETING:
    case SNAPSHOT_DELETED:
    case SNAPSHOT__MAX:
        return RUN_FAILED;
    }
    return RUN_FAILED;
}

/* The run and its snapshot get what the metadata says, in one transaction. */
static int adopt(struct service *service, struct run *run, struct snapshot *snapshot,
                 const struct snapshot_meta *meta, bool agrees, struct err *err)
{
    bool is_recorded = snapshot->kind != KIND_INCOMPLETE;

    snapshot->kind = meta->kind;
    snapshot->ended_at = meta->ended_at;
    snapshot->files = meta->stats.files;
    snapshot->directories = meta->stats.directories;
    snapshot->bytes = meta->stats.bytes;
    snapshot->linked_files = meta->stats.linked_files;
    snapshot->new_bytes = meta->stats.new_bytes;
    if (meta->base == NULL) {
        snapshot->base = NULL;
        snapshot->base_id = 0;
    }
    snapshot->status = agrees ? meta->status : SNAPSHOT_CLAIMED;
    snapshot->confirmed = agrees;
    snapshot->held_reason = agrees ? meta->held_reason : NULL;
    run->state = agrees ? state_of(meta->status) : RUN_FAILED;
    run->cause = agrees ? meta->cause : CAUSE_IO_ERROR;
    run->message =
        agrees ? arena_printf(service->arena, "adopted after an interruption%s%s",
                              meta->message == NULL ? "" : ": ", meta->message == NULL ? "" : meta->message)
               : "interrupted; the snapshot on disk is not what its metadata says";
    run->stats = meta->stats;
    run->ended_at = service->now;
    if (db_begin(service->db, err) < 0)
        return -1;
    /* A run that died while it pruned had recorded its snapshot before. */
    if ((!is_recorded && store_snapshot_publish(service->db, snapshot, err) < 0) ||
        run_end(service, run, err) < 0) {
        db_rollback(service->db);
        return -1;
    }
    return db_commit(service->db, err);
}

bool recovery_is_dead(const struct run *run)
{
    return run->worker == NULL || process_is_gone(run->worker);
}

int recovery_end_as_killed(struct service *service, struct run *run, struct err *err)
{
    run->state = RUN_FAILED;
    run->cause = CAUSE_KILLED;
    run->message =
        run->job == JOB_PRUNE || run->job == JOB_DELETE
            ? "the program that ran it died before the end; what it had marked is deleted all the same"
            : "the program that ran it died before the end";
    run->ended_at = service->now;
    return run_end(service, run, err);
}

/* Decides one running row. 1: adopted · 0: failed · -1: error. */
static int recover_run(struct service *service, const struct host *host,
                       const struct host_directory *directory, struct run *run, struct err *err)
{
    struct snapshot snapshot;
    struct snapshot_meta meta;
    FD_SCOPED fd = -1;
    int there = run->job != JOB_BACKUP || run->snapshot == NULL
                    ? 0
                    : open_final(service->arena, directory, run->snapshot, &fd, &meta, err);
    int agrees;

    ssh_session_clear(service->environment.home, arena_printf(service->arena, "%lld", (long long)run->id));
    if (there < 0)
        return -1;
    if (there == 0)
        return recovery_end_as_killed(service, run, err);
    if (store_snapshot_load(service->arena, service->db, host->id, run->snapshot, &snapshot, err) < 0)
        return -1;
    agrees = final_agrees(run, fd, &meta, err);
    /* The rename may not be on disk yet: make it durable before the row. */
    if (agrees < 0 || fs_sync_all(directory->fd, directory->path, err) < 0 ||
        adopt(service, run, &snapshot, &meta, agrees != 0, err) < 0)
        return -1;
    return agrees;
}

int recovery_discard(struct service *service, const struct host *host, const struct host_directory *directory,
                     const struct list *names, const char *keep, int *discarded, struct err *err)
{
    *discarded = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct snapshot snapshot;
        bool recorded;

        if (keep != NULL && strcmp(names->items[i], keep) == 0)
            continue;
        recorded =
            store_snapshot_load(service->arena, service->db, host->id, names->items[i], &snapshot, err) == 0;
        if (!recorded && err->code != ERR_NOT_FOUND)
            return -1;
        /* A row that was deleted says nothing of a directory that is back, from another disk or a copy. */
        recorded = recorded && snapshot.kind == KIND_INCOMPLETE && snapshot.status != SNAPSHOT_DELETED;
        if (recorded && store_snapshot_set_status(service->db, snapshot.id, SNAPSHOT_DELETING, err) < 0)
            return -1;
        if (incomplete_discard(directory, names->items[i], err) < 0)
            return -1;
        /* The row of one that a person had deleted ends with its purge record, when the trash is empty. */
        if (recorded && snapshot.status != SNAPSHOT_DELETING &&
            store_snapshot_set_status(service->db, snapshot.id, SNAPSHOT_DELETED, err) < 0)
            return -1;
        (*discarded)++;
    }
    return 0;
}

/* Incomplete records whose directory has gone; of those that are being deleted, whoever empties the trash tells. */
static int forget_lost(struct service *service, const struct host *host, const struct list *names,
                       struct err *err)
{
    struct snapshot *snapshots;
    size_t count;

    if (store_snapshot_list(service->arena, service->db, host->id, false, &snapshots, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (snapshots[i].kind == KIND_INCOMPLETE && snapshots[i].status != SNAPSHOT_DELETING &&
            !list_has(names, snapshots[i].name) &&
            (store_snapshot_set_status(service->db, snapshots[i].id, SNAPSHOT_DELETING, err) < 0 ||
             store_snapshot_set_status(service->db, snapshots[i].id, SNAPSHOT_DELETED, err) < 0))
            return -1;
    return 0;
}

/* What an interrupted prune had decided goes on. */
static void resume_purge(struct service *service, const struct host *host,
                         const struct host_directory *directory,
                         void (*notice)(void *context, const char *line), void *context)
{
    int64_t buried;
    struct err err;

    if (purge_bury(service, host, directory, &buried, &err) < 0)
        log_warning("what was being deleted of \"%s\" is still there: %s", host->name, err.message);
    else if (buried > 0 && notice != NULL)
        notice(context,
               arena_printf(service->arena, "%lld snapshot%s of an interrupted prune moved to the trash",
                            (long long)buried, buried == 1 ? "" : "s"));
}

int recovery_end_runs(struct service *service, const struct host *host,
                      const struct host_directory *directory, int64_t dead,
                      void (*notice)(void *context, const char *line), void *context,
                      struct recovery *recovery, struct err *err)
{
    struct run *runs;
    size_t count;

    *recovery = (struct recovery){0};
    if (store_run_running(service->arena, service->db, host->id, &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int adopted;

        if (runs[i].id != dead && !recovery_is_dead(&runs[i]))
            continue;
        adopted = recover_run(service, host, directory, &runs[i], err);
        if (adopted < 0)
            return err_in(err, "run %lld", (long long)runs[i].id);
        recovery->adopted += adopted > 0;
        recovery->failed += adopted == 0;
        if (notice != NULL)
            notice(context, arena_printf(service->arena, "run %lld had died and is recorded as %s",
                                         (long long)runs[i].id, run_state_name(runs[i].state)));
    }
    resume_purge(service, host, directory, notice, context);
    return 0;
}

int recovery_apply(struct service *service, const struct host *host, const struct host_directory *directory,
                   int64_t dead, void (*notice)(void *context, const char *line), void *context,
                   struct recovery *recovery, struct err *err)
{
    struct list names = {0};
    int discarded;

    if (recovery_end_runs(service, host, directory, dead, notice, context, recovery, err) < 0)
        return -1;
    if (host_directory_names(service->arena, directory, KIND_INCOMPLETE, &names, err) < 0)
        return -1;
    recovery->resume = incomplete_resumable(service->arena, directory, &names);
    if (recovery_discard(service, host, directory, &names, recovery->resume, &discarded, err) < 0)
        return -1;
    if (forget_lost(service, host, &names, err) < 0)
        return -1;
    if (discarded > 0 && notice != NULL)
        notice(context,
               arena_printf(service->arena, "%d unfinished snapshot%s of earlier runs moved to the trash",
                            discarded, discarded == 1 ? "" : "s"));
    return 0;
}
