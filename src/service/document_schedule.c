/* Schedules as documents. */
#include "service/document_schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "service/schedule_clock.h"
#include "store/store_health.h"
#include "store/store_host.h"
#include "store/store_schedule.h"

static json_t *preview_items(struct service *service, const struct cron *cron, const struct zone *zone,
                             int count)
{
    json_t *items = json_array();
    int64_t times[SCHEDULE_PREVIEW_MAX];
    char local[WHEN_TEXT];
    size_t found = cron_preview(cron, zone, service->now, times, (size_t)count);

    for (size_t i = 0; i < found; i++) {
        json_t *item = json_object();

        json_object_set_new(item, "at", document_time(times[i]));
        json_object_set_new(item, "local",
                            json_string(when_minute(local, zone_local_seconds(zone, times[i]))));
        json_object_set_new(item, "remark", document_text(cron_remark(service->arena, cron, zone, times[i])));
        json_array_append_new(items, item);
    }
    return items;
}

int document_schedule_preview(struct service *service, const char *cron, const char *zone, int count,
                              json_t **document, struct err *err)
{
    struct zone_cache zones = {.arena = service->arena};
    const struct zone *known;
    struct cron parsed;

    if (count < 1 || count > SCHEDULE_PREVIEW_MAX)
        return err_set(err, ERR_INVALID, "a preview has 1 to %d times, not %d", SCHEDULE_PREVIEW_MAX, count);
    if (cron_parse(cron, &parsed, err) < 0 || zone_cache_load(&zones, zone, &known, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "cron", document_text(cron));
    json_object_set_new(*document, "words", document_text(cron_words(service->arena, &parsed)));
    json_object_set_new(*document, "zone", document_text(zone));
    json_object_set_new(*document, "next", preview_items(service, &parsed, known, count));
    return 0;
}

static json_t *field_json(const struct field *field, const struct schedule *schedule)
{
    const void *value = field_value(field, schedule);

    switch (field->type) {
    case FIELD_TEXT:
        return document_text(*(const char *const *)value);
    case FIELD_INT:
        return json_integer(*(const int64_t *)value);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)value);
    case FIELD_LIST:
    case FIELD__MAX:
        break;
    }
    return json_null();
}

/* `schedule` NULL: there is none, and all is null. */
static void add_fields(json_t *item, const struct schedule *schedule)
{
    for (size_t i = 0; i < schedule_fields.count; i++)
        json_object_set_new(item, schedule_fields.fields[i].name,
                            schedule == NULL ? json_null()
                                             : field_json(&schedule_fields.fields[i], schedule));
}

/* `clock` NULL: it cannot be read, which `why` tells. */
static void add_clock(struct service *service, json_t *item, const struct schedule_clock *clock,
                      const struct err *why)
{
    bool own = clock != NULL && clock->zone_origin == ORIGIN_NONE;

    json_object_set_new(item, "words",
                        document_text(clock == NULL ? NULL : cron_words(service->arena, &clock->cron)));
    json_object_set_new(item, "zone", document_text(clock == NULL ? NULL : clock->zone_name));
    json_object_set_new(item, "zone_origin",
                        document_text(clock == NULL ? NULL
                                      : own         ? "schedule"
                                                    : config_origin_name(clock->zone_origin)));
    json_object_set_new(item, "error", document_text(why == NULL ? NULL : why->message));
}

static void add_no_clock(json_t *item)
{
    static const char *const names[] = {"words", "zone", "zone_origin", "error"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_object_set_new(item, names[i], json_null());
}

int document_schedule(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct zone_cache zones = {.arena = service->arena};
    struct host_settings settings;
    struct schedule schedule;
    struct schedule_clock clock;
    struct effective global;
    struct err why;
    bool scheduled, usable = false;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        global_settings_load(service, &global, err) < 0)
        return -1;
    scheduled = store_schedule_load(service->arena, service->db, settings.host.id, &schedule, err) == 0;
    if (!scheduled && err->code != ERR_NOT_FOUND)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, "scheduled", json_boolean(scheduled));
    json_object_set_new(*document, "host_enabled", json_boolean(settings.config->enabled));
    add_fields(*document, scheduled ? &schedule : NULL);
    if (scheduled)
        usable = schedule_clock_load(&zones, &global, &schedule, &clock, &why) == 0;
    if (scheduled)
        add_clock(service, *document, usable ? &clock : NULL, usable ? NULL : &why);
    else
        add_no_clock(*document);
    json_object_set_new(*document, "next",
                        usable ? preview_items(service, &clock.cron, clock.zone, SCHEDULE_PREVIEW)
                               : json_array());
    json_object_set_new(*document, "created_at", document_time(scheduled ? schedule.created_at : 0));
    json_object_set_new(*document, "changed_at", document_time(scheduled ? schedule.changed_at : 0));
    json_object_set_new(*document, "last_slot_at", document_time(scheduled ? schedule.last_slot_at : 0));
    return 0;
}

/* One row of the list, with what it is sorted by. */
struct listed {
    const struct schedule *schedule;
    struct schedule_clock clock;
    bool usable;
    struct err why;
    int64_t next_at; /* 0: never, or it is disabled */
};

static int rank(const struct listed *listed)
{
    if (!listed->usable)
        return 0;
    return listed->next_at != 0 ? 1 : 2;
}

static int compare(const void *one, const void *other)
{
    const struct listed *a = one, *b = other;

    if (rank(a) != rank(b))
        return rank(a) < rank(b) ? -1 : 1;
    if (a->next_at != b->next_at)
        return a->next_at < b->next_at ? -1 : 1;
    return strcmp(a->schedule->host, b->schedule->host);
}

static struct listed *list(struct service *service, const struct effective *global,
                           const struct schedule *schedules, size_t count)
{
    struct zone_cache zones = {.arena = service->arena};
    struct listed *rows = arena_alloc(service->arena, (count + 1) * sizeof *rows);

    for (size_t i = 0; i < count; i++) {
        struct listed *row = &rows[i];

        row->schedule = &schedules[i];
        row->usable = schedule_clock_load(&zones, global, row->schedule, &row->clock, &row->why) == 0;
        if (!row->usable || !row->schedule->enabled || !row->schedule->host_enabled ||
            !cron_next(&row->clock.cron, row->clock.zone, service->now, &row->next_at))
            row->next_at = 0;
    }
    qsort(rows, count, sizeof *rows, compare);
    return rows;
}

static int compare_host_id(const void *key, const void *run)
{
    int64_t id = *(const int64_t *)key, its = ((const struct run *)run)->host_id;

    return id < its ? -1 : id > its;
}

static json_t *listed_item(struct service *service, const struct listed *row, const struct run *last)
{
    json_t *item = json_object();

    json_object_set_new(item, "host", document_text(row->schedule->host));
    json_object_set_new(item, "host_enabled", json_boolean(row->schedule->host_enabled));
    add_fields(item, row->schedule);
    add_clock(service, item, row->usable ? &row->clock : NULL, row->usable ? NULL : &row->why);
    json_object_set_new(item, "next_at", document_time(row->next_at));
    json_object_set_new(item, "last_run", last == NULL ? json_null() : document_last_run(last));
    return item;
}

/* Both are sorted by name. */
static json_t *unscheduled(const struct host *hosts, size_t host_count, const struct schedule *schedules,
                           size_t count)
{
    json_t *names = json_array();
    size_t at = 0;

    for (size_t i = 0; i < host_count; i++) {
        if (at < count && strcmp(schedules[at].host, hosts[i].name) == 0)
            at++;
        else
            json_array_append_new(names, document_text(hosts[i].name));
    }
    return names;
}

int document_schedules(struct service *service, json_t **document, struct err *err)
{
    struct effective global;
    struct schedule *schedules;
    struct listed *rows;
    struct host *hosts;
    struct run *runs;
    size_t count, host_count, run_count;
    json_t *items;

    if (global_settings_load(service, &global, err) < 0 ||
        store_schedule_list(service->arena, service->db, &schedules, &count, err) < 0 ||
        store_host_list(service->arena, service->db, &hosts, &host_count, err) < 0 ||
        store_health_backups(service->arena, service->db, 0, 1, &runs, &run_count, err) < 0)
        return -1;
    rows = list(service, &global, schedules, count);
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct run *last = run_count == 0 ? NULL
                                                : bsearch(&rows[i].schedule->host_id, runs, run_count,
                                                          sizeof *runs, compare_host_id);

        json_array_append_new(items, listed_item(service, &rows[i], last));
    }
    *document = json_object();
    json_object_set_new(*document, "as_of", document_time(service->now));
    json_object_set_new(*document, "items", items);
    json_object_set_new(*document, "unscheduled", unscheduled(hosts, host_count, schedules, count));
    return 0;
}
