/* The steps of a backup after rsync has ended. */
#include <string.h>

#include "base/text.h"
#include "engine/host_key.h"
#include "engine/scan.h"
#include "plan/base_choice.h"
#include "service/backup_run.h"
#include "service/host_file.h"
#include "service/purge.h"
#include "service/run_end.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"

/* Whether a tree that rsync left with this exit status may be published at all (product.md §5). */
static bool is_acceptable(const struct transfer_result *transfer)
{
    return transfer->end == RSYNC_EXITED &&
           (transfer->exit_status == 0 || transfer->exit_status == 23 || transfer->exit_status == 24);
}

/* ssh said that the key is not the pinned one, or the host put such words into its mouth: ask the host which it shows, so
 * that both can be told. */
static void tell_changed_key(struct backup *backup, struct outcome *outcome)
{
    const struct host_key *pinned = &backup->keys[0];
    struct host_key shown;
    struct err ignored;

    if (host_key_probe_pinned(backup->arena, backup->service->environment.home, backup->host.name,
                              backup->config, backup->keys, backup->key_count, &shown, &ignored) < 0) {
        outcome->message = arena_printf(backup->arena, "the host key of \"%s\" is not the pinned one (%s)",
                                        backup->host.name, pinned->fingerprint);
        return;
    }
    for (size_t i = 0; i < backup->key_count; i++)
        if (strcmp(backup->keys[i].type, shown.type) == 0)
            pinned = &backup->keys[i];
    if (strcmp(pinned->fingerprint, shown.fingerprint) == 0) {
        outcome->cause = CAUSE_PROTOCOL;
        outcome->message = "the host prints a complaint about its host key, which is the pinned one";
        return;
    }
    outcome->message =
        arena_printf(backup->arena, "the host key of \"%s\" has changed: %s is pinned, the host shows %s",
                     backup->host.name, pinned->fingerprint, shown.fingerprint);
}

static int scan(struct backup *backup, struct outcome_facts *facts, struct err *err)
{
    const char *lost;

    backup_enter(backup, PHASE_SCAN);
    if (scan_tree(backup->incomplete.data_fd, backup->base.data_fd, &facts->stats, err) < 0)
        return backup_fail_io(backup);
    facts->scanned = true;
    if (facts->stats.copied_same > 0)
        run_log_printf(&backup->log, "%lld files that the base has unchanged were copied, not linked",
                       (long long)facts->stats.copied_same);
    if (backup->base.data_fd < 0)
        return 0;
    lost = base_snapshot_recheck(backup->arena, &backup->directory, &backup->base);
    if (lost != NULL)
        facts->no_base_reason = lost;
    return 0;
}

static bool inodes_are_gone(int root_fd)
{
    struct fs_room room;
    struct err ignored;

    return fs_room(root_fd, &room, &ignored) == 0 && room.inodes_free == 0;
}

/* Whether the run has gone to another worker while we were away (stopped, suspended): then nothing gets a final name. A
 * database that cannot be asked is no such sign: recovery adopts what is published now. */
static int require_ownership(struct backup *backup, struct err *err)
{
    struct err ignored;
    bool cancel;

    if (store_queue_beat(backup->service->db, backup->run.id, backup->run.token, &cancel, &ignored) != 0)
        return 0;
    err_set(err, ERR_REFUSED, "run %lld has gone to another worker", (long long)backup->run.id);
    return backup_fail(backup, CAUSE_KILLED);
}

/* The final metadata, and the final name. */
static int publish(struct backup *backup, const struct outcome *outcome, struct err *err)
{
    struct snapshot_meta *meta = &backup->meta;

    backup_enter(backup, PHASE_FINISH);
    meta->status = outcome->status;
    meta->held_reason = outcome->held_reason;
    meta->message = outcome->message;
    meta->cause = outcome->cause;
    meta->ended_at = clock_now();
    meta->stats = backup->run.stats;
    run_log_printf(&backup->log, "%s, %lld files, %lld bytes, %lld files linked",
                   run_state_name(outcome->state), (long long)meta->stats.files, (long long)meta->stats.bytes,
                   (long long)meta->stats.linked_files);
    if (require_ownership(backup, err) < 0)
        return -1;
    if (incomplete_publish(&backup->directory, &backup->incomplete, meta, &backup->log, err) < 0)
        return backup_fail_io(backup);
    backup->snapshot.kind = meta->kind;
    backup->snapshot.status = outcome->status;
    backup->snapshot.confirmed = true;
    backup->snapshot.held_reason = outcome->held_reason;
    backup->snapshot.ended_at = meta->ended_at;
    backup->snapshot.files = meta->stats.files;
    backup->snapshot.directories = meta->stats.directories;
    backup->snapshot.bytes = meta->stats.bytes;
    backup->snapshot.linked_files = meta->stats.linked_files;
    backup->snapshot.new_bytes = meta->stats.new_bytes;
    return 0;
}

int backup_judge(struct backup *backup, struct err *err)
{
    struct outcome_facts facts = {
        .end = backup->transfer.end,
        .exit_status = backup->transfer.exit_status,
        .signal = backup->transfer.signal,
        .signs = backup->output.signs,
        .first_error = backup->output.first_error,
        .stats = backup->output.stats,
        .had_base = backup->base.data_fd >= 0,
        .no_base_reason = backup->no_base_reason,
        .room_inodes_gone = inodes_are_gone(backup->root_fd),
        .last_good = base_choice_last_good(backup->snapshots, backup->snapshot_count),
        .allow_empty = backup->config->allow_empty,
        .max_runtime_seconds = backup->config->max_runtime_seconds,
        .timeout_seconds = backup->config->timeout_seconds,
    };
    struct outcome outcome;

    facts.stats.rsync_exit = backup->transfer.exit_status;
    facts.stats.connect_ms = backup->transfer.connect_ms;
    facts.stats.transfer_ms = backup->transfer.duration_ms;
    if (!backup->request->dry_run && is_acceptable(&backup->transfer) && scan(backup, &facts, err) < 0)
        return -1;
    outcome = outcome_plan(backup->arena, &facts);
    if (backup->request->dry_run && is_acceptable(&backup->transfer) && backup->transfer.exit_status != 23)
        outcome = (struct outcome){.state = RUN_SUCCESS, .message = "dry run: nothing was written"};
    if (outcome.cause == CAUSE_HOST_KEY_CHANGED)
        tell_changed_key(backup, &outcome);
    backup->run.stats = facts.stats;
    backup->run.state = outcome.state;
    backup->run.cause = outcome.cause;
    backup->run.message = outcome.message;
    if (!outcome.publish || backup->request->dry_run)
        return 0;
    if (publish(backup, &outcome, err) < 0) {
        backup->run.state = RUN_FAILED;
        return -1;
    }
    backup->run.stats.finish_ms = clock_boot_ms() - backup->phase_ms;
    return 0;
}

/* A snapshot that did not get its final name stays as an incomplete record, unless nothing had arrived or what has
 * arrived cannot be trusted. */
static int record_unfinished(struct backup *backup, struct err *err)
{
    bool spoiled = backup->incomplete.spoiled;
    struct list names = {0};
    int discarded;

    if (backup->incomplete.fd >= 0 && backup->incomplete.data_fd >= 0 && !spoiled &&
        !incomplete_is_bare(&backup->incomplete)) {
        /* A later run may link to what is here, so it must be known now that it has reached the disk: the next sync
         * would not be told of an error that this one is told of. */
        if (fs_sync_all(backup->directory.fd, backup->directory.path, err) == 0)
            return 0;
        backup_warn(backup, "nothing of it can be resumed from", err);
        spoiled = true;
    }
    list_add(backup->arena, &names, backup->snapshot.name);
    /* What it resumed from may have been lost by the same disk. */
    if (spoiled && backup->recovery.resume != NULL)
        list_add(backup->arena, &names, backup->recovery.resume);
    return recovery_discard(backup->service, &backup->host, &backup->directory, &names, NULL, &discarded,
                            err);
}

int backup_record_end(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;
    bool published = backup->snapshot.id > 0 && backup->snapshot.kind != KIND_INCOMPLETE;
    bool failed = false;

    if (backup->snapshot.id > 0 && !published && record_unfinished(backup, err) < 0)
        backup_warn(backup, "the next run removes what it leaves behind", err);
    if (db_begin(service->db, err) < 0)
        return -1;
    if (published && !backup->snapshot_recorded)
        failed = store_snapshot_publish(service->db, &backup->snapshot, err) < 0;
    if (!failed && backup->output.path_count > 0)
        failed = store_run_paths_save(service->db, backup->run.id, backup->output.paths,
                                      backup->output.path_count, err) < 0;
    if (failed || run_end(service, &backup->run, err) < 0) {
        db_rollback(service->db);
        return -1;
    }
    return db_commit(service->db, err);
}

void backup_tidy(struct backup *backup)
{
    bool published = backup->snapshot.id > 0 && backup->snapshot.kind != KIND_INCOMPLETE;
    struct list names = {0};
    struct purge_report report;
    struct err err;
    int discarded;

    if (backup->directory.lock_fd < 0)
        return;
    /* What could have been resumed from has done its work: every file of it that still matters is in the new tree. */
    if (published &&
        (host_directory_names(backup->arena, &backup->directory, KIND_INCOMPLETE, &names, &err) < 0 ||
         recovery_discard(backup->service, &backup->host, &backup->directory, &names, NULL, &discarded,
                          &err) < 0))
        backup_warn(backup, "the next run removes what this one resumed from", &err);
    if (published && host_file_save(backup->service, backup->host.name, backup->directory.fd, &err) < 0)
        backup_warn(backup, "host.json, which a rebuild needs, is out of date", &err);
    /* The next run need not wait for the files to go. */
    fs_close(&backup->directory.lock_fd);
    if (purge_empty(backup->service, &backup->host, &backup->directory, false, &report, &err) < 0 &&
        err.code != ERR_INTERRUPTED)
        backup_warn(backup, "the trash is not empty yet, the next run goes on", &err);
}
