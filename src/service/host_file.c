/* host.json, the host's part of what a rebuild needs. */
#include "service/host_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "base/when.h"
#include "model/schedule.h"
#include "service/document.h"
#include "service/root_doubt.h"
#include "service/service_root.h"
#include "store/store_global.h"
#include "store/store_host_key.h"
#include "store/store_installation.h"
#include "store/store_schedule.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"
#include "sys/random.h"

enum { FILE_MAX = 4 << 20 };

static json_t *settings_json(struct service *service, const struct config *config)
{
    json_t *settings = json_object();

    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];

        if (config_is_set(config, field))
            json_object_set_new(settings, field->name,
                                document_text(field_text(service->arena, field, config)));
    }
    return settings;
}

static json_t *keys_json(const struct host_key *keys, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();

        json_object_set_new(item, "type", document_text(keys[i].type));
        json_object_set_new(item, "key", document_text(keys[i].key));
        json_array_append_new(items, item);
    }
    return items;
}

/* Null when the host has none. */
static int schedule_json(struct service *service, const struct host *host, json_t **item, struct err *err)
{
    struct schedule schedule;

    *item = json_null();
    if (store_schedule_load(service->arena, service->db, host->id, &schedule, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    *item = json_object();
    for (size_t i = 0; i < schedule_fields.count; i++) {
        const struct field *field = &schedule_fields.fields[i];

        json_object_set_new(*item, field->name, document_text(field_text(service->arena, field, &schedule)));
    }
    return 0;
}

/* Only snapshots about which a person or a guard has decided something. */
static json_t *decisions_json(const struct snapshot *snapshots, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *item;

        if (!snapshots[i].pinned && snapshots[i].held_reason == NULL)
            continue;
        item = json_object();
        json_object_set_new(item, "name", document_text(snapshots[i].name));
        json_object_set_new(item, "pinned", json_boolean(snapshots[i].pinned));
        json_object_set_new(item, "pin_reason", document_text(snapshots[i].pin_reason));
        json_object_set_new(item, "held_reason", document_text(snapshots[i].held_reason));
        json_array_append_new(items, item);
    }
    return items;
}

/* NULL with the error. */
static json_t *stamp_json(struct service *service, struct err *err)
{
    struct installation installation;
    struct installation_marks marks;
    json_t *stamp;
    char uuid[37];

    random_uuid(uuid);
    if (store_installation_load(service->arena, service->db, uuid, service->now, &installation, err) < 0 ||
        store_installation_marks(service->db, &marks, err) < 0)
        return NULL;
    stamp = json_object();
    json_object_set_new(stamp, "at", document_time(service->now));
    json_object_set_new(stamp, "installation", document_text(installation.uuid));
    json_object_set_new(stamp, "epoch", json_integer(installation.epoch));
    json_object_set_new(stamp, "run", json_integer(marks.run));
    json_object_set_new(stamp, "change", json_integer(marks.change));
    return stamp;
}

int host_file_load(int host_fd, json_t **file, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;
    json_error_t problem;

    *file = NULL;
    if (fs_read_file(host_fd, ".pobsync/host.json", FILE_MAX, &content, err) < 0)
        return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "there is no \"host.json\"") : -1;
    *file = json_loadb(buf_text(&content), content.size, JSON_REJECT_DUPLICATES, &problem);
    if (*file == NULL)
        return err_set(err, ERR_INVALID, "\"host.json\" line %d: %s", problem.line, problem.text);
    if (json_integer_value(json_object_get(*file, "pobsync")) == 1)
        return 0;
    json_decref(*file);
    return err_set(err, ERR_INVALID, "\"host.json\" is not of format 1 of pobsync");
}

bool host_file_stamp_load(struct arena *arena, int host_fd, struct host_file_stamp *stamp)
{
    const json_t *written;
    const char *at;
    struct err ignored;
    json_t *file = NULL;

    *stamp = (struct host_file_stamp){0};
    if (host_file_load(host_fd, &file, &ignored) < 0)
        return false;
    written = json_object_get(file, "written");
    at = json_string_value(json_object_get(written, "at"));
    if (at == NULL || when_parse_rfc3339(at, &stamp->at, &ignored) < 0)
        stamp->at = 0;
    stamp->installation = arena_strdup(arena, json_string_value(json_object_get(written, "installation")));
    stamp->epoch = json_integer_value(json_object_get(written, "epoch"));
    stamp->run = json_integer_value(json_object_get(written, "run"));
    stamp->change = json_integer_value(json_object_get(written, "change"));
    json_decref(file);
    return stamp->installation != NULL;
}

int host_file_save(struct service *service, const struct host *host, const struct host_directory *directory,
                   struct err *err)
{
    struct host_key *keys;
    struct snapshot *snapshots;
    size_t key_count, snapshot_count;
    FD_SCOPED fd = -1;
    json_t *root, *schedule, *stamp;
    struct config global;
    char *text;
    int result;

    if (root_doubt_note(service, directory->fd, host->name, err) < 0 ||
        store_global_load(service->arena, service->db, &global, err) < 0 ||
        store_host_key_list(service->arena, service->db, host->id, &keys, &key_count, err) < 0 ||
        store_snapshot_list(service->arena, service->db, host->id, false, &snapshots, &snapshot_count, err) <
            0 ||
        fs_make_dir(directory->fd, ".pobsync", 0700, true, err) < 0)
        return -1;
    fd = fs_open_dir(directory->fd, ".pobsync", true, err);
    if (fd < 0 || schedule_json(service, host, &schedule, err) < 0)
        return -1;
    stamp = stamp_json(service, err);
    if (stamp == NULL) {
        json_decref(schedule);
        return -1;
    }
    root = json_object();
    json_object_set_new(root, "pobsync", json_integer(1));
    json_object_set_new(root, "written", stamp);
    json_object_set_new(root, "host", document_text(host->name));
    json_object_set_new(root, "created_at", document_time(host->created_at));
    json_object_set_new(root, "settings", settings_json(service, &host->config));
    json_object_set_new(root, "global", settings_json(service, &global));
    json_object_set_new(root, "schedule", schedule);
    json_object_set_new(root, "host_keys", keys_json(keys, key_count));
    json_object_set_new(root, "snapshots", decisions_json(snapshots, snapshot_count));
    text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        abort();
    result = fs_write_file(fd, "host.json", text, strlen(text), 0600, err);
    free(text);
    return result;
}

void host_file_note(struct service *service, const struct host_settings *settings)
{
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    FD_SCOPED root_fd = -1;
    const char *root = settings->config->backup_root;
    struct root_report report;
    struct err err;

    if (service_root_open(service, root, &report, &root_fd, &err) < 0 || root_fd < 0)
        return;
    if ((host_directory_open(service->arena, root_fd, root, settings->host.name, false, &directory, &err) <
             0 ||
         host_file_save(service, &settings->host, &directory, &err) < 0) &&
        err.code != ERR_NOT_FOUND)
        log_warning("host.json of \"%s\" is out of date: %s", settings->host.name, err.message);
}
