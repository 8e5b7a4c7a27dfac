/* Space as it is recorded. */
#include "service/document_space.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "plan/forecast.h"
#include "service/document.h"
#include "service/document_status.h"
#include "service/host_settings.h"
#include "service/room_sample.h"
#include "service/service_root.h"
#include "store/store_snapshot.h"
#include "store/store_space.h"

enum { DAY = 86400, RECENT_DAYS = 7 };

static int64_t recent_since(const struct service *service)
{
    return service->now - (int64_t)RECENT_DAYS * DAY;
}

static const struct snapshot_space *figures_of(const struct snapshot_space *rows, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].snapshot_id == id)
            return &rows[i];
    return NULL;
}

static json_t *snapshot_item(const struct snapshot *snapshot, const struct snapshot_space *figures)
{
    json_t *item = json_object();

    json_object_set_new(item, "name", document_text(snapshot->name));
    json_object_set_new(item, "kind", json_string(snapshot_kind_name(snapshot->kind)));
    json_object_set_new(item, "started_at", document_time(snapshot->started_at));
    json_object_set_new(item, "bytes", document_count(figures == NULL ? -1 : figures->bytes));
    json_object_set_new(item, "new_bytes", document_count(figures == NULL ? -1 : figures->new_bytes));
    json_object_set_new(item, "exclusive_bytes",
                        document_count(figures == NULL ? -1 : figures->exclusive_bytes));
    json_object_set_new(item, "directory_bytes",
                        document_count(figures == NULL ? -1 : figures->directory_bytes));
    return item;
}

int document_space_host(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct host_settings settings;
    struct host_space space;
    struct snapshot_space *rows;
    struct snapshot *snapshots;
    size_t row_count, count;
    json_t *items;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        store_space_load(service->arena, service->db, settings.host.id, recent_since(service), &space, err) <
            0 ||
        store_space_snapshots(service->arena, service->db, settings.host.id, &rows, &row_count, err) < 0 ||
        store_snapshot_list(service->arena, service->db, settings.host.id, false, &snapshots, &count, err) <
            0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        if (snapshots[i].kind != KIND_INCOMPLETE && snapshots[i].status != SNAPSHOT_DELETING)
            json_array_append_new(items,
                                  snapshot_item(&snapshots[i], figures_of(rows, row_count, snapshots[i].id)));
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, "as_of", document_time(space.measured_at));
    json_object_set_new(*document, "bytes", document_count(space.bytes));
    json_object_set_new(*document, "sum_bytes", document_count(space.sum));
    json_object_set_new(*document, "recent_bytes", json_integer(space.recent));
    json_object_set_new(*document, "recent_days", json_integer(RECENT_DAYS));
    json_object_set_new(*document, "unmeasured", json_integer(space.snapshots - space.measured));
    json_object_set_new(*document, "unread_entries", json_integer(space.unread));
    json_object_set_new(*document, "items", items);
    return 0;
}

/* One of the two kinds of room. */
struct kind {
    const char *noun; /* NULL: bytes */
    int64_t free, total, floor;
    int64_t (*of)(const struct room_sample *sample);
};

static int64_t bytes_of(const struct room_sample *sample)
{
    return sample->bytes_free;
}

static int64_t inodes_of(const struct room_sample *sample)
{
    return sample->inodes_free;
}

static const char *amount(struct arena *arena, const struct kind *kind, int64_t value)
{
    return kind->noun == NULL ? text_bytes(arena, value)
                              : arena_printf(arena, "%lld %s", (long long)value, kind->noun);
}

static const char *sentence(struct arena *arena, const struct kind *kind, const struct forecast *forecast)
{
    switch (forecast->state) {
    case FORECAST_SHORT:
        return arena_printf(arena, "too early to tell: %lld of at least %d days are known",
                            (long long)forecast->days, FORECAST_DAYS_MIN);
    case FORECAST_NO_TREND:
        return arena_printf(arena, "no trend in the last %lld days", (long long)forecast->days);
    case FORECAST_FULL_IN:
        return arena_printf(arena, "full in %lld to %lld days, at %s a day", (long long)forecast->soonest,
                            (long long)forecast->latest, amount(arena, kind, forecast->per_day));
    case FORECAST_FULL:
        return arena_printf(arena, "full: no backup begins with less than %s free",
                            amount(arena, kind, kind->floor));
    }
    return NULL;
}

static json_t *forecast_document(struct service *service, const struct kind *kind,
                                 const struct room_sample *samples, size_t count)
{
    struct room_point *points = arena_alloc(service->arena, (count + 1) * sizeof *points);
    struct forecast forecast;
    json_t *document = json_object();

    for (size_t i = 0; i < count; i++)
        points[i] = (struct room_point){samples[i].taken_at, kind->of(&samples[i])};
    points[count] = (struct room_point){service->now, kind->free};
    forecast = forecast_plan(points, count + 1, kind->floor, service->now);
    json_object_set_new(document, "free", document_count(kind->free));
    json_object_set_new(document, "total", document_count(kind->total));
    json_object_set_new(document, "floor", json_integer(kind->floor));
    json_object_set_new(document, "state", json_string(forecast_state_name(forecast.state)));
    json_object_set_new(document, "sentence", json_string(sentence(service->arena, kind, &forecast)));
    json_object_set_new(document, "known_days", json_integer(forecast.days));
    json_object_set_new(document, "per_day", json_integer(forecast.per_day));
    json_object_set_new(document, "soonest_days",
                        document_count(forecast.state == FORECAST_FULL_IN ? forecast.soonest : -1));
    json_object_set_new(document, "latest_days",
                        document_count(forecast.state == FORECAST_FULL_IN ? forecast.latest : -1));
    return document;
}

static int64_t lower(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* The lowest of each day. */
static json_t *days_document(const struct room_sample *samples, size_t count)
{
    json_t *days = json_array();

    for (size_t i = 0; i < count;) {
        struct room_sample low = samples[i];
        int64_t day = low.taken_at / DAY;
        json_t *item = json_object();

        for (; i < count && samples[i].taken_at / DAY == day; i++) {
            low.bytes_free = lower(low.bytes_free, samples[i].bytes_free);
            low.inodes_free = lower(low.inodes_free, samples[i].inodes_free);
        }
        json_object_set_new(item, "day", document_time(day * DAY));
        json_object_set_new(item, "bytes_free", json_integer(low.bytes_free));
        json_object_set_new(item, "bytes_total", json_integer(low.bytes_total));
        json_object_set_new(item, "inodes_free", document_count(low.inodes_free));
        json_object_set_new(item, "inodes_total", document_count(low.inodes_total));
        json_array_append_new(days, item);
    }
    return days;
}

static int by_growth(const void *a, const void *b)
{
    const struct host_space *one = a, *other = b;

    if (one->recent != other->recent)
        return one->recent > other->recent ? -1 : 1;
    return strcmp(one->host, other->host);
}

static json_t *host_item(const struct host_space *space)
{
    json_t *item = json_object();

    json_object_set_new(item, "host", document_text(space->host));
    json_object_set_new(item, "as_of", document_time(space->measured_at));
    json_object_set_new(item, "bytes", document_count(space->bytes));
    json_object_set_new(item, "sum_bytes", document_count(space->sum));
    json_object_set_new(item, "snapshots", json_integer(space->snapshots));
    json_object_set_new(item, "measured", json_integer(space->measured));
    json_object_set_new(item, "recent_bytes", json_integer(space->recent));
    json_object_set_new(item, "per_day_bytes", json_integer(space->recent / RECENT_DAYS));
    return item;
}

static int add_hosts(struct service *service, json_t *document, struct err *err)
{
    struct host_space *spaces;
    json_t *items;
    size_t count;
    int64_t recent = 0;

    if (store_space_list(service->arena, service->db, recent_since(service), &spaces, &count, err) < 0)
        return -1;
    if (count > 1)
        qsort(spaces, count, sizeof *spaces, by_growth);
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        recent += spaces[i].recent;
        json_array_append_new(items, host_item(&spaces[i]));
    }
    json_object_set_new(document, "hosts", items);
    json_object_set_new(document, "recent_days", json_integer(RECENT_DAYS));
    json_object_set_new(document, "recent_bytes", json_integer(recent));
    return 0;
}

static int add_room(struct service *service, const struct config *config, const struct root_report *report,
                    json_t *document, struct err *err)
{
    const struct fs_room none = {-1, -1, -1, -1, false}, *room = report->opened ? &report->room : &none;
    const struct kind bytes = {NULL, room->bytes_free, room->bytes_total, config->min_free_bytes, bytes_of};
    const struct kind inodes = {"inodes", room->inodes_free, room->inodes_total, config->min_free_inodes,
                                inodes_of};
    struct room_sample *samples = NULL;
    struct root root;
    size_t count = 0;
    bool known;

    if (service_root_load(service, &root, &known, err) < 0 ||
        (known && store_room_list(service->arena, service->db, root.id,
                                  service->now - (int64_t)ROOM_SAMPLE_DAYS * DAY, &samples, &count, err) < 0))
        return -1;
    json_object_set_new(document, "root", document_root_item(report));
    json_object_set_new(document, "bytes", forecast_document(service, &bytes, samples, count));
    json_object_set_new(document, "inodes",
                        report->opened && room->inodes_free < 0
                            ? json_null()
                            : forecast_document(service, &inodes, samples, count));
    json_object_set_new(document, "days", days_document(samples, count));
    return 0;
}

int document_space(struct service *service, json_t **document, struct err *err)
{
    struct effective global;
    struct root_report report;
    int fd;

    if (global_settings_load(service, &global, err) < 0 ||
        service_root_open(service, global.config.backup_root, &report, &fd, err) < 0)
        return -1;
    fs_close(&fd);
    *document = json_object();
    if (add_room(service, &global.config, &report, *document, err) < 0 ||
        add_hosts(service, *document, err) < 0) {
        json_decref(*document);
        *document = NULL;
        return -1;
    }
    return 0;
}
