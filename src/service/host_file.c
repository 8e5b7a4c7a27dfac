/* What a rebuild needs, as files. */
#include "service/host_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/when.h"
#include "model/schedule.h"
#include "service/document.h"
#include "service/root_doubt.h"
#include "service/service_root.h"
#include "store/store_host.h"
#include "store/store_host_key.h"
#include "store/store_installation.h"
#include "store/store_schedule.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"
#include "sys/lock.h"
#include "sys/random.h"

json_t *host_file_settings(struct service *service, const struct config *config)
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
        json_object_set_new(item, "pinned_at", document_time(keys[i].pinned_at));
        json_object_set_new(item, "pinned_by", document_text(keys[i].pinned_by));
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

/* The newest finished one: those behind it were not known yet when the file was written. */
static const char *newest_name(const struct snapshot *snapshots, size_t count)
{
    const char *newest = NULL;

    for (size_t i = 0; i < count; i++)
        if (snapshots[i].kind != KIND_INCOMPLETE && (newest == NULL || strcmp(snapshots[i].name, newest) > 0))
            newest = snapshots[i].name;
    return newest;
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

json_t *host_file_stamp(struct service *service, struct err *err)
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
    json_object_set_new(stamp, "run_at", document_time(marks.run_at));
    json_object_set_new(stamp, "change", json_integer(marks.change));
    json_object_set_new(stamp, "change_at", document_time(marks.change_at));
    json_object_set_new(stamp, "change_what", document_text(marks.change_what));
    return stamp;
}

int host_file_parse(const char *text, size_t size, json_t **file, struct err *err)
{
    json_error_t problem;

    *file = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (*file == NULL)
        return err_set(err, ERR_INVALID, "line %d: %s", problem.line, problem.text);
    if (json_integer_value(json_object_get(*file, "pobsync")) == 1)
        return 0;
    json_decref(*file);
    *file = NULL;
    return err_set(err, ERR_INVALID, "it is not of format 1 of pobsync");
}

/* All of the file. */
static int load(int fd, const char *path, json_t **file, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;

    *file = NULL;
    return fs_read_file(fd, path, HOST_FILE_MAX, &content, err) < 0
               ? -1
               : host_file_parse(buf_text(&content), content.size, file, err);
}

/* 0 for what is none. */
static int64_t time_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    struct err ignored;
    int64_t when;

    return text == NULL || when_parse_rfc3339(text, &when, &ignored) < 0 ? 0 : when;
}

bool host_file_stamp_load(struct arena *arena, int fd, const char *path, struct host_file_stamp *stamp)
{
    const json_t *written;
    const char *what;
    struct err ignored;
    json_t *file = NULL;

    *stamp = (struct host_file_stamp){0};
    if (load(fd, path, &file, &ignored) < 0)
        return false;
    written = json_object_get(file, "written");
    what = json_string_value(json_object_get(written, "change_what"));
    stamp->at = time_of(written, "at");
    stamp->installation = arena_strdup(arena, json_string_value(json_object_get(written, "installation")));
    stamp->epoch = json_integer_value(json_object_get(written, "epoch"));
    stamp->marks = (struct installation_marks){
        .run = json_integer_value(json_object_get(written, "run")),
        .change = json_integer_value(json_object_get(written, "change")),
        .run_at = time_of(written, "run_at"),
        .change_at = time_of(written, "change_at"),
    };
    if (what != NULL)
        snprintf(stamp->marks.change_what, sizeof stamp->marks.change_what, "%s", what);
    json_decref(file);
    return stamp->installation != NULL;
}

/* All of it, as the rows are now. New reference, NULL with the error. */
static json_t *host_json(struct service *service, const char *name, struct err *err)
{
    struct host host;
    struct host_key *keys;
    struct snapshot *snapshots;
    size_t key_count, snapshot_count;
    json_t *root, *schedule, *stamp;

    if (store_host_load(service->arena, service->db, name, &host, err) < 0 ||
        store_host_key_list(service->arena, service->db, host.id, &keys, &key_count, err) < 0 ||
        store_snapshot_list(service->arena, service->db, host.id, false, &snapshots, &snapshot_count, err) <
            0 ||
        schedule_json(service, &host, &schedule, err) < 0)
        return NULL;
    stamp = host_file_stamp(service, err);
    if (stamp == NULL) {
        json_decref(schedule);
        return NULL;
    }
    root = json_object();
    json_object_set_new(root, "pobsync", json_integer(1));
    json_object_set_new(root, "written", stamp);
    json_object_set_new(root, "host", document_text(host.name));
    json_object_set_new(root, "created_at", document_time(host.created_at));
    json_object_set_new(root, "settings", host_file_settings(service, &host.config));
    json_object_set_new(root, "schedule", schedule);
    json_object_set_new(root, "host_keys", keys_json(keys, key_count));
    json_object_set_new(root, "newest", document_text(newest_name(snapshots, snapshot_count)));
    json_object_set_new(root, "snapshots", decisions_json(snapshots, snapshot_count));
    return root;
}

int host_file_write(int fd, const char *name, json_t *root, struct err *err)
{
    char *text = json_dumps(root, JSON_INDENT(2));
    int result;

    json_decref(root);
    if (text == NULL)
        abort();
    result = fs_write_file(fd, name, text, strlen(text), 0600, err);
    free(text);
    return result;
}

/* The lock is held from before the rows are read until the file is written: nobody writes older rows over newer ones. */
static int save(struct service *service, const char *host, int parent_fd, const char *folder,
                const char *name, struct err *err)
{
    json_t *root;
    FD_SCOPED fd = -1;

    if (fs_make_dir(parent_fd, folder, 0700, true, err) < 0)
        return -1;
    fd = fs_open_dir(parent_fd, folder, true, err);
    if (fd < 0 || lock_wait(fd, folder, err) < 0)
        return -1;
    root = host_json(service, host, err);
    return root == NULL ? -1 : host_file_write(fd, name, root, err);
}

int host_file_save(struct service *service, const char *host, int host_fd, struct err *err)
{
    struct root root;
    bool known;

    if (root_doubt_note(service, host_fd, host, err) < 0 ||
        service_root_load(service, &root, &known, err) < 0)
        return -1;
    /* Until a person has compared rows and disk, the disk may be the one that is right. */
    return known && root.doubt != NULL ? 0 : save(service, host, host_fd, ".pobsync", "host.json", err);
}

int host_file_save_early(struct service *service, const char *host, int root_fd, struct err *err)
{
    const char *name = arena_printf(service->arena, "%s.json", host);
    FD_SCOPED fd = -1;

    if (fs_make_dir(root_fd, ".pobsync", 0700, true, err) < 0)
        return -1;
    fd = fs_open_dir(root_fd, ".pobsync", true, err);
    return fd < 0 ? -1 : save(service, host, fd, "hosts", name, err);
}

static int remove_file(int fd, const char *name, const char *path, struct err *err)
{
    /* If we die here the file stays: one of a host without a directory is not read when the directory has one, and one
     * of a host that was removed is removed by whoever follows the changes next. */
    if (unlinkat(fd, name, 0) < 0)
        return errno == ENOENT ? 0 : err_errno(err, ERR_IO, errno, "\"%s\" cannot be removed", path);
    return fs_sync(fd, path, err);
}

int host_file_remove_early(struct service *service, const char *host, int root_fd, struct err *err)
{
    const char *name = arena_printf(service->arena, "%s.json", host);
    FD_SCOPED fd = fs_open_dir(root_fd, EARLY_FILES, true, err);

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    return remove_file(fd, name, arena_printf(service->arena, EARLY_FILES "/%s", name), err);
}

int host_file_remove(struct service *service, const char *host, int root_fd, struct err *err)
{
    const char *path = arena_printf(service->arena, "%s/.pobsync", host);
    struct host_file_stamp stamp;
    struct installation installation;
    char uuid[37];
    FD_SCOPED fd = -1;

    if (host_file_remove_early(service, host, root_fd, err) < 0)
        return -1;
    fd = fs_open_dir(root_fd, path, true, err);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    random_uuid(uuid);
    if (store_installation_load(service->arena, service->db, uuid, service->now, &installation, err) < 0)
        return -1;
    /* What somebody else wrote is not ours to remove. */
    if (!host_file_stamp_load(service->arena, fd, "host.json", &stamp) ||
        strcmp(stamp.installation, installation.uuid) != 0)
        return 0;
    return remove_file(fd, "host.json", arena_printf(service->arena, "%s/host.json", path), err);
}
