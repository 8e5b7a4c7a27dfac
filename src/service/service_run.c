/* From a claimed row to the use case that does its work. */
#include "service/service_run.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "service/discover_run.h"
#include "service/host_settings.h"
#include "service/run_end.h"
#include "service/run_request.h"
#include "service/service_backup.h"
#include "service/service_delete.h"
#include "service/service_key.h"
#include "service/service_maintenance.h"
#include "service/service_notification.h"
#include "service/service_push.h"
#include "service/service_retention.h"
#include "service/service_space.h"
#include "service/setup_run.h"
#include "store/store_run.h"
#include "sys/clock.h"
#include "sys/stop.h"

/* What the work of a job needs. */
struct execution {
    struct service *service;
    struct run run;
    bool (*orphaned)(void *context);
    void *context;
};

static enum cause cause_of(enum err_code code)
{
    switch (code) {
    case ERR_ROOT:
        return CAUSE_ROOT_MISSING;
    case ERR_IO:
        return CAUSE_IO_ERROR;
    case ERR_BUSY:
        return CAUSE_BUSY;
    case ERR_USAGE:
    case ERR_INVALID:
    case ERR_NOT_FOUND:
    case ERR_CHANGED:
    case ERR_REFUSED:
        return CAUSE_CONFIG;
    case ERR_UNREACHABLE:
        return CAUSE_HOST_UNREACHABLE;
    case ERR_NONE:
    case ERR_INTERNAL:
    case ERR_FAILED:
    case ERR_DATABASE:
    case ERR_SCHEMA:
    case ERR_EXISTS:
    case ERR_PARTIAL:
    case ERR_NOT_ALLOWED:
    case ERR_ATTENTION:
    case ERR_INTERRUPTED:
    case ERR__MAX:
        break;
    }
    return CAUSE_INTERNAL;
}

static int end_as(struct execution *execution, enum run_state state, enum cause cause, const char *message,
                  struct err *err)
{
    struct run *run = &execution->run;

    run->state = state;
    run->cause = cause;
    run->message = message;
    run->ended_at = clock_now();
    return run_end(execution->service, run, err);
}

/* The work could not be done, and its row still runs. */
static int end_failed(struct execution *execution, const struct err *failure, struct err *err)
{
    const char *message = arena_strdup(execution->service->arena, failure->message);

    if (failure->code == ERR_INTERRUPTED && execution->orphaned != NULL &&
        execution->orphaned(execution->context))
        return end_as(execution, RUN_FAILED, CAUSE_KILLED, "the worker that ran it died before the end", err);
    if (failure->code == ERR_INTERRUPTED)
        return end_as(execution, RUN_CANCELLED, CAUSE_NONE, message, err);
    return end_as(execution, RUN_FAILED, cause_of(failure->code), message, err);
}

static int run_backup(struct execution *execution, struct err *err)
{
    const struct run *run = &execution->run;
    struct run_request wish;
    struct backup_request request = {
        .host = run->host,
        .manual = run->kind != NULL && strcmp(run->kind, "manual") == 0,
        .dry_run = run->job == JOB_DRY_RUN,
        .trigger = run->trigger,
        .claimed = run,
        .orphaned = execution->orphaned,
        .context = execution->context,
    };
    json_t *document = NULL;
    int exit_status, result;

    if (run_request_parse(execution->service->arena, run->request, &wish, err) < 0)
        return -1;
    request.prune = wish.prune;
    result = service_backup(execution->service, &request, &document, &exit_status, err);
    json_decref(document);
    return result;
}

/* The red stage of a connection test, as the run's message. */
static const char *first_failure(struct arena *arena, const json_t *document)
{
    const json_t *stages = json_object_get(document, "stages");

    for (size_t i = 0; i < json_array_size(stages); i++) {
        const json_t *stage = json_array_get(stages, i);
        const char *level = json_string_value(json_object_get(stage, "level"));

        if (level != NULL && strcmp(level, "failed") == 0)
            return arena_printf(arena, "%s: %s", json_string_value(json_object_get(stage, "stage")),
                                json_string_value(json_object_get(stage, "found")));
    }
    return "every stage passed";
}

static int run_test(struct execution *execution, struct err *err)
{
    json_t *document = NULL;
    const char *message;
    bool ok;
    enum cause cause;

    if (service_connection_test(execution->service, execution->run.host, NULL, NULL, &document, err) < 0)
        return -1;
    ok = json_is_true(json_object_get(document, "ok"));
    cause = ok ? CAUSE_NONE : cause_parse(json_string_value(json_object_get(document, "cause")));
    message = first_failure(execution->service->arena, document);
    execution->run.result = run_result_text(execution->service->arena, document);
    json_decref(document);
    return end_as(execution, ok ? RUN_SUCCESS : RUN_FAILED, cause == CAUSE__MAX ? CAUSE_INTERNAL : cause,
                  message, err);
}

static int run_prune(struct execution *execution, struct err *err)
{
    const struct run *run = &execution->run;
    struct run_request wish;
    struct retention_request request = {
        .host = run->host,
        .kind = run->kind == NULL ? "all" : run->kind,
        .confirmed = true,
        .unasked = strcmp(run->trigger, "schedule") == 0,
        .trigger = run->trigger,
        .claimed = run,
    };
    json_t *document = NULL;
    int exit_status, result;

    if (run_request_parse(execution->service->arena, run->request, &wish, err) < 0)
        return -1;
    request.max_delete = wish.has_limit ? wish.max_delete : -1;
    request.plan_id = wish.plan;
    request.manual_id = wish.manual_plan;
    result = service_retention_apply(execution->service, &request, &document, &exit_status, err);
    json_decref(document);
    return result;
}

static int run_deletion(struct execution *execution, struct err *err)
{
    const struct run *run = &execution->run;
    struct run_request wish;
    struct deletion_request request = {
        .host = run->host,
        .confirmed = true,
        .trigger = run->trigger,
        .claimed = run,
    };
    json_t *document = NULL;
    int exit_status, result;

    if (run_request_parse(execution->service->arena, run->request, &wish, err) < 0)
        return -1;
    request.snapshot = wish.snapshot;
    request.reason = wish.reason;
    request.plan = wish.plan;
    result = wish.snapshot == NULL
                 ? service_incomplete_clean(execution->service, &request, &document, &exit_status, err)
                 : service_snapshot_delete(execution->service, &request, &document, &exit_status, err);
    json_decref(document);
    return result;
}

static int run_discovery(struct execution *execution, struct err *err)
{
    struct run *run = &execution->run;

    if (discover_run(execution->service, run, err) < 0)
        return -1;
    return end_as(execution, run->state, run->cause, run->message, err);
}

static int run_setup(struct execution *execution, struct err *err)
{
    struct run *run = &execution->run;

    if (setup_run(execution->service, run, err) < 0)
        return -1;
    return end_as(execution, run->state, run->cause, run->message, err);
}

/* What the host says to a restore, with the line of the key that it takes: who asks through a page has no other way to
 * either. A host that does not let the key in yet is told from the rest, and the line is there. */
static int plan_restore(struct execution *execution, const struct push_request *request, struct err *err)
{
    struct service *service = execution->service;
    const char *host = request->to_host != NULL ? request->to_host : request->host;
    json_t *key, *plan = NULL, *result;
    enum cause cause;
    struct err failure;
    bool done;

    if (service_key_line(service, host, "restore", &key, err) < 0)
        return -1;
    done = service_push_plan(service, request, &plan, &cause, &failure) == 0;
    result = push_result(key, plan, NULL);
    execution->run.result = run_result_text(service->arena, result);
    json_decref(result);
    if (!done && failure.code == ERR_INTERRUPTED)
        return end_as(execution, RUN_CANCELLED, CAUSE_NONE, arena_strdup(service->arena, failure.message),
                      err);
    return end_as(execution, done ? RUN_SUCCESS : RUN_FAILED,
                  done || cause != CAUSE_NONE ? cause : cause_of(failure.code),
                  done ? "planned; nothing was written" : arena_strdup(service->arena, failure.message), err);
}

static int run_restore(struct execution *execution, struct err *err)
{
    const struct run *run = &execution->run;
    struct run_request wish;
    struct push_request request = {
        .host = run->host,
        .trigger = run->trigger,
        .claimed = run,
        .orphaned = execution->orphaned,
        .context = execution->context,
    };
    json_t *document = NULL;
    int exit_status, result;

    if (run_request_parse(execution->service->arena, run->request, &wish, err) < 0)
        return -1;
    if (wish.snapshot == NULL || wish.path == NULL || (wish.to == NULL && !wish.plan_only))
        return err_set(err, ERR_INVALID, "the run does not say what is restored, and where to");
    request.snapshot = wish.snapshot;
    request.path = wish.path;
    request.to_host = wish.to_host;
    request.to = wish.to;
    request.replace = wish.replace;
    if (wish.plan_only)
        return plan_restore(execution, &request, err);
    result = service_push(execution->service, &request, &document, &exit_status, err);
    json_decref(document);
    return result;
}

static int run_notification_test(struct execution *execution, struct err *err)
{
    json_t *document = NULL;
    const char *message;
    bool ok;

    if (service_notification_test(execution->service, NULL, NULL, &document, err) < 0)
        return -1;
    ok = json_is_true(json_object_get(document, "ok"));
    message = first_failure(execution->service->arena, document);
    execution->run.result = run_result_text(execution->service->arena, document);
    json_decref(document);
    return end_as(execution, ok ? RUN_SUCCESS : RUN_FAILED, ok ? CAUSE_NONE : CAUSE_CONFIG, message, err);
}

/* The figures are recorded with the host; what a chosen set would free is the result of this run alone. */
static int run_space(struct execution *execution, struct err *err)
{
    struct service *service = execution->service;
    struct list chosen = {0};
    struct run_request wish;
    json_t *document, *result;
    const char *message;
    bool whole;

    if (run_request_parse(service->arena, execution->run.request, &wish, err) < 0)
        return -1;
    if (wish.chosen != NULL)
        list_add_lines(service->arena, &chosen, wish.chosen);
    if (service_space_measure(service, execution->run.host, &chosen, &document, err) < 0)
        return -1;
    result = json_pack("{s:O, s:O, s:O, s:O, s:O}", "bytes", json_object_get(document, "bytes"), "sum_bytes",
                       json_object_get(document, "sum_bytes"), "chosen", json_object_get(document, "chosen"),
                       "freed_bytes", json_object_get(document, "freed_bytes"), "unread",
                       json_object_get(document, "unread"));
    whole = json_array_size(json_object_get(document, "unread")) == 0;
    message = arena_printf(service->arena, "%zu snapshot%s take %s%s",
                           json_array_size(json_object_get(document, "items")),
                           json_array_size(json_object_get(document, "items")) == 1 ? "" : "s",
                           text_bytes(service->arena, json_integer_value(json_object_get(document, "bytes"))),
                           whole ? "" : "; some could not be looked at, so this is too low");
    execution->run.result = run_result_text(service->arena, result);
    json_decref(result);
    json_decref(document);
    return end_as(execution, whole ? RUN_SUCCESS : RUN_WARNING, CAUSE_NONE, message, err);
}

static int run_maintenance(struct execution *execution, struct err *err)
{
    struct maintenance maintenance;

    service_maintenance(execution->service, &maintenance);
    return end_as(execution, maintenance.state, maintenance.cause, maintenance.message, err);
}

static int execute(struct execution *execution, struct err *err)
{
    switch (execution->run.job) {
    case JOB_BACKUP:
    case JOB_DRY_RUN:
        return run_backup(execution, err);
    case JOB_TEST:
        return run_test(execution, err);
    case JOB_PRUNE:
        return run_prune(execution, err);
    case JOB_DELETE:
        return run_deletion(execution, err);
    case JOB_MAINTENANCE:
        return run_maintenance(execution, err);
    case JOB_DISCOVER:
        return run_discovery(execution, err);
    case JOB_ROOT:
    case JOB_KEY:
    case JOB_HOST_KEY:
        return run_setup(execution, err);
    case JOB_RESTORE:
        return run_restore(execution, err);
    case JOB_NOTIFY:
        return run_notification_test(execution, err);
    case JOB_SPACE:
        return run_space(execution, err);
    case JOB__MAX:
        break;
    }
    return err_set(err, ERR_INTERNAL, "no work is known for the job \"%s\"", job_name(execution->run.job));
}

/* What nobody asked for in person does not run on a host that was paused meanwhile. 1: paused. */
static int is_paused(struct execution *execution, struct err *err)
{
    const struct run *run = &execution->run;
    struct host_settings settings;

    if (run->host == NULL || (strcmp(run->trigger, "schedule") != 0 && strcmp(run->trigger, "retry") != 0))
        return 0;
    if (host_settings_load(execution->service, run->host, &settings, err) < 0)
        return -1;
    return !settings.config->enabled;
}

int service_run_execute(struct service *service, int64_t id, int64_t token, bool (*orphaned)(void *context),
                        void *context, struct err *err)
{
    struct execution execution = {.service = service, .orphaned = orphaned, .context = context};
    struct err failure;
    struct run now;
    int paused;

    if (store_run_load(service->arena, service->db, id, &execution.run, err) < 0)
        return -1;
    if (execution.run.state != RUN_RUNNING || execution.run.token != token)
        return err_set(err, ERR_REFUSED, "run %lld is not ours to do", (long long)id);
    service->actor = execution.run.actor;
    service->origin = execution.run.trigger;
    paused = is_paused(&execution, &failure);
    if (paused > 0) {
        /* Asked for by who paused it, as it were: it is not repeated. */
        execution.run.cancel_at = service->now;
        return end_as(&execution, RUN_CANCELLED, CAUSE_NONE, "the host is paused", err);
    }
    if (paused == 0 && execute(&execution, &failure) == 0)
        return 0;
    if (store_run_load(service->arena, service->db, id, &now, err) < 0)
        return -1;
    if (run_has_ended(now.state)) {
        log_warning("run %lld: %s", (long long)id, failure.message);
        return 0;
    }
    return end_failed(&execution, &failure, err);
}
