/*
 * One backup in the foreground, from the settings to the document. The order of the steps is the order in which a
 * failure is cheapest and safest: what needs no network first, nothing on disk before the row, no final name before
 * the tree is complete and durable, the row last.
 */
#include "service/service_backup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "engine/rsync_version.h"
#include "model/rule.h"
#include "service/backup_progress.h"
#include "service/backup_run.h"
#include "service/document.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/open_file.h"
#include "sys/process_name.h"
#include "sys/stop.h"

enum { BEAT_MS = 5000, NOTE_MS = 1000 };

static bool has_moved(struct backup *backup)
{
    const struct rsync_progress *rsync = &backup->output.progress;
    int64_t files = rsync->files_total - rsync->files_left;

    if (rsync->bytes == backup->moved_bytes && files == backup->moved_files)
        return false;
    backup->moved_bytes = rsync->bytes;
    backup->moved_files = files;
    return true;
}

/* The row is for other processes to look at: what cannot be written there ends no run. */
static void note_progress(struct backup *backup, struct backup_progress *progress)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct err ignored;
    json_t *document;
    char *text;

    if (backup->rsync > 0 && backup->incomplete.data_fd >= 0) {
        progress->path = open_file_below(&arena, backup->rsync, backup->incomplete.data_fd);
        if (progress->path != NULL)
            progress->path = text_printable_dup(&arena, backup_progress_path(&arena, progress->path),
                                                strlen(backup_progress_path(&arena, progress->path)));
    }
    document = backup_progress_document(progress);
    text = json_dumps(document, JSON_COMPACT);
    if (text == NULL)
        abort();
    store_run_set_progress(backup->service->db, backup->run.id, backup->run.token, text, &ignored);
    free(text);
    json_decref(document);
    backup->noted_ms = clock_boot_ms();
}

/* `entered`: a phase has just begun. A run that is over within a second costs its row no further write. */
static void tell_progress(struct backup *backup, bool entered)
{
    const struct rsync_progress *rsync =
        backup->output.progress.files_total > 0 ? &backup->output.progress : NULL;
    struct backup_progress progress = {
        .phase = backup->phase,
        .rsync = rsync,
        .elapsed_ms = clock_boot_ms() - backup->begun_ms,
        .usual_seconds = backup->usual_seconds,
        .seen_at = clock_now(),
    };
    int64_t now_ms = clock_boot_ms(), since_ms = backup->noted_ms > 0 ? backup->noted_ms : backup->begun_ms;
    bool moved = has_moved(backup);

    if (moved || entered || backup->moved_at == 0)
        backup->moved_at = progress.seen_at;
    progress.moved_at = backup->moved_at;
    if (backup->request->progress != NULL)
        backup->request->progress(backup->request->context, &progress);
    if (backup->run.id > 0 && (now_ms - since_ms >= NOTE_MS || (entered && backup->noted_ms > 0)))
        note_progress(backup, &progress);
}

void backup_enter(struct backup *backup, enum backup_phase phase)
{
    backup->phase = phase;
    backup->phase_ms = clock_boot_ms();
    tell_progress(backup, true);
}

void backup_notice(struct backup *backup, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    run_log_printf(&backup->log, "%s", line);
    if (backup->request->notice != NULL)
        backup->request->notice(backup->request->context, line);
}

void backup_warn(const struct backup *backup, const char *what, const struct err *err)
{
    log_warning("run %lld of \"%s\": %s: %s", (long long)backup->run.id, backup->host.name, what,
                err->message);
}

static void forward_notice(void *context, const char *line)
{
    backup_notice(context, "%s", line);
}

int backup_fail(struct backup *backup, enum cause cause)
{
    backup->cause = cause;
    return -1;
}

int backup_fail_io(struct backup *backup)
{
    struct fs_room room;
    struct err ignored;

    if (errno != ENOSPC && errno != EDQUOT)
        return backup_fail(backup, CAUSE_IO_ERROR);
    if (fs_room(backup->root_fd, &room, &ignored) == 0 && room.inodes_free == 0)
        return backup_fail(backup, CAUSE_NO_INODES);
    return backup_fail(backup, CAUSE_NO_SPACE);
}

static int load_settings(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;

    if (store_host_load(backup->arena, service->db, backup->request->host, &backup->host, err) < 0 ||
        store_global_load(backup->arena, service->db, &backup->global, err) < 0)
        return -1;
    config_effective(backup->arena, &backup->global, &backup->host.config, service->environment.fixed_root,
                     &backup->effective);
    backup->config = &backup->effective.config;
    return rule_host_name(backup->host.name, err) < 0 ? -1 : config_check(backup->config, err);
}

static int64_t median(int64_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && values[j - 1] > values[j]; j--) {
            int64_t swap = values[j];

            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    return count == 0 ? -1 : values[count / 2];
}

/* The row of the run; from here on every end is recorded. */
static int begin_run(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;
    const struct backup_request *request = backup->request;
    char worker[PROCESS_NAME_SIZE];
    int64_t *durations;
    size_t count;

    if (store_run_durations(backup->arena, service->db, backup->host.id, 7, &durations, &count, err) < 0)
        return -1;
    backup->usual_seconds = median(durations, count);
    if (request->claimed != NULL) {
        backup->run = *request->claimed;
        return 0;
    }
    backup->run = (struct run){
        .node_id = backup->host.node_id,
        .worker = arena_strdup(backup->arena, process_name(worker)),
        .request = request->prune ? "{\"prune\":true}" : NULL,
        .host_id = backup->host.id,
        .host = backup->host.name,
        .job = request->dry_run ? JOB_DRY_RUN : JOB_BACKUP,
        .kind = request->manual ? "manual" : "scheduled",
        .trigger = request->trigger,
        .state = RUN_RUNNING,
        .actor = service->actor,
        .requested_at = service->now,
        .started_at = service->now,
        .token = 1,
        .stats = RUN_STATS_UNKNOWN,
    };
    return store_run_insert(service->db, &backup->run, &backup->run.id, err);
}

/* A sign of life, and whether the run is still ours and wanted. A database that does not answer ends no run. */
static bool is_wanted(struct backup *backup)
{
    struct err ignored;
    bool cancel = false;

    if (clock_boot_ms() < backup->next_beat_ms)
        return true;
    backup->next_beat_ms = clock_boot_ms() + BEAT_MS;
    return store_queue_beat(backup->service->db, backup->run.id, backup->run.token, &cancel, &ignored) != 0 &&
           !cancel;
}

static bool on_tick(void *context)
{
    struct backup *backup = context;

    if (backup->phase == PHASE_CONNECT && backup->output.progress.files_total > 0)
        backup_enter(backup, PHASE_TRANSFER);
    run_log_flush(&backup->log);
    tell_progress(backup, false);
    return is_wanted(backup);
}

static void on_started(void *context, pid_t group)
{
    struct backup *backup = context;
    struct err err;

    backup->rsync = group;
    if (backup->directory.lock_fd >= 0 &&
        host_directory_note(&backup->directory, backup->run.id, group, &err) < 0)
        backup_warn(backup, "the lock does not name the processes that it starts", &err);
}

static void on_log_line(void *context, bool is_error, const char *line)
{
    run_log_line(context, is_error, line);
}

static int run_rsync(struct backup *backup, struct err *err)
{
    const struct transfer transfer = {
        .argv = backup->argv,
        .environment = backup->environment,
        .lock_fd = backup->directory.lock_fd,
        .root_fd = backup->request->dry_run ? -1 : backup->root_fd,
        .min_free_bytes = backup->config->min_free_bytes,
        .min_free_inodes = backup->config->min_free_inodes,
        .max_runtime_seconds = backup->config->max_runtime_seconds,
        .started = on_started,
        .tick = on_tick,
        .context = backup,
    };
    int result;

    rsync_output_release(&backup->output);
    backup->output =
        (struct rsync_output){.arena = backup->arena, .log_line = on_log_line, .context = &backup->log};
    rsync_output_init(&backup->output, backup->arena);
    backup_enter(backup, PHASE_CONNECT);
    result = transfer_run(&transfer, &backup->output, &backup->transfer, err);
    backup->rsync = 0;
    if (result < 0)
        return backup_fail(backup, CAUSE_CONFIG);
    /* The last word on the figures, and for a short transfer the only one. */
    on_tick(backup);
    run_log_printf(&backup->log, "rsync ended with exit status %d after %.1f s", backup->transfer.exit_status,
                   (double)backup->transfer.duration_ms / 1000.0);
    return 0;
}

/* Forgets the base, and what has arrived so far. */
static int drop_base(struct backup *backup, struct err *err)
{
    backup_notice(backup,
                  "a file has as many hard links as the file system allows: starting again without a base");
    backup->no_base_reason = "a file of the base has as many hard links as the file system allows";
    base_snapshot_close(&backup->base);
    backup->base = BASE_SNAPSHOT_NONE;
    backup->run.base = backup->snapshot.base = backup->meta.base = NULL;
    backup->snapshot.base_id = 0;
    backup->recovery.resume = NULL;
    if (store_run_set_snapshot(backup->service->db, backup->run.id, backup->run.token, backup->snapshot.name,
                               NULL, err) < 0)
        return backup_fail(backup, CAUSE_INTERNAL);
    fs_close(&backup->incomplete.data_fd);
    /* If we die here: an incomplete snapshot without data; the next run discards it. */
    if (fs_remove_tree(backup->incomplete.fd, "data", NULL, err) < 0 ||
        fs_make_dir(backup->incomplete.fd, "data", 0700, false, err) < 0)
        return backup_fail_io(backup);
    backup->incomplete.data_fd = fs_open_dir(backup->incomplete.fd, "data", true, err);
    return backup->incomplete.data_fd < 0 ? backup_fail_io(backup) : 0;
}

/* A base whose file has as many links as the file system allows makes rsync -H give up (EMLINK, exit 12): the same
 * again without a base is a full copy, but a good one. */
static int transfer(struct backup *backup, struct err *err)
{
    if (backup_plan_transfer(backup, err) < 0 || run_rsync(backup, err) < 0)
        return -1;
    if ((backup->output.signs & SIGN_TOO_MANY_LINKS) == 0 || backup->transfer.end != RSYNC_EXITED ||
        backup->transfer.exit_status == 0 || backup->base.data_fd < 0 || backup->request->dry_run)
        return 0;
    if (drop_base(backup, err) < 0 || backup_plan_transfer(backup, err) < 0)
        return -1;
    return run_rsync(backup, err);
}

/* Everything between the row's beginning and its end. */
static int work(struct backup *backup, struct err *err)
{
    struct rsync_version version;

    if (!backup->request->dry_run && backup_require_room(backup, err) < 0)
        return -1;
    if (rsync_version_require(backup->config->rsync_binary, &version, err) < 0)
        return backup_fail(backup, err->code == ERR_INTERRUPTED ? CAUSE_NONE : CAUSE_CONFIG);
    if (backup_open_identity(backup, err) < 0 || backup_pin_host(backup, err) < 0)
        return -1;
    if (stop_requested() != 0) {
        err_set(err, ERR_INTERRUPTED, "cancelled before the transfer");
        return backup_fail(backup, CAUSE_NONE);
    }
    if (backup_choose_base(backup, err) < 0)
        return -1;
    if (!backup->request->dry_run && backup_begin_snapshot(backup, err) < 0)
        return -1;
    if (transfer(backup, err) < 0)
        return -1;
    return backup_judge(backup, err);
}

/* The run ends as failed with what the step said. */
static void take_failure(struct backup *backup, const struct err *err)
{
    if (err->code == ERR_INTERRUPTED) {
        backup->run.state = RUN_CANCELLED;
        backup->run.cause = CAUSE_NONE;
    } else {
        backup->run.state = RUN_FAILED;
        backup->run.cause = backup->cause == CAUSE_NONE ? CAUSE_INTERNAL : backup->cause;
    }
    backup->run.message = arena_strdup(backup->arena, err->message);
    backup->run.stats = backup->output.arena == NULL ? backup->run.stats : backup->output.stats;
}

static int exit_status_of(const struct run *run)
{
    switch (run->state) {
    case RUN_SUCCESS:
        return 0;
    case RUN_WARNING:
    case RUN_PARTIAL:
        return run->cause == CAUSE_SOURCE_EMPTY || run->cause == CAUSE_SOURCE_SHRUNK
                   ? err_exit_status(ERR_REFUSED)
                   : err_exit_status(ERR_PARTIAL);
    case RUN_CANCELLED:
        return err_exit_status(ERR_INTERRUPTED);
    case RUN_FAILED:
        return err_exit_status(cause_error(run->cause));
    case RUN_QUEUED:
    case RUN_RUNNING:
    case RUN_STATE__MAX:
        break;
    }
    return err_exit_status(ERR_INTERNAL);
}

/* A run that was stopped: by a person, with the service, or because the worker died, which is a failure. */
static void explain_stop(struct backup *backup)
{
    const struct backup_request *request = backup->request;
    struct err ignored;
    struct run row;

    if (store_run_load(backup->arena, backup->service->db, backup->run.id, &row, &ignored) == 0 &&
        row.cancel_at != 0) {
        backup->run.cancel_at = row.cancel_at;
        backup->run.message = arena_printf(backup->arena, "cancelled by %s", row.cancel_by);
    } else if (request->orphaned != NULL && request->orphaned(request->context)) {
        backup->run.state = RUN_FAILED;
        backup->run.cause = CAUSE_KILLED;
        backup->run.message = "the worker that ran it died before the end";
    } else if (request->claimed != NULL) {
        backup->run.message = "stopped together with the service";
    }
}

/* From a lock that is ours to a row that has ended. A root or host directory that does not work (`refusal`) is an end
 * as well; but where a dead run still stands as running, nothing can be recorded before it works again. */
static int recorded_run(struct backup *backup, const struct err *refusal, struct err *err)
{
    struct err failure = {0};
    int result;

    if (begin_run(backup, err) < 0) {
        if (refusal != NULL)
            *err = *refusal;
        return -1;
    }
    if (run_log_open(backup->service->environment.home, backup->run.id, &backup->log, &failure) < 0)
        backup_warn(backup, "its log is not kept", &failure);
    run_log_printf(&backup->log, "run %lld: %s of %s, kind %s, asked by %s", (long long)backup->run.id,
                   job_name(backup->run.job), backup->host.name, backup->run.kind, backup->run.actor);
    if (refusal == NULL) {
        result = work(backup, &failure);
    } else {
        failure = *refusal;
        result = -1;
    }
    ssh_session_close(&backup->session);
    if (backup->incomplete.in_doubt) {
        /* The row stays `running`: the next run of the host looks at what is on disk then. */
        *err = failure;
        return -1;
    }
    if (result < 0)
        take_failure(backup, &failure);
    else if (backup->request->prune)
        backup_prune(backup);
    if (backup->run.state == RUN_CANCELLED)
        explain_stop(backup);
    backup->run.ended_at = clock_now();
    if (backup->run.message != NULL)
        run_log_printf(&backup->log, "%s: %s", run_state_name(backup->run.state), backup->run.message);
    else
        run_log_printf(&backup->log, "%s", run_state_name(backup->run.state));
    run_log_flush(&backup->log);
    if (backup_record_end(backup, err) < 0)
        return -1;
    backup_tidy(backup);
    return 0;
}

static int open_directory(struct backup *backup, struct err *err)
{
    char what[80];
    int ended = 0;

    snprintf(what, sizeof what, "%s of %s", backup->request->dry_run ? "dry run" : "backup",
             backup->host.name);
    if (host_directory_open(backup->arena, backup->root_fd, backup->config->backup_root, backup->host.name,
                            !backup->request->dry_run, &backup->directory, err) < 0)
        return backup->request->dry_run && err->code == ERR_NOT_FOUND ? 0 : backup_fail_io(backup);
    if (host_directory_lock(&backup->directory, backup->service->now, what, &ended, err) < 0)
        return err->code == ERR_BUSY ? backup_fail(backup, CAUSE_BUSY) : backup_fail_io(backup);
    if (ended > 0)
        backup_notice(backup, "ended %d process%s that an earlier run had left behind", ended,
                      ended == 1 ? "" : "es");
    return recovery_apply(backup->service, &backup->host, &backup->directory, 0, forward_notice, backup,
                          &backup->recovery, err) < 0
               ? backup_fail_io(backup)
               : 0;
}

static void release(struct backup *backup)
{
    ssh_session_close(&backup->session);
    rsync_output_release(&backup->output);
    incomplete_close(&backup->incomplete);
    base_snapshot_close(&backup->base);
    run_log_close(&backup->log);
    host_directory_close(&backup->directory);
    fs_close(&backup->root_fd);
}

int service_backup(struct service *service, const struct backup_request *request, json_t **document,
                   int *exit_status, struct err *err)
{
    struct backup backup = {
        .service = service,
        .request = request,
        .arena = service->arena,
        .root_fd = -1,
        .directory = HOST_DIRECTORY_CLOSED,
        .log = RUN_LOG_CLOSED,
        .base = BASE_SNAPSHOT_NONE,
        .incomplete = INCOMPLETE_NONE,
        .begun_ms = clock_boot_ms(),
        .usual_seconds = -1,
    };
    struct err refusal;
    int result = load_settings(&backup, err);

    if (result == 0) {
        backup_enter(&backup, PHASE_PREPARE);
        bool root_refused = backup_open_root(&backup, &refusal) < 0;
        bool opened = !root_refused && open_directory(&backup, &refusal) == 0;

        /* A host that is busy leaves no row of its own; a root or directory that fails does. */
        if (opened || root_refused || refusal.code == ERR_IO || request->claimed != NULL) {
            result = recorded_run(&backup, opened ? NULL : &refusal, err);
        } else {
            *err = refusal;
            result = -1;
        }
    }
    release(&backup);
    if (result < 0)
        return -1;
    *exit_status = exit_status_of(&backup.run);
    return document_run(service, backup.run.id, document, err);
}
