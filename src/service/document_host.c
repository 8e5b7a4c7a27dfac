/* Hosts: the list, and one with its settings and keys. */
#include "service/document.h"

#include <string.h>

#include "service/host_settings.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_host_key.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"

json_t *document_pins(const struct host_key *keys, size_t count)
{
    json_t *pins = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *pin = json_object();

        json_object_set_new(pin, "type", document_text(keys[i].type));
        json_object_set_new(pin, "fingerprint", document_text(keys[i].fingerprint));
        json_object_set_new(pin, "pinned_at", document_time(keys[i].pinned_at));
        json_object_set_new(pin, "pinned_by", document_text(keys[i].pinned_by));
        json_array_append_new(pins, pin);
    }
    return pins;
}

static json_t *key_item(const struct identity *identity)
{
    json_t *item = json_object();

    json_object_set_new(item, "path", document_text(identity->path));
    json_object_set_new(item, "public_key", document_text(identity->public_key));
    json_object_set_new(item, "fingerprint", document_text(identity->fingerprint));
    return item;
}

static const char *host_path(struct service *service, const struct config *config, const char *name)
{
    return config->backup_root == NULL ? NULL
                                       : arena_printf(service->arena, "%s/%s", config->backup_root, name);
}

int document_host(struct service *service, const char *name, json_t **document, struct err *err)
{
    struct host_settings settings;
    struct host_key *pins;
    struct identity identity;
    struct err no_key;
    size_t count;
    bool has_key;

    if (host_settings_load(service, name, &settings, err) < 0 ||
        store_host_key_list(service->arena, service->db, settings.host.id, &pins, &count, err) < 0)
        return -1;
    /* Without a key, or with one that cannot be used, the page says null; `key HOST` and `check` tell more. */
    has_key = identity_load(service, &settings, false, &identity, &no_key) == 0;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(settings.host.name));
    json_object_set_new(*document, "created_at", document_time(settings.host.created_at));
    json_object_set_new(*document, "path", document_text(host_path(service, settings.config, name)));
    json_object_set_new(*document, "settings", document_settings(&settings.effective, SCOPE_HOST));
    json_object_set_new(*document, "pinned_keys", document_pins(pins, count));
    json_object_set_new(*document, "key", has_key ? key_item(&identity) : json_null());
    return 0;
}

json_t *document_last_run(const struct run *run)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", json_integer(run->id));
    json_object_set_new(item, "state", json_string(run_state_name(run->state)));
    json_object_set_new(item, "cause",
                        document_text(run->cause == CAUSE_NONE ? NULL : cause_name(run->cause)));
    json_object_set_new(item, "started_at", document_time(run->started_at));
    json_object_set_new(item, "ended_at", document_time(run->ended_at));
    return item;
}

static json_t *last_good_item(const struct snapshot *snapshots, size_t count)
{
    json_t *item;

    for (size_t i = 0; i < count; i++) {
        if (!snapshot_is_good(&snapshots[i]))
            continue;
        item = json_object();
        json_object_set_new(item, "name", document_text(snapshots[i].name));
        json_object_set_new(item, "ended_at", document_time(snapshots[i].ended_at));
        return item;
    }
    return json_null();
}

static json_int_t finished_count(const struct snapshot *snapshots, size_t count)
{
    json_int_t finished = 0;

    for (size_t i = 0; i < count; i++)
        finished += snapshots[i].kind != KIND_INCOMPLETE;
    return finished;
}

static int host_item(struct service *service, const struct config *global, const struct host *host,
                     json_t **item, struct err *err)
{
    const struct run_filter newest = {.host = host->name, .state = RUN_STATE__MAX, .limit = 1};
    struct effective effective;
    struct snapshot *snapshots;
    struct run *runs;
    size_t run_count, snapshot_count;

    if (store_run_list(service->arena, service->db, &newest, &runs, &run_count, err) < 0 ||
        store_snapshot_list(service->arena, service->db, host->id, false, &snapshots, &snapshot_count, err) <
            0)
        return -1;
    config_effective(service->arena, global, &host->config, service->environment.fixed_root, &effective);
    *item = json_object();
    json_object_set_new(*item, "host", document_text(host->name));
    json_object_set_new(*item, "address", document_text(effective.config.address));
    json_object_set_new(*item, "enabled", json_boolean(effective.config.enabled));
    json_object_set_new(*item, "last_run", run_count == 0 ? json_null() : document_last_run(&runs[0]));
    json_object_set_new(*item, "last_good", last_good_item(snapshots, snapshot_count));
    json_object_set_new(*item, "snapshots", json_integer(finished_count(snapshots, snapshot_count)));
    json_object_set_new(*item, "as_of", document_time(service->now));
    return 0;
}

int document_hosts(struct service *service, json_t **document, struct err *err)
{
    struct config global;
    struct host *hosts;
    size_t count;
    json_t *items = json_array();

    if (store_global_load(service->arena, service->db, &global, err) < 0 ||
        store_host_list(service->arena, service->db, &hosts, &count, err) < 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *item;

        if (host_item(service, &global, &hosts[i], &item, err) < 0) {
            json_decref(items);
            return -1;
        }
        json_array_append_new(items, item);
    }
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}
