/* Rows and logs of deletions. */
#include "service/prune_run.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "service/host_file.h"
#include "service/run_end.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "sys/clock.h"
#include "sys/process_name.h"

void prune_run_init(struct prune_run *run, struct service *service, const char *host, enum job job,
                    const char *trigger)
{
    *run = (struct prune_run){.service = service, .log = RUN_LOG_CLOSED};
    run->run = (struct run){
        .host = host,
        .job = job,
        .trigger = trigger,
        .state = RUN_RUNNING,
        .actor = service->actor,
        .requested_at = service->now,
        .started_at = service->now,
        .token = 1,
        .stats = RUN_STATS_UNKNOWN,
    };
}

void prune_run_take(struct prune_run *run, const struct run *claimed)
{
    run->run = *claimed;
    run->recorded = true;
}

/* Whether the claimed row is still ours and wanted. */
static int require_ownership(struct prune_run *run, struct err *err)
{
    bool cancel = false;
    int ours = store_queue_beat(run->service->db, run->run.id, run->run.token, &cancel, err);

    if (ours < 0)
        return -1;
    if (ours == 0)
        return err_set(err, ERR_REFUSED, "run %lld has gone to another worker", (long long)run->run.id);
    return cancel ? err_set(err, ERR_INTERRUPTED, "cancelled before anything was deleted") : 0;
}

int prune_run_begin(struct prune_run *run, const struct host *host, struct err *err)
{
    char worker[PROCESS_NAME_SIZE];

    if (run->recorded)
        return require_ownership(run, err);
    run->run.worker = arena_strdup(run->service->arena, process_name(worker));
    run->run.host_id = host->id;
    run->run.host = host->name;
    run->run.node_id = host->node_id;
    return store_run_insert(run->service->db, &run->run, &run->run.id, err);
}

void prune_run_tell(struct prune_run *run, const struct purge_item *items, size_t count)
{
    struct err err;

    run->recorded = true;
    if (run_log_open(run->service->environment.home, run->run.id, &run->log, &err) < 0)
        log_warning("run %lld, %s of \"%s\": its log is not kept: %s", (long long)run->run.id,
                    job_name(run->run.job), run->run.host, err.message);
    run_log_printf(&run->log, "run %lld: %s of %s, asked by %s", (long long)run->run.id,
                   job_name(run->run.job), run->run.host, run->run.actor);
    for (size_t i = 0; i < count; i++)
        run_log_printf(&run->log, "delete %s %s: %s", snapshot_kind_name(items[i].snapshot->kind),
                       items[i].snapshot->name, items[i].reason);
}

static enum cause cause_of(const struct err *err)
{
    switch (err->code) {
    case ERR_ROOT:
        return CAUSE_ROOT_MISSING;
    case ERR_BUSY:
        return CAUSE_BUSY;
    case ERR_IO:
        return CAUSE_IO_ERROR;
    case ERR_INVALID:
    case ERR_USAGE:
    case ERR_NOT_FOUND:
        return CAUSE_CONFIG;
    case ERR_CHANGED:
    case ERR_REFUSED:
    case ERR_INTERRUPTED:
        return CAUSE_NONE;
    case ERR_NONE:
    case ERR_INTERNAL:
    case ERR_FAILED:
    case ERR_DATABASE:
    case ERR_SCHEMA:
    case ERR_EXISTS:
    case ERR_PARTIAL:
    case ERR_NOT_ALLOWED:
    case ERR_UNREACHABLE:
    case ERR_ATTENTION:
    case ERR__MAX:
        break;
    }
    return CAUSE_INTERNAL;
}

static void end_row(struct prune_run *run, enum run_state state, enum cause cause, const char *message)
{
    struct err err;

    run->run.state = state;
    run->run.cause = cause;
    run->run.message = message;
    run->run.ended_at = clock_now();
    run_log_printf(&run->log, "%s%s%s", run_state_name(state), message == NULL ? "" : ": ",
                   message == NULL ? "" : message);
    run_log_flush(&run->log);
    /* The row stays `running`: the next run of the host ends it. */
    if (run_end(run->service, &run->run, &err) < 0)
        log_error("the end of run %lld, %s of \"%s\", cannot be recorded: %s", (long long)run->run.id,
                  job_name(run->run.job), run->run.host, err.message);
}

int prune_run_fail(struct prune_run *run, struct err *err)
{
    const char *message;

    if (!run->recorded)
        return -1;
    message = err->hint[0] == '\0' ? arena_strdup(run->service->arena, err->message)
                                   : arena_printf(run->service->arena, "%s (%s)", err->message, err->hint);
    end_row(run, err->code == ERR_INTERRUPTED ? RUN_CANCELLED : RUN_FAILED, cause_of(err), message);
    return -1;
}

int prune_run_carry_out(struct prune_run *run, struct host_work *work, int64_t deleted, const char *message,
                        struct err *err)
{
    struct err file;
    int result;

    run->run.stats.deleted_snapshots = deleted;
    if (deleted > 0 && purge_bury(run->service, &work->settings.host, &work->directory, NULL, err) < 0) {
        err_in(err, "not all of it has left its place, the next run of the host goes on");
        result = prune_run_fail(run, err);
    } else {
        end_row(run, RUN_SUCCESS, CAUSE_NONE, message);
        result = 0;
    }
    if (deleted > 0 &&
        host_file_save(run->service, work->settings.host.name, work->directory.fd, &file) < 0 &&
        errno != ENOSPC && errno != EDQUOT)
        log_warning("host.json of \"%s\" is out of date: %s", work->settings.host.name, file.message);
    host_work_unlock(work);
    return result;
}

static void tell(struct prune_run *run, const char *line)
{
    run_log_printf(&run->log, "%s", line);
    if (run->notice != NULL)
        run->notice(run->context, line);
}

int prune_run_empty(struct prune_run *run, const struct host_work *work)
{
    struct arena *arena = run->service->arena;
    struct purge_report report;
    struct err err;

    if (purge_empty(run->service, &work->settings.host, &work->directory, false, &report, &err) < 0) {
        tell(run, arena_printf(arena, "the trash is not empty yet, the next run of the host goes on: %s",
                               err.message));
        return err.code == ERR_INTERRUPTED ? err_exit_status(ERR_INTERRUPTED) : err_exit_status(ERR_PARTIAL);
    }
    if (report.busy)
        tell(run, "the trash is being emptied by another program");
    else if (report.entries > 0)
        run_log_printf(&run->log, "removed %lld entries, freed %s", (long long)report.entries,
                       text_bytes(arena, report.freed_bytes));
    return 0;
}

void prune_run_close(struct prune_run *run)
{
    run_log_close(&run->log);
}
