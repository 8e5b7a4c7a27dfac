/* Retention: the plan, and a run of its own that applies it. */
#include "service/service_retention.h"

#include <string.h>

#include "base/log.h"
#include "db/transaction.h"
#include "service/document.h"
#include "service/prune_run.h"
#include "service/prune_step.h"
#include "service/service_root.h"
#include "sys/clock.h"
#include "sys/fs.h"

/* One plan is a document of its own; those of all kinds are items. */
static json_t *plans_json(const struct prune_step *step)
{
    json_t *items, *document;

    if (step->kind_count == 1)
        return document_retention(step->host->name, step->kinds[0], step->config, &step->plans[0]);
    items = json_array();
    for (size_t i = 0; i < step->kind_count; i++)
        json_array_append_new(
            items, document_retention(step->host->name, step->kinds[i], step->config, &step->plans[i]));
    document = json_object();
    json_object_set_new(document, "items", items);
    return document;
}

/* The policy with what a simulation puts in its place. */
static struct config simulated(const struct config *policy, const struct config *what_if)
{
    struct config result = *policy;

    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];

        if (!config_is_set(what_if, field))
            continue;
        if (field->type == FIELD_INT)
            memcpy(field_member(field, &result), field_value(field, what_if), sizeof(int64_t));
        else if (field->type == FIELD_BOOL)
            memcpy(field_member(field, &result), field_value(field, what_if), sizeof(bool));
    }
    return result;
}

int service_retention_plan(struct service *service, const char *host, const char *kind,
                           const struct config *what_if, json_t **document, struct err *err)
{
    struct host_settings settings;
    struct config policy;
    struct prune_step step = {.service = service, .now = service->now};

    if (prune_step_kinds(&step, kind, err) < 0 || host_settings_load(service, host, &settings, err) < 0)
        return -1;
    policy = what_if == NULL ? *settings.config : simulated(settings.config, what_if);
    step.host = &settings.host;
    step.config = &policy;
    if (prune_step_plan(&step, err) < 0)
        return -1;
    *document = plans_json(&step);
    return 0;
}

/* Row, plan and marks in one transaction: a prune that is refused leaves nothing. */
static int mark(struct prune_run *run, struct prune_step *step, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, run->service->db, err) < 0 ||
        prune_run_begin(run, step->host, err) < 0)
        return -1;
    step->run = run->run.id;
    if (prune_step_mark(step, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

static int refuse_unconfirmed(struct prune_step *step, struct err *err)
{
    size_t count = 0;

    if (prune_step_plan(step, err) < 0)
        return -1;
    for (size_t i = 0; i < step->kind_count; i++)
        count += step->plans[i].delete.count;
    if (count == 0)
        return 0;
    err_set(err, ERR_REFUSED, "%zu snapshot%s of \"%s\" would be deleted, and nobody has confirmed that",
            count, count == 1 ? "" : "s", step->host->name);
    return err_hint(err, "look at the plan, then add --yes: pobsync retention %s --apply --yes",
                    step->host->name);
}

static int apply(const struct retention_request *request, struct prune_run *run, struct prune_step *step,
                 struct host_work *work, int *exit_status, struct err *err)
{
    struct service *service = run->service;
    const char *what = arena_printf(service->arena, "prune of %s", request->host);
    const char *message = "nothing to delete";

    if (host_work_open(service, request->host, what, false, request->notice, request->context, work, err) < 0)
        return -1;
    step->host = &work->settings.host;
    step->config = work->settings.config;
    step->directory = &work->directory;
    if ((!request->confirmed && refuse_unconfirmed(step, err) < 0) || mark(run, step, err) < 0)
        return -1;
    prune_run_tell(run, step->doomed, step->doomed_count);
    if (step->doomed_count > 0)
        message = arena_printf(service->arena, "deleted %zu of %zu snapshots", step->doomed_count,
                               step->doomed_count + step->plans[0].keep.count +
                                   (step->kind_count > 1 ? step->plans[1].keep.count : 0));
    if (prune_run_carry_out(run, work, (int64_t)step->doomed_count, message, err) < 0) {
        run->recorded = false; /* it has ended */
        return -1;
    }
    *exit_status = request->leaves_trash ? 0 : prune_run_empty(run, work);
    return 0;
}

int service_retention_apply(struct service *service, const struct retention_request *request,
                            json_t **document, int *exit_status, struct err *err)
{
    PRUNE_RUN_SCOPED run;
    HOST_WORK_SCOPED work = HOST_WORK_CLOSED;
    struct prune_step step = {
        .service = service,
        .max_delete = request->max_delete,
        .unasked = request->unasked,
        .now = clock_now(),
    };
    json_t *told;

    prune_run_init(&run, service, request->host, JOB_PRUNE, request->trigger);
    run.notice = request->notice;
    run.context = request->context;
    if (request->claimed != NULL)
        prune_run_take(&run, request->claimed);
    if (prune_step_kinds(&step, request->kind, err) < 0)
        return prune_run_fail(&run, err);
    run.run.kind = step.kind_count == 1 ? snapshot_kind_name(step.kinds[0]) : NULL;
    step.plan_ids[0] = request->plan_id;
    step.plan_ids[1] = request->manual_id;
    if (apply(request, &run, &step, &work, exit_status, err) < 0)
        return err->code == ERR_BUSY ? -1 : prune_run_fail(&run, err);
    *document = plans_json(&step);
    if (document_run(service, run.run.id, &told, err) < 0) {
        json_decref(*document);
        return -1;
    }
    json_object_set_new(*document, "run", told);
    return 0;
}

int service_trash_empty(struct service *service, const char *host, struct err *err)
{
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    FD_SCOPED root_fd = -1;
    struct host_settings settings;
    struct root_report report;
    struct purge_report purge;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        service_root_open(service, settings.config->backup_root, &report, &root_fd, err) < 0)
        return -1;
    if (root_fd < 0)
        return root_refuse(&report, err);
    if (host_directory_open(service->arena, root_fd, settings.config->backup_root, settings.host.name, false,
                            &directory, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    return purge_empty(service, &settings.host, &directory, false, &purge, err);
}
