/* The health of hosts. */
#include "service/host_health.h"

#include <errno.h>
#include <string.h>

#include "service/host_settings.h"
#include "service/schedule_clock.h"
#include "service/service_root.h"
#include "store/store_health.h"
#include "store/store_host.h"
#include "store/store_schedule.h"

enum { HOUR = 3600, RUNS = 8, RUNS_DEEP = 200, INTERVALS = 3 };

/* Everything that was loaded for all hosts; rows are in the order of the hosts' ids. */
struct facts {
    struct service *service;
    struct effective global;
    struct zone_cache zones;
    int root_fd;
    const char *root_trouble; /* a sentence; NULL: the root can be read */
    struct run *backups, *open_runs;
    struct snapshot *good, *held;
    struct schedule *schedules; /* by name of the host */
    size_t backup_count, open_count, good_count, held_count, schedule_count;
};

static int load_facts(struct facts *facts, int64_t host_id, struct err *err)
{
    struct service *service = facts->service;
    struct arena *arena = service->arena;
    struct db *db = service->db;

    facts->zones.arena = arena;
    return global_settings_load(service, &facts->global, err) < 0 ||
                   store_health_backups(arena, db, host_id, RUNS, &facts->backups, &facts->backup_count,
                                        err) < 0 ||
                   store_health_open_runs(arena, db, host_id, &facts->open_runs, &facts->open_count, err) <
                       0 ||
                   store_health_last_good(arena, db, host_id, &facts->good, &facts->good_count, err) < 0 ||
                   store_health_held(arena, db, host_id, &facts->held, &facts->held_count, err) < 0 ||
                   store_schedule_list(arena, db, &facts->schedules, &facts->schedule_count, err) < 0
               ? -1
               : 0;
}

static int look_at_root(struct facts *facts, struct root_report *report, struct err *err)
{
    if (service_root_open(facts->service, facts->global.config.backup_root, report, &facts->root_fd, err) < 0)
        return -1;
    if (report->state != ROOT_OK)
        facts->root_trouble = report->found;
    return 0;
}

/* The first of `count` rows, of `size` bytes each with the host's id at `offset`, that is of this host or a later one. */
static size_t first_of(const void *rows, size_t count, size_t size, size_t offset, int64_t host_id)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t its;

        memcpy(&its, (const char *)rows + middle * size + offset, sizeof its);
        if (its < host_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct snapshot *snapshot_of(const struct snapshot *snapshots, size_t count, int64_t host_id)
{
    size_t i = first_of(snapshots, count, sizeof *snapshots, offsetof(struct snapshot, host_id), host_id);

    return i < count && snapshots[i].host_id == host_id ? &snapshots[i] : NULL;
}

/* The rows of one host in such a list of runs. */
static const struct run *runs_of(const struct run *runs, size_t count, int64_t host_id, size_t *own)
{
    size_t first = first_of(runs, count, sizeof *runs, offsetof(struct run, host_id), host_id);

    for (*own = 0; first + *own < count && runs[first + *own].host_id == host_id;)
        ++*own;
    return *own == 0 ? NULL : &runs[first];
}

static bool is_bad(const struct run *run)
{
    return run->state == RUN_FAILED || run->state == RUN_PARTIAL || run->state == RUN_WARNING;
}

/* Whether the streak may have begun before the runs that were loaded. */
static bool lasts_longer(const struct run *runs, size_t count)
{
    if (count < RUNS)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_bad(&runs[i]))
            return false;
    return true;
}

/* Backups and what has not ended, newest first, each once. */
static const struct run *merge(struct arena *arena, const struct run *backups, size_t backup_count,
                               const struct run *open_runs, size_t open_count, size_t *count)
{
    struct run *runs = arena_alloc(arena, (backup_count + open_count + 1) * sizeof *runs);
    size_t backup = 0, open = 0;

    for (*count = 0; backup < backup_count || open < open_count; ++*count) {
        int64_t one = backup < backup_count ? backups[backup].id : 0;
        int64_t other = open < open_count ? open_runs[open].id : 0;

        runs[*count] = one >= other ? backups[backup] : open_runs[open];
        backup += one >= other;
        open += other >= one;
    }
    return runs;
}

static int load_runs(struct facts *facts, struct host_health *health, const struct run **runs, size_t *count,
                     struct err *err)
{
    struct service *service = facts->service;
    int64_t id = health->host->id;
    size_t backup_count, open_count;
    const struct run *backups = runs_of(facts->backups, facts->backup_count, id, &backup_count);
    const struct run *open_runs = runs_of(facts->open_runs, facts->open_count, id, &open_count);

    if (lasts_longer(backups, backup_count)) {
        struct run *deep;

        if (store_health_backups(service->arena, service->db, id, RUNS_DEEP, &deep, &backup_count, err) < 0)
            return -1;
        backups = deep;
    }
    health->last_run = backups;
    *runs = merge(service->arena, backups, backup_count, open_runs, open_count, count);
    return 0;
}

static const struct schedule *schedule_of(const struct facts *facts, const char *host)
{
    size_t low = 0, high = facts->schedule_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(facts->schedules[middle].host, host);

        if (order == 0)
            return &facts->schedules[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* What the schedule says, if anybody follows it. */
static void add_schedule(struct facts *facts, struct host_health *health, struct health_facts *plan)
{
    const struct schedule *schedule = schedule_of(facts, health->host->name);
    struct schedule_clock clock;
    struct err why;

    health->schedule = schedule;
    if (schedule == NULL || !schedule->enabled)
        return;
    if (schedule_clock_load(&facts->zones, &facts->global, schedule, &clock, &why) < 0) {
        plan->unreadable =
            arena_printf(facts->service->arena, "the schedule cannot be followed: %s", why.message);
        return;
    }
    plan->grace_seconds = schedule->grace_seconds;
    plan->due_at = health_due(plan->runs, plan->run_count, &clock.cron, clock.zone, schedule->changed_at);
    if (plan->max_age_seconds == 0)
        plan->max_age_seconds = INTERVALS * health_interval(&clock.cron, clock.zone, plan->now);
    if (!health->enabled || !cron_next(&clock.cron, clock.zone, plan->now, &health->next_at))
        health->next_at = 0;
}

/* A host that has good snapshots has a directory that can be opened. */
static const char *directory_trouble(const struct facts *facts, const struct host_health *health)
{
    struct arena *arena = facts->service->arena;
    FD_SCOPED fd = -1;
    struct err why;

    if (health->last_good == NULL || facts->root_fd < 0)
        return NULL;
    fd = fs_open_dir(facts->root_fd, health->host->name, true, &why);
    if (fd >= 0)
        return NULL;
    if (errno == ENOENT)
        return arena_printf(arena, "the host directory \"%s/%s\" is missing",
                            facts->global.config.backup_root, health->host->name);
    return arena_printf(arena, "the host directory cannot be read: %s", why.message);
}

/* A run that failed because of the root, as long as the root is lost, says the same once more. */
static bool is_by_root(const struct facts *facts, const struct host_health *health)
{
    const struct run *last = health->last_run;

    if (facts->root_trouble == NULL || !health->enabled)
        return false;
    return health->report.reason == facts->root_trouble ||
           (health->report.health == HEALTH_FAILED && last != NULL &&
            (last->cause == CAUSE_ROOT_MISSING || last->cause == CAUSE_ROOT_WRONG));
}

/* The host's own value or the one of all: of the few settings that health needs, without making all of them. */
static const void *setting_of(const struct facts *facts, const struct host *host, const char *name)
{
    const struct field *field = config_field(name);
    bool own = config_is_set(&host->config, field);

    return field_value(field, own ? &host->config : &facts->global.config);
}

/* When it was made. One whose time nobody knows is as old as can be, and not "none". */
static int64_t time_of(const struct snapshot *snapshot)
{
    if (snapshot->started_at != 0)
        return snapshot->started_at;
    return snapshot->ended_at != 0 ? snapshot->ended_at : 1;
}

static int judge(struct facts *facts, const struct host *host, struct host_health *health, struct err *err)
{
    struct service *service = facts->service;
    struct health_facts plan = {.now = service->now, .created_at = host->created_at};

    *health = (struct host_health){.host = host,
                                   .enabled = *(const bool *)setting_of(facts, host, "enabled"),
                                   .last_good = snapshot_of(facts->good, facts->good_count, host->id)};
    if (load_runs(facts, health, &plan.runs, &plan.run_count, err) < 0)
        return -1;
    plan.enabled = health->enabled;
    plan.last_good_at = health->last_good == NULL ? 0 : time_of(health->last_good);
    plan.held = snapshot_of(facts->held, facts->held_count, host->id);
    plan.max_age_seconds = *(const int64_t *)setting_of(facts, host, "max_age_hours") * HOUR;
    add_schedule(facts, health, &plan);
    if (facts->root_trouble != NULL)
        plan.unreadable = facts->root_trouble;
    else if (plan.unreadable == NULL)
        plan.unreadable = directory_trouble(facts, health);
    health->report = health_plan(service->arena, &plan);
    health->activity = health_activity(plan.runs, plan.run_count);
    health->attention = health_needs_attention(&health->report, service->now);
    health->by_root = is_by_root(facts, health);
    return 0;
}

static int load_hosts(struct service *service, const char *name, struct host **hosts, size_t *count,
                      struct err *err)
{
    if (name == NULL)
        return store_host_list(service->arena, service->db, hosts, count, err);
    *hosts = arena_alloc(service->arena, sizeof **hosts);
    *count = 1;
    return store_host_load(service->arena, service->db, name, *hosts, err);
}

int host_health_load(struct service *service, const char *name, struct host_health_list *list,
                     struct err *err)
{
    struct facts facts = {.service = service, .root_fd = -1};
    struct host *hosts;
    int result = 0;

    *list = (struct host_health_list){0};
    if (load_hosts(service, name, &hosts, &list->count, err) < 0 ||
        load_facts(&facts, name == NULL ? 0 : hosts[0].id, err) < 0 ||
        look_at_root(&facts, &list->root, err) < 0)
        return -1;
    list->hosts = arena_alloc(service->arena, (list->count + 1) * sizeof *list->hosts);
    for (size_t i = 0; result == 0 && i < list->count; i++)
        result = judge(&facts, &hosts[i], &list->hosts[i], err);
    fs_close(&facts.root_fd);
    return result;
}
