/* From what is asked for to a host that has it back. */
#include "service/service_push.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/rsync_version.h"
#include "engine/ssh_key.h"
#include "engine/ssh_session.h"
#include "model/place.h"
#include "model/rule.h"
#include "plan/outcome.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "service/host_work.h"
#include "service/push_pass.h"
#include "service/run_end.h"
#include "service/run_request.h"
#include "store/store_audit.h"
#include "store/store_host_key.h"
#include "store/store_run.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/process_name.h"

struct push {
    struct service *service;
    const struct push_request *request;
    struct browse browse;
    const struct snapshot *snapshot;
    struct snapshot_tree tree;
    int source_fd; /* the directory whose content is meant, or the one that holds the file */
    struct host_settings target;
    const char *to;
    struct ssh_session session;
    struct push_places places;
    struct push_pass pass;

    /* Of a run. */
    struct host_work work;
    struct run run;
    struct run_log log;
    struct push_counts written, different; /* by the writing passes, and what verification named */
    bool verified;
};

static void push_close(struct push *push)
{
    push_pass_release(&push->pass);
    ssh_session_close(&push->session);
    run_log_close(&push->log);
    fs_close(&push->source_fd);
    snapshot_tree_close(&push->tree);
    host_work_close(&push->work);
    browse_close(&push->browse);
}

#define PUSH_SCOPED __attribute__((cleanup(push_close))) struct push

const char *push_default_target(struct arena *arena, const char *snapshot)
{
    return arena_printf(arena, "/var/tmp/pobsync-restore-%s", snapshot);
}

/* rsync gets the source as a descriptor of ours: no link that the snapshot holds is on the way to it. A file is an entry
 * of its directory, which rsync does not follow either. */
static int open_source(struct push *push, struct err *err)
{
    struct arena *arena = push->service->arena;
    const char *path = push->request->path, *slash = strrchr(path, '/'), *name = "";
    struct stat stat;

    if (snapshot_tree_stat(&push->tree, path, &stat, err) < 0)
        return -1;
    if (!S_ISDIR(stat.st_mode)) {
        name = slash != NULL ? slash + 1 : path;
        path = slash != NULL ? arena_copy(arena, path, (size_t)(slash - path)) : "";
    }
    push->source_fd = snapshot_tree_dir(&push->tree, path, err);
    push->places.source = arena_printf(arena, "/proc/%ld/fd/%d/%s", (long)getpid(), push->source_fd, name);
    return push->source_fd < 0 ? -1 : 0;
}

/* The other side: its settings, the key for this, the host key that it must show. */
static int open_target(struct push *push, struct err *err)
{
    struct service *service = push->service;
    struct arena *arena = service->arena;
    const char *name = push->request->to_host != NULL ? push->request->to_host : push->request->host;
    struct rsync_version version;
    struct host_key *keys;
    const char *identity;
    size_t key_count;
    bool created;

    if (host_settings_load(service, name, &push->target, err) < 0 ||
        config_check(push->target.config, err) < 0)
        return -1;
    push->to =
        push->request->to != NULL ? push->request->to : push_default_target(arena, push->snapshot->name);
    if (rule_local_path(push->to, err) < 0 ||
        ssh_key_restore_find(arena, service->environment.home, name, false, &identity, &created, err) < 0 ||
        store_host_key_list(arena, service->db, push->target.host.id, &keys, &key_count, err) < 0 ||
        rsync_version_require(push->target.config->rsync_binary, &version, err) < 0)
        return -1;
    if (key_count == 0) {
        err_set(err, ERR_UNREACHABLE, "the host key of \"%s\" is not known yet", name);
        return err_hint(err, "meet the host once from a terminal: pobsync test-connection %s", name);
    }
    if (ssh_session_open(
            arena, service->environment.home, arena_printf(arena, "restore-%s-%ld", name, (long)getpid()),
            name, push->target.config, identity, keys, key_count, SSH_TRUST_PINNED, &push->session, err) < 0)
        return -1;
    push->places.ssh_config = push->session.config_file;
    push->places.target = push->to;
    push->places.keep = !push->request->replace;
    push->places.aside = arena_printf(arena, ".pobsync-replaced-%lld", (long long)service->now);
    push->pass.config = push->target.config;
    push->pass.places = &push->places;
    push->pass.environment = ssh_session_environment(arena, 0);
    return 0;
}

static int push_open(struct service *service, const struct push_request *request, struct push *push,
                     struct err *err)
{
    *push = (struct push){
        .service = service,
        .request = request,
        .browse = BROWSE_CLOSED,
        .tree = SNAPSHOT_TREE_CLOSED,
        .source_fd = -1,
        .session = SSH_SESSION_CLOSED,
        .pass = {.service = service, .lock_fd = -1},
        .work = HOST_WORK_CLOSED,
        .log = RUN_LOG_CLOSED,
    };
    return browse_open(service, request->host, &push->browse, err) < 0 ||
                   browse_tree(service, &push->browse, request->snapshot, &push->snapshot, &push->tree, err) <
                       0 ||
                   open_source(push, err) < 0 || open_target(push, err) < 0
               ? -1
               : 0;
}

/* Why a pass did not do what it should. ERR_INTERRUPTED when it was stopped. */
static enum cause explain(struct push *push, const char **message)
{
    struct arena *arena = push->service->arena;
    const struct push_pass *pass = &push->pass;
    const char *name = push->target.host.name;
    struct outcome outcome = outcome_plan(
        arena, &(struct outcome_facts){.end = pass->ended.end,
                                       .exit_status = pass->ended.exit_status,
                                       .signal = pass->ended.signal,
                                       .signs = pass->output.signs,
                                       .first_error = pass->output.first_error,
                                       .stats = RUN_STATS_UNKNOWN,
                                       .max_runtime_seconds = push->target.config->max_runtime_seconds,
                                       .timeout_seconds = push->target.config->timeout_seconds});

    *message = outcome.message;
    if ((pass->output.signs & SIGN_NO_SPACE) != 0) {
        *message = arena_printf(arena, "the disk of \"%s\" is full at \"%s\"; what has arrived stays there",
                                name, push->to);
        return CAUSE_TARGET_FULL;
    }
    if (push_pass_is_locked_out(pass)) {
        *message = arena_printf(arena, "another restore to \"%s\" is under way", name);
        return CAUSE_BUSY;
    }
    if (outcome.cause == CAUSE_AUTH_FAILED)
        *message =
            arena_printf(arena,
                         "\"%s\" does not let in the key for restores: put the line that `pobsync key %s "
                         "--line restore` prints into authorized_keys",
                         name, name);
    return outcome.cause;
}

static int fail_plan(struct push *push, enum cause *cause, struct err *err)
{
    const char *message;

    *cause = explain(push, &message);
    if (push->pass.ended.end == RSYNC_CANCELLED)
        return err_set(err, ERR_INTERRUPTED, "stopped while the host was asked; nothing was written");
    err_set(err, cause_error(*cause), "%s", message == NULL ? "the host does not answer as rsync" : message);
    return err_hint(err, "%s", cause_hint(*cause));
}

static json_t *texts(const struct list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, document_text(list->items[i]));
    return array;
}

static json_t *head(const struct push *push)
{
    json_t *document = json_object();

    json_object_set_new(document, "host", document_text(push->request->host));
    json_object_set_new(document, "snapshot", document_text(push->snapshot->name));
    document_entry_put_path(document, "", push->request->path);
    json_object_set_new(document, "to_host", document_text(push->target.host.name));
    json_object_set_new(document, "to", document_text(push->to));
    return document;
}

int service_push_plan(struct service *service, const struct push_request *request, json_t **document,
                      enum cause *cause, struct err *err)
{
    PUSH_SCOPED push;
    struct push_counts all;
    enum cause ignored = CAUSE_NONE;
    int64_t newer;

    cause = cause != NULL ? cause : &ignored;
    *cause = CAUSE_NONE;

    if (push_open(service, request, &push, err) < 0 || push_pass_run(&push.pass, PUSH_PLAN, err) < 0)
        return -1;
    if (!push_pass_is_done(&push.pass))
        return fail_plan(&push, cause, err);
    all = push.pass.counts;
    newer = all.replace;
    if (all.replace > 0) {
        if (push_pass_run(&push.pass, PUSH_NEWER, err) < 0)
            return -1;
        if (!push_pass_is_done(&push.pass))
            return fail_plan(&push, cause, err);
        newer -= push.pass.counts.replace;
    }
    *document = head(&push);
    json_object_set_new(*document, "create", json_integer(all.create));
    json_object_set_new(*document, "replace", json_integer(request->replace ? all.replace : 0));
    json_object_set_new(*document, "keep", json_integer(request->replace ? 0 : all.replace));
    json_object_set_new(*document, "may_replace", json_boolean(request->replace));
    json_object_set_new(*document, "newer", json_integer(newer));
    json_object_set_new(*document, "attributes", json_integer(all.attributes));
    json_object_set_new(*document, "same", json_integer(all.same));
    json_object_set_new(*document, "bytes", json_integer(all.bytes));
    json_object_set_new(*document, "standing", texts(&all.standing));
    return 0;
}

static int begin_run(struct push *push, struct err *err)
{
    struct service *service = push->service;
    struct arena *arena = service->arena;
    const struct push_request *request = push->request;
    const struct run_request wish = {.snapshot = push->snapshot->name,
                                     .path = request->path,
                                     .to_host = push->target.host.name,
                                     .to = push->to,
                                     .replace = request->replace};
    const char *place = place_shown(arena, request->host, push->snapshot->name, request->path);
    char worker[PROCESS_NAME_SIZE];
    struct err ignored;

    if (request->claimed != NULL) {
        push->run = *request->claimed;
    } else {
        push->run = (struct run){
            .host_id = push->work.settings.host.id,
            .host = push->work.settings.host.name,
            .node_id = push->work.settings.host.node_id,
            .worker = arena_strdup(arena, process_name(worker)),
            .request = run_request_text(arena, &wish),
            .job = JOB_RESTORE,
            .trigger = request->trigger,
            .state = RUN_RUNNING,
            .actor = service->actor,
            .requested_at = service->now,
            .started_at = service->now,
            .token = 1,
            .stats = RUN_STATS_UNKNOWN,
        };
        if (store_run_insert(service->db, &push->run, &push->run.id, err) < 0)
            return -1;
    }
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "file.restore", place,
                        NULL, arena_printf(arena, "%s:%s", push->target.host.name, push->to), err) < 0)
        return -1;
    if (run_log_open(service->environment.home, push->run.id, &push->log, &ignored) < 0)
        log_warning("run %lld, restore of \"%s\": its log is not kept: %s", (long long)push->run.id,
                    request->host, ignored.message);
    run_log_printf(&push->log, "run %lld: restore of %s to %s:%s, asked by %s", (long long)push->run.id,
                   place, push->target.host.name, push->to, push->run.actor);
    push->places.aside = arena_printf(arena, ".pobsync-replaced-%lld", (long long)push->run.id);
    push->pass.run = &push->run;
    push->pass.log = &push->log;
    push->pass.lock_fd = push->work.directory.lock_fd;
    push->pass.environment = ssh_session_environment(arena, push->run.id);
    return 0;
}

static void add_counts(struct push_counts *sum, const struct push_counts *counts)
{
    sum->create += counts->create;
    sum->replace += counts->replace;
    sum->attributes += counts->attributes;
    sum->bytes += counts->bytes;
}

/* One pass of a run. 1: done · 0: the run has ended, as it says · -1. */
static int pass(struct push *push, enum push_step step, struct err *err)
{
    struct run *run = &push->run;

    if (push_pass_run(&push->pass, step, err) < 0)
        return -1;
    run_log_printf(&push->log, "rsync ended with exit status %d after %.1f s", push->pass.ended.exit_status,
                   (double)push->pass.ended.duration_ms / 1000.0);
    if (step == PUSH_WRITE) {
        run->stats = push->pass.output.stats;
        run->stats.rsync_exit = push->pass.ended.exit_status;
        run->stats.transfer_ms = push->pass.ended.duration_ms;
    }
    if (step == PUSH_WRITE || step == PUSH_REPAIR)
        add_counts(&push->written, &push->pass.counts);
    if (push_pass_is_done(&push->pass) && (push->pass.output.signs & SIGN_NO_SPACE) == 0)
        return 1;
    run->cause = explain(push, &run->message);
    run->state = push->pass.ended.end == RSYNC_CANCELLED ? RUN_CANCELLED : RUN_FAILED;
    return 0;
}

/* What is not as in the snapshot although it should be: with everything to be replaced all of it; else what is not there. */
static int64_t wrong_of(const struct push *push, const struct push_counts *counts)
{
    return push->request->replace ? counts->create + counts->replace + counts->attributes : counts->create;
}

static int64_t kept_of(const struct push *push, const struct push_counts *counts)
{
    return push->request->replace ? 0 : counts->replace + counts->attributes;
}

static void judge(struct push *push)
{
    struct arena *arena = push->service->arena;
    const struct push_counts *different = &push->different;
    struct run *run = &push->run;
    int64_t wrong = wrong_of(push, different), kept = kept_of(push, different);

    run->cause = CAUSE_NONE;
    run->state = wrong > 0 || kept > 0 ? RUN_PARTIAL : RUN_SUCCESS;
    if (wrong > 0)
        run->message = arena_printf(arena, "%lld entries are not as in the snapshot", (long long)wrong);
    else if (kept > 0)
        run->message =
            arena_printf(arena, "%lld entries stood there, differ and were left alone", (long long)kept);
    else
        run->message =
            arena_printf(arena, "%s:%s is as in the snapshot, by checksum", push->target.host.name, push->to);
}

/* Writes, compares everything with the snapshot, and once more where rsync had thought by size and time that a file was the
 * same. */
static int work(struct push *push, struct err *err)
{
    int going = pass(push, PUSH_WRITE, err);

    if (going > 0)
        going = pass(push, PUSH_VERIFY, err);
    if (going > 0 && wrong_of(push, &push->pass.counts) > 0) {
        going = pass(push, PUSH_REPAIR, err);
        if (going > 0)
            going = pass(push, PUSH_VERIFY, err);
    }
    if (going > 0) {
        push->different = push->pass.counts;
        push->verified = true;
        judge(push);
    }
    return going < 0 ? -1 : 0;
}

json_t *push_result(json_t *key, json_t *plan, json_t *done)
{
    return json_pack("{s:o, s:o, s:o}", "key", key != NULL ? key : json_null(), "plan",
                     plan != NULL ? plan : json_null(), "receipt", done != NULL ? done : json_null());
}

static json_t *receipt(const struct push *push)
{
    const struct push_counts *written = &push->written, *different = &push->different;
    struct arena *arena = push->service->arena;
    json_t *document = head(push);

    json_object_set_new(document, "created", json_integer(written->create));
    json_object_set_new(document, "replaced", json_integer(written->replace));
    json_object_set_new(document, "attributes", json_integer(written->attributes));
    json_object_set_new(document, "kept", json_integer(kept_of(push, different)));
    json_object_set_new(document, "failed", json_integer(wrong_of(push, different)));
    json_object_set_new(document, "bytes", json_integer(written->bytes));
    json_object_set_new(document, "verified", json_boolean(push->verified));
    json_object_set_new(document, "differ", texts(&different->differ));
    json_object_set_new(document, "aside",
                        document_text(written->replace > 0
                                          ? arena_printf(arena, "%s/%s", push->to, push->places.aside)
                                          : NULL));
    return document;
}

/* The key was for one restore; what is not complete goes on with it. */
static void drop_key(struct push *push)
{
    struct service *service = push->service;
    const char *name = push->target.host.name;
    struct err err;
    const char *line;

    if (ssh_key_restore_remove(service->arena, service->environment.home, name, &err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "key.remove", name, NULL,
                        NULL, &err) < 0) {
        log_warning("the key for restores to \"%s\" is still there: %s", name, err.message);
        return;
    }
    line = arena_printf(service->arena,
                        "the key of this restore is gone; remove its line (pobsync-restore@…) from "
                        "authorized_keys on \"%s\"",
                        name);
    run_log_printf(&push->log, "%s", line);
    if (push->request->notice != NULL)
        push->request->notice(push->request->context, line);
}

static void explain_stop(struct push *push)
{
    const struct push_request *request = push->request;
    struct service *service = push->service;
    struct err ignored;
    struct run row;

    if (store_run_load(service->arena, service->db, push->run.id, &row, &ignored) == 0 &&
        row.cancel_at != 0) {
        push->run.cancel_at = row.cancel_at;
        push->run.message = arena_printf(service->arena, "cancelled by %s", row.cancel_by);
    } else if (request->orphaned != NULL && request->orphaned(request->context)) {
        push->run.state = RUN_FAILED;
        push->run.cause = CAUSE_KILLED;
        push->run.message = "the worker that ran it died before the end";
    }
}

static int end_run(struct push *push, struct err *err)
{
    struct run *run = &push->run;
    json_t *result = push_result(NULL, NULL, receipt(push));

    if (run->state == RUN_CANCELLED)
        explain_stop(push);
    if (run->state == RUN_SUCCESS)
        drop_key(push);
    run->result = run_result_text(push->service->arena, result);
    json_decref(result);
    run->ended_at = clock_now();
    run_log_printf(&push->log, "%s: %s", run_state_name(run->state),
                   run->message == NULL ? "" : run->message);
    run_log_flush(&push->log);
    return run_end(push->service, run, err);
}

static int exit_status_of(const struct run *run)
{
    if (run->state == RUN_SUCCESS)
        return 0;
    if (run->state == RUN_PARTIAL)
        return err_exit_status(ERR_PARTIAL);
    return err_exit_status(run->state == RUN_CANCELLED ? ERR_INTERRUPTED : cause_error(run->cause));
}

int service_push(struct service *service, const struct push_request *request, json_t **document,
                 int *exit_status, struct err *err)
{
    PUSH_SCOPED push;
    struct err failure;

    if (push_open(service, request, &push, err) < 0 ||
        host_work_open(service, request->host, arena_printf(service->arena, "restore of %s", request->host),
                       true, request->notice, request->context, &push.work, err) < 0 ||
        begin_run(&push, err) < 0)
        return -1;
    if (work(&push, &failure) < 0) {
        push.run.state = failure.code == ERR_INTERRUPTED ? RUN_CANCELLED : RUN_FAILED;
        push.run.cause = failure.code == ERR_INTERRUPTED ? CAUSE_NONE : CAUSE_CONFIG;
        push.run.message = arena_strdup(service->arena, failure.message);
    }
    if (end_run(&push, err) < 0)
        return -1;
    *exit_status = exit_status_of(&push.run);
    return document_run(service, push.run.id, document, err);
}
