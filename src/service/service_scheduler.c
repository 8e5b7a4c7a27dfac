/* What is due goes into the queue. */
#include "service/service_scheduler.h"

#include <string.h>

#include "base/log.h"
#include "db/transaction.h"
#include "plan/clock_check.h"
#include "plan/schedule_due.h"
#include "service/host_settings.h"
#include "service/run_request.h"
#include "service/schedule_clock.h"
#include "store/store_daemon.h"
#include "store/store_installation.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "store/store_schedule.h"
#include "sys/clock.h"

enum {
    DAY = 86400,
    NIGHT = 3 * 3600 + 1800, /* nightly work is due at 03:30 UTC */
    TROUBLE_SHOWN = DAY,     /* how long a step of the clock is told */
};

struct pass {
    struct service *service;
    int64_t node_id;
    struct effective global;
    struct zone_cache zones;
    struct scheduler_result *result;
};

/* The run of a slot. ERR_EXISTS when it has been enqueued before. */
static int enqueue(struct pass *pass, const struct schedule *schedule, int64_t slot, struct err *err)
{
    struct service *service = pass->service;
    const struct run_request request = {.prune = schedule->prune};
    const struct run run = {
        .host_id = schedule->host_id,
        .host = schedule->host,
        .node_id = schedule->node_id,
        .job = JOB_BACKUP,
        .kind = "scheduled",
        .trigger = "schedule",
        .state = RUN_QUEUED,
        .actor = "scheduler",
        .request = run_request_text(service->arena, &request),
        .requested_at = service->now,
        .due_at = slot,
        .slot_at = slot,
        .retry_until = slot + schedule->grace_seconds,
        .stats = RUN_STATS_UNKNOWN,
    };
    int64_t id;

    if (store_run_insert(service->db, &run, &id, err) < 0)
        return -1;
    pass->result->enqueued++;
    log_info("run %lld: backup of %s is due", (long long)id, schedule->host);
    return 0;
}

/* A scheduled run that still waits stands for this slot as well. 1: there is one. */
static int has_waiting(struct pass *pass, const struct schedule *schedule, struct err *err)
{
    return store_queue_has_slot(pass->service->db, schedule->host_id, err);
}

static int take_slot(struct pass *pass, const struct schedule *schedule, const struct schedule_due *due,
                     struct err *err)
{
    int taken = store_schedule_set_last_slot(pass->service->db, schedule->host_id, schedule->last_slot_at,
                                             due->slot, err);
    int waiting = taken <= 0 ? 0 : has_waiting(pass, schedule, err);

    if (taken <= 0 || waiting != 0)
        return taken < 0 || waiting < 0 ? -1 : 0;
    if (due->missed > 0)
        log_warning("%s: %lld run%s missed; one is made up for", schedule->host, (long long)due->missed,
                    due->missed == 1 ? " was" : "s were");
    pass->result->missed += due->missed;
    if (enqueue(pass, schedule, due->slot, err) < 0 && err->code != ERR_EXISTS)
        return -1;
    return 0;
}

/* A schedule that cannot be read is told, and holds up no other. */
static int look_at(struct pass *pass, const struct schedule *schedule, struct err *err)
{
    struct schedule_clock clock;
    struct schedule_due due;

    pass->result->schedules++;
    if (!schedule->enabled || !schedule->host_enabled || schedule->node_id != pass->node_id)
        return 0;
    if (schedule_clock_load(&pass->zones, &pass->global, schedule, &clock, err) < 0) {
        log_error("the schedule of %s: %s", schedule->host, err->message);
        return 0;
    }
    due = schedule_due_plan(schedule, &clock.cron, clock.zone, pass->service->now);
    if (due.clock_trouble && pass->result->trouble == NULL)
        pass->result->trouble = arena_printf(
            pass->service->arena, "the clock is or was wrong: the last run of %s was due in the future",
            schedule->host);
    return due.slot == 0 ? 0 : take_slot(pass, schedule, &due, err);
}

static int enqueue_maintenance(struct pass *pass, const struct scheduler_pass *before, struct err *err)
{
    struct service *service = pass->service;
    int64_t night = service->now - ((service->now - NIGHT) % DAY + DAY) % DAY;
    const struct run run = {
        .node_id = pass->node_id,
        .job = JOB_MAINTENANCE,
        .trigger = "schedule",
        .state = RUN_QUEUED,
        .actor = "scheduler",
        .requested_at = service->now,
        .stats = RUN_STATS_UNKNOWN,
    };
    int64_t id;
    int taken;

    if (before->maintenance_at >= night && before->maintenance_at <= service->now)
        return 0;
    taken =
        store_pass_take_maintenance(service->db, pass->node_id, before->maintenance_at, service->now, err);
    if (taken <= 0)
        return taken;
    return store_run_insert(service->db, &run, &id, err);
}

static void check_clock(struct pass *pass, const struct scheduler_pass *before, struct scheduler_pass *now)
{
    const struct clock_mark was = {before->passed_at, before->boot_id, before->boot_ms};
    const struct clock_mark is = {now->passed_at, now->boot_id, now->boot_ms};
    const char *step = before->passed_at == 0 ? NULL : clock_check_plan(pass->service->arena, &was, &is);

    if (step != NULL) {
        pass->result->trouble = step;
        log_warning("%s", step);
    }
    if (pass->result->trouble != NULL) {
        now->trouble = pass->result->trouble;
        now->trouble_at = now->passed_at;
    } else if (before->trouble != NULL && now->passed_at - before->trouble_at < TROUBLE_SHOWN) {
        now->trouble = before->trouble;
        now->trouble_at = before->trouble_at;
    }
}

static int look_at_all(struct pass *pass, struct err *err)
{
    struct service *service = pass->service;
    struct schedule *schedules;
    size_t count;

    if (global_settings_load(service, &pass->global, err) < 0 ||
        store_schedule_list(service->arena, service->db, &schedules, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (look_at(pass, &schedules[i], err) < 0)
            return -1;
    return 0;
}

int service_scheduler_pass(struct service *service, struct scheduler_result *result, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct pass pass = {.service = service, .zones = {.arena = service->arena}, .result = result};
    struct scheduler_pass before, now = {.passed_at = service->now, .boot_id = clock_boot_id()};

    *result = (struct scheduler_result){0};
    now.boot_ms = clock_boot_ms();
    if (store_node_load(service->db, service->now, &pass.node_id, err) < 0 ||
        transaction_begin(&transaction, service->db, err) < 0 ||
        store_pass_load(service->arena, service->db, pass.node_id, &before, err) < 0 ||
        look_at_all(&pass, err) < 0)
        return -1;
    check_clock(&pass, &before, &now);
    now.schedules = result->schedules;
    now.enqueued = result->enqueued;
    if (store_pass_save(service->db, pass.node_id, &now, err) < 0 ||
        enqueue_maintenance(&pass, &before, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}
