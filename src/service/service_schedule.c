/* Changing when a host is due. */
#include "service/service_schedule.h"

#include <stdlib.h>
#include <string.h>

#include "db/transaction.h"
#include "service/document.h"
#include "service/document_schedule.h"
#include "service/host_settings.h"
#include "service/schedule_clock.h"
#include "store/store_audit.h"
#include "store/store_schedule.h"

/* The schedule as it is, or a new one that has nothing but defaults. */
static int load_or_begin(struct service *service, const struct host *host, struct schedule *schedule,
                         bool *created, struct err *err)
{
    *created = false;
    if (store_schedule_load(service->arena, service->db, host->id, schedule, err) == 0)
        return 0;
    if (err->code != ERR_NOT_FOUND)
        return -1;
    *created = true;
    schedule_init(service->arena, schedule);
    schedule->host_id = host->id;
    schedule->host_timezone = host->config.timezone;
    schedule->created_at = service->now;
    return 0;
}

static int apply_changes(struct service *service, const struct config_change *changes, size_t count,
                         struct schedule *schedule, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (schedule_set(service->arena, schedule, changes[i].field, changes[i].text, err) < 0)
            return -1;
    return 0;
}

/* It has an expression and a zone, and both can be read. */
static int check(struct service *service, const char *host, const struct schedule *schedule, struct err *err)
{
    struct zone_cache zones = {.arena = service->arena};
    struct schedule_clock clock;
    struct effective global;

    if (schedule->cron == NULL) {
        err_set(err, ERR_INVALID, "host \"%s\" has no schedule, and one needs a cron expression", host);
        return err_hint(err, "pobsync schedule %s --cron \"15 2 * * *\"", host);
    }
    if (global_settings_load(service, &global, err) < 0)
        return -1;
    return schedule_clock_load(&zones, &global, schedule, &clock, err);
}

static bool is_same(struct service *service, const struct field *field, const struct schedule *a,
                    const struct schedule *b)
{
    const char *one = field_text(service->arena, field, a), *other = field_text(service->arena, field, b);

    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

/* Whether a field decides when runs are due, and not only what becomes of them. */
static bool decides_time(const struct field *field)
{
    return field == schedule_field("cron") || field == schedule_field("timezone") ||
           field == schedule_field("enabled");
}

/* What differs: the names, and both values of each for the audit. */
static json_t *differ(struct service *service, const struct schedule *before, const struct schedule *after,
                      bool created, json_t *old, json_t *new, bool *time_changed)
{
    json_t *changed = json_array();

    *time_changed = created;
    for (size_t i = 0; i < schedule_fields.count; i++) {
        const struct field *field = &schedule_fields.fields[i];

        if (!created && is_same(service, field, before, after))
            continue;
        json_array_append_new(changed, json_string(field->name));
        json_object_set_new(old, field->name, document_text(field_text(service->arena, field, before)));
        json_object_set_new(new, field->name, document_text(field_text(service->arena, field, after)));
        *time_changed = *time_changed || decides_time(field);
    }
    return changed;
}

/* Either may be NULL: there was, or is, nothing. */
static int audit(struct service *service, const char *action, const char *host, const json_t *before,
                 const json_t *after, struct err *err)
{
    char *old = before == NULL ? NULL : json_dumps(before, JSON_COMPACT);
    char *new = after == NULL ? NULL : json_dumps(after, JSON_COMPACT);
    int result = store_audit_add(service->db, service->now, service->actor, service->origin, action, host,
                                 old, new, err);

    free(old);
    free(new);
    return result;
}

/* Audits and writes what differs, within the transaction of the caller. *changed: the names. */
static int save(struct service *service, const char *host, const struct schedule *before,
                struct schedule *after, bool created, json_t **changed, struct err *err)
{
    json_t *old = json_object(), *new = json_object();
    bool time_changed;
    int result = 0;

    *changed = differ(service, before, after, created, old, new, &time_changed);
    if (time_changed)
        after->changed_at = service->now;
    if (json_array_size(*changed) > 0)
        result = audit(service, created ? "schedule.create" : "schedule.change", host, created ? NULL : old,
                       new, err) < 0 ||
                         store_schedule_save(service->db, after, err) < 0
                     ? -1
                     : 0;
    json_decref(old);
    json_decref(new);
    return result;
}

int service_schedule_change(struct service *service, const char *host, const struct config_change *changes,
                            size_t count, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host_settings settings;
    struct schedule before, after;
    json_t *changed = NULL;
    bool created;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        host_settings_load(service, host, &settings, err) < 0 ||
        load_or_begin(service, &settings.host, &before, &created, err) < 0)
        return -1;
    after = before;
    if (apply_changes(service, changes, count, &after, err) < 0 || check(service, host, &after, err) < 0)
        return -1;
    if (save(service, host, &before, &after, created, &changed, err) < 0 ||
        transaction_commit(&transaction, err) < 0 || document_schedule(service, host, document, err) < 0) {
        json_decref(changed);
        return -1;
    }
    json_object_set_new(*document, "created", json_boolean(created));
    json_object_set_new(*document, "changed", changed);
    return 0;
}

/* All fields as text. New reference. */
static json_t *fields_json(struct service *service, const struct schedule *schedule)
{
    json_t *fields = json_object();

    for (size_t i = 0; i < schedule_fields.count; i++) {
        const struct field *field = &schedule_fields.fields[i];

        json_object_set_new(fields, field->name, document_text(field_text(service->arena, field, schedule)));
    }
    return fields;
}

int service_schedule_remove(struct service *service, const char *host, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host_settings settings;
    struct schedule schedule;
    json_t *before;
    int result;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        host_settings_load(service, host, &settings, err) < 0)
        return -1;
    if (store_schedule_load(service->arena, service->db, settings.host.id, &schedule, err) < 0)
        return err->code == ERR_NOT_FOUND ? err_in(err, "host \"%s\"", host) : -1;
    before = fields_json(service, &schedule);
    result = audit(service, "schedule.remove", host, before, NULL, err);
    json_decref(before);
    if (result < 0 || store_schedule_delete(service->db, settings.host.id, err) < 0 ||
        transaction_commit(&transaction, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, "removed", json_true());
    return 0;
}
