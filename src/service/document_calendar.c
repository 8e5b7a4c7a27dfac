/* Calendars as documents. */
#include "service/document_calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "plan/calendar.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "service/schedule_clock.h"
#include "service/service_retention.h"
#include "store/store_health.h"
#include "store/store_host.h"
#include "store/store_schedule.h"
#include "store/store_snapshot.h"

enum { WEEK = 7, CALENDAR_DAYS = CALENDAR_WEEKS * WEEK, DAY_SECONDS = 86400 };

/* What days are told from, beside the runs. */
struct almanac {
    struct service *service;
    struct effective global;
    struct zone_cache zones;
    struct run_start *starts; /* by id of the host */
    size_t start_count;
};

static int load_almanac(struct almanac *almanac, struct err *err)
{
    almanac->zones.arena = almanac->service->arena;
    return global_settings_load(almanac->service, &almanac->global, err);
}

static int by_host(const void *one, const void *other)
{
    const struct run_start *a = one, *b = other;

    return a->host_id < b->host_id ? -1 : a->host_id > b->host_id;
}

static int load_starts(struct almanac *almanac, int64_t host_id, int64_t since, struct err *err)
{
    if (store_health_starts(almanac->service->arena, almanac->service->db, host_id, since, &almanac->starts,
                            &almanac->start_count, err) < 0)
        return -1;
    if (host_id == 0 && almanac->start_count > 0)
        qsort(almanac->starts, almanac->start_count, sizeof *almanac->starts, by_host);
    return 0;
}

/* Those of one host; the rows are asked for in the order of the hosts' ids or not, both is fine. */
static void starts_of(const struct almanac *almanac, int64_t host_id, struct calendar_facts *facts)
{
    size_t low = 0, high = almanac->start_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (almanac->starts[middle].host_id < host_id)
            low = middle + 1;
        else
            high = middle;
    }
    facts->runs = low < almanac->start_count ? &almanac->starts[low] : NULL;
    for (facts->run_count = 0; low + facts->run_count < almanac->start_count &&
                               almanac->starts[low + facts->run_count].host_id == host_id;)
        facts->run_count++;
}

static bool is_enabled(const struct almanac *almanac, const struct host *host)
{
    const struct field *field = config_field("enabled");
    bool own = config_is_set(&host->config, field);

    return *(const bool *)field_value(field, own ? &host->config : &almanac->global.config);
}

/* The zone of the host without a schedule; UTC where that cannot be read, for then nothing can. */
static const struct zone *zone_of(struct almanac *almanac, const struct host *host)
{
    const char *name = config_is_set(&host->config, config_field("timezone"))
                           ? host->config.timezone
                           : almanac->global.config.timezone;
    const struct zone *zone;
    struct err ignored;

    return zone_cache_load(&almanac->zones, name, &zone, &ignored) < 0 ? &zone_universal : zone;
}

/* What is expected of the host, and in which zone. `schedule` NULL: none; `clock` holds the expression. */
static struct calendar_facts facts_of(struct almanac *almanac, const struct host *host,
                                      const struct schedule *schedule, struct schedule_clock *clock)
{
    struct calendar_facts facts = {.now = almanac->service->now, .created_at = host->created_at};
    struct err ignored;

    starts_of(almanac, host->id, &facts);
    if (schedule == NULL ||
        schedule_clock_load(&almanac->zones, &almanac->global, schedule, clock, &ignored) < 0) {
        facts.zone = zone_of(almanac, host);
        return facts;
    }
    facts.zone = clock->zone;
    facts.cron = schedule->enabled && is_enabled(almanac, host) ? &clock->cron : NULL;
    facts.scheduled_since = schedule->changed_at;
    facts.grace_seconds = schedule->grace_seconds;
    return facts;
}

static const char *date_text(struct arena *arena, const struct calendar_day *day)
{
    return arena_printf(arena, "%04lld-%02d-%02d", (long long)day->date.year, day->date.month, day->date.day);
}

/* --- a month of all hosts --------------------------------------------------------------------------------------- */

/* The days of a zone, laid out once for all hosts of it. */
struct layout {
    struct layout *next;
    const struct zone *zone;
    struct calendar_day days[STRIP_DAYS];
};

static const struct layout *layout_of(struct almanac *almanac, const struct zone *zone,
                                      struct layout **layouts)
{
    struct layout *layout = *layouts;

    while (layout != NULL && layout->zone != zone)
        layout = layout->next;
    if (layout != NULL)
        return layout;
    layout = arena_alloc(almanac->service->arena, sizeof *layout);
    layout->next = *layouts;
    layout->zone = zone;
    calendar_lay_out(zone, almanac->service->now, layout->days, STRIP_DAYS);
    return *layouts = layout;
}

static json_t *strip_item(struct arena *arena, const struct host *host, const struct calendar_day *days,
                          json_t *const words[DAY__MAX])
{
    json_t *item = json_object(), *results = json_array();

    for (size_t i = 0; i < STRIP_DAYS; i++)
        json_array_append(results, words[days[i].worst]);
    json_object_set_new(item, "host", document_text(host->name));
    json_object_set_new(item, "to", json_string(date_text(arena, &days[STRIP_DAYS - 1])));
    json_object_set_new(item, "days", results);
    return item;
}

/* Hosts and schedules come by name: each schedule is found behind the one before. */
static json_t *strip_items(struct almanac *almanac, const struct host *hosts, size_t host_count,
                           const struct schedule *schedules, size_t schedule_count)
{
    json_t *items = json_array(), *words[DAY__MAX];
    struct layout *layouts = NULL;
    size_t next = 0;

    for (enum day_result result = 0; result < DAY__MAX; result++)
        words[result] = json_string(day_result_name(result));
    for (size_t i = 0; i < host_count; i++) {
        struct calendar_day days[STRIP_DAYS];
        struct schedule_clock clock;
        struct calendar_facts facts;
        bool has_schedule;

        while (next < schedule_count && strcmp(schedules[next].host, hosts[i].name) < 0)
            next++;
        has_schedule = next < schedule_count && strcmp(schedules[next].host, hosts[i].name) == 0;
        facts = facts_of(almanac, &hosts[i], has_schedule ? &schedules[next] : NULL, &clock);
        memcpy(days, layout_of(almanac, facts.zone, &layouts)->days, sizeof days);
        calendar_fill(days, STRIP_DAYS, &facts);
        json_array_append_new(items, strip_item(almanac->service->arena, &hosts[i], days, words));
    }
    for (enum day_result result = 0; result < DAY__MAX; result++)
        json_decref(words[result]);
    return items;
}

int document_strips(struct service *service, json_t **document, struct err *err)
{
    struct almanac almanac = {.service = service};
    struct host *hosts;
    struct schedule *schedules;
    size_t host_count, schedule_count;

    /* A day more than there are: no zone is that far from another. */
    if (load_almanac(&almanac, err) < 0 ||
        load_starts(&almanac, 0, service->now - (int64_t)(STRIP_DAYS + 1) * DAY_SECONDS, err) < 0 ||
        store_host_list(service->arena, service->db, &hosts, &host_count, err) < 0 ||
        store_schedule_list(service->arena, service->db, &schedules, &schedule_count, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "items",
                        strip_items(&almanac, hosts, host_count, schedules, schedule_count));
    return 0;
}

/* --- a year of one ---------------------------------------------------------------------------------------------- */

/* What was made on a day, and what retention says of it. */
struct day_snapshots {
    int kinds[KIND__MAX];
    int keep, delete;
};

static void count_planned(const json_t *items, const struct calendar_day *days, size_t count,
                          struct day_snapshots *snapshots, bool is_kept)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(items, i), "started_at"));
        struct err ignored;
        int64_t when;
        size_t day;

        if (text == NULL || when_parse_rfc3339(text, &when, &ignored) < 0)
            continue;
        day = calendar_find(days, count, when);
        if (day < count)
            ++*(is_kept ? &snapshots[day].keep : &snapshots[day].delete);
    }
}

static int add_plan(struct service *service, const char *host, const struct calendar_day *days, size_t count,
                    struct day_snapshots *snapshots, struct err *err)
{
    json_t *plans, *items;

    if (service_retention_plan(service, host, "all", NULL, &plans, err) < 0)
        return -1;
    items = json_object_get(plans, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *plan = json_array_get(items, i);

        count_planned(json_object_get(plan, "keep"), days, count, snapshots, true);
        count_planned(json_object_get(plan, "delete"), days, count, snapshots, false);
    }
    json_decref(plans);
    return 0;
}

static int count_snapshots(struct service *service, const struct host *host, const struct calendar_day *days,
                           size_t count, struct day_snapshots *made, struct err *err)
{
    struct snapshot *snapshots;
    size_t snapshot_count;

    if (store_snapshot_list(service->arena, service->db, host->id, false, &snapshots, &snapshot_count, err) <
        0)
        return -1;
    for (size_t i = 0; i < snapshot_count; i++) {
        size_t day = calendar_find(days, count, snapshots[i].started_at);

        if (day < count && snapshots[i].status != SNAPSHOT_DELETING)
            made[day].kinds[snapshots[i].kind]++;
    }
    return add_plan(service, host->name, days, count, made, err);
}

static json_t *day_item(struct arena *arena, const struct calendar_day *day, const struct day_snapshots *made)
{
    json_t *item = json_object();

    json_object_set_new(item, "date", json_string(date_text(arena, day)));
    json_object_set_new(item, "weekday", json_integer(day->date.weekday == 0 ? WEEK : day->date.weekday));
    json_object_set_new(item, "result", json_string(day_result_name(day->worst)));
    json_object_set_new(item, "best",
                        day->best == DAY_NONE ? json_null() : json_string(day_result_name(day->best)));
    json_object_set_new(item, "runs", json_integer(day->runs));
    json_object_set_new(item, "before", json_boolean(day->before));
    json_object_set_new(item, "snapshots",
                        json_pack("{s:i, s:i, s:i, s:i, s:i}", "scheduled", made->kinds[KIND_SCHEDULED],
                                  "manual", made->kinds[KIND_MANUAL], "incomplete",
                                  made->kinds[KIND_INCOMPLETE], "keep", made->keep, "delete", made->delete));
    return item;
}

static json_t *counts_item(const struct calendar_day *days, size_t count)
{
    json_t *item = json_object();

    for (enum day_result result = 0; result < DAY__MAX; result++) {
        json_int_t found = 0;

        for (size_t i = 0; i < count; i++)
            found += days[i].worst == result && !days[i].before;
        json_object_set_new(item, day_result_name(result), json_integer(found));
    }
    return item;
}

/* 1: there is one · 0 · -1. */
static int load_schedule(struct service *service, const struct host *host, struct schedule *schedule,
                         struct err *err)
{
    if (store_schedule_load(service->arena, service->db, host->id, schedule, err) == 0)
        return 1;
    return err->code == ERR_NOT_FOUND ? 0 : -1;
}

/* Whole weeks, so that today's is the last one. */
static size_t weeks_of_days(const struct zone *zone, int64_t now)
{
    int weekday = zone_local(zone, now).weekday;

    return CALENDAR_DAYS - WEEK + (weekday == 0 ? (size_t)WEEK : (size_t)weekday);
}

int document_calendar(struct service *service, const char *name, json_t **document, struct err *err)
{
    struct almanac almanac = {.service = service};
    struct calendar_day days[CALENDAR_DAYS];
    struct day_snapshots made[CALENDAR_DAYS] = {0};
    struct schedule_clock clock;
    struct calendar_facts facts;
    struct schedule schedule;
    struct host host;
    int has_schedule;
    size_t count;
    json_t *items;

    if (store_host_load(service->arena, service->db, name, &host, err) < 0 ||
        load_almanac(&almanac, err) < 0 ||
        load_starts(&almanac, host.id, service->now - (int64_t)(CALENDAR_DAYS + 1) * DAY_SECONDS, err) < 0 ||
        (has_schedule = load_schedule(service, &host, &schedule, err)) < 0)
        return -1;
    facts = facts_of(&almanac, &host, has_schedule ? &schedule : NULL, &clock);
    count = weeks_of_days(facts.zone, service->now);
    calendar_lay_out(facts.zone, service->now, days, count);
    calendar_fill(days, count, &facts);
    if (count_snapshots(service, &host, days, count, made, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, day_item(service->arena, &days[i], &made[i]));
    *document = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "host", host.name, "zone", facts.zone->name,
                          "as_of", document_time(service->now), "from", date_text(service->arena, &days[0]),
                          "to", date_text(service->arena, &days[count - 1]), "counts",
                          counts_item(days, count), "days", items);
    return 0;
}
