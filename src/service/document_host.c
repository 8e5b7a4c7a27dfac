/* Hosts: the list, and one with its settings and keys. */
#include "service/document.h"

#include <string.h>

#include "service/document_status.h"
#include "service/host_settings.h"
#include "service/reader_document.h"
#include "store/store_health.h"
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
    size_t pin_count, count;
    struct run *running;
    bool has_key;

    if (service->asks_reader)
        return reader_document(service, READER_HOST, name, document, err);
    if (host_settings_load(service, name, &settings, err) < 0 ||
        store_host_key_list(service->arena, service->db, settings.host.id, &pins, &pin_count, err) < 0 ||
        store_run_running(service->arena, service->db, settings.host.id, &running, &count, err) < 0)
        return -1;
    /* Without a key, or with one that cannot be used, the page says null; `key HOST` and `check` tell more. */
    has_key = identity_load(service, &settings, false, &identity, &no_key) == 0;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(settings.host.name));
    json_object_set_new(*document, "created_at", document_time(settings.host.created_at));
    json_object_set_new(*document, "path", document_text(host_path(service, settings.config, name)));
    json_object_set_new(*document, "settings", document_settings(&settings.effective, SCOPE_HOST));
    json_object_set_new(*document, "pinned_keys", document_pins(pins, pin_count));
    json_object_set_new(*document, "key", has_key ? key_item(&identity) : json_null());
    json_object_set_new(*document, "running", count > 0 ? document_run_item(&running[0]) : json_null());
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

/* How many snapshots a host has that are finished. `counts` is by id of the host. */
static json_int_t count_of(const struct store_host_count *counts, size_t count, int64_t host_id)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (counts[middle].host_id < host_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && counts[low].host_id == host_id ? counts[low].count : 0;
}

static json_t *host_item(struct service *service, const struct host_health *health, json_int_t snapshots)
{
    json_t *item = document_health_item(health);

    json_object_set_new(item, "address", document_text(health->host->config.address));
    json_object_set_new(item, "enabled", json_boolean(health->enabled));
    json_object_set_new(item, "last_run",
                        health->last_run == NULL ? json_null() : document_last_run(health->last_run));
    json_object_set_new(item, "last_good", document_last_good(health->last_good));
    json_object_set_new(item, "snapshots", json_integer(snapshots));
    json_object_set_new(item, "as_of", document_time(service->now));
    return item;
}

int document_hosts(struct service *service, json_t **document, struct err *err)
{
    struct host_health_list list;
    struct store_host_count *counts;
    size_t count;
    json_t *items;

    if (service->asks_reader)
        return reader_document(service, READER_HOSTS, NULL, document, err);
    if (host_health_load(service, NULL, &list, err) < 0 ||
        store_health_snapshots(service->arena, service->db, &counts, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(
            items, host_item(service, &list.hosts[i], count_of(counts, count, list.hosts[i].host->id)));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}

int document_host_names(struct service *service, json_t **document, struct err *err)
{
    struct host *hosts;
    size_t count;
    json_t *items;

    if (store_host_list(service->arena, service->db, &hosts, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, json_pack("{s:o, s:o}", "host", document_text(hosts[i].name), "address",
                                               document_text(hosts[i].config.address)));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}
