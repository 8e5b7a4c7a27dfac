/* meta.json, written and read. */
#include "engine/snapshot_meta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"
#include "plan/snapshot_name.h"
#include "sys/fs.h"

enum { FORMAT = 1 };

static const struct {
    const char *name;
    size_t offset;
} stats_fields[] = {
    {"files", offsetof(struct run_stats, files)},
    {"directories", offsetof(struct run_stats, directories)},
    {"bytes", offsetof(struct run_stats, bytes)},
    {"linked_files", offsetof(struct run_stats, linked_files)},
    {"copied_same", offsetof(struct run_stats, copied_same)},
    {"new_inodes", offsetof(struct run_stats, new_inodes)},
    {"new_bytes", offsetof(struct run_stats, new_bytes)},
    {"sent", offsetof(struct run_stats, sent)},
    {"received", offsetof(struct run_stats, received)},
    {"transferred", offsetof(struct run_stats, transferred)},
    {"failed_paths", offsetof(struct run_stats, failed_paths)},
    {"rsync_exit", offsetof(struct run_stats, rsync_exit)},
    {"connect_ms", offsetof(struct run_stats, connect_ms)},
    {"transfer_ms", offsetof(struct run_stats, transfer_ms)},
    {"finish_ms", offsetof(struct run_stats, finish_ms)},
};

static int64_t *stats_member(struct run_stats *stats, size_t i)
{
    return (int64_t *)(void *)((char *)stats + stats_fields[i].offset);
}

/* Text that may be any bytes: JSON holds UTF-8 only, so what is not becomes \xNN. */
static json_t *text_json(const char *text)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    if (text == NULL)
        return json_null();
    return json_string(text_printable_dup(&arena, text, strlen(text)));
}

static json_t *time_json(int64_t when)
{
    char text[WHEN_TEXT];

    return when == 0 ? json_null() : json_string(when_rfc3339(text, when));
}

static json_t *meta_json(const struct snapshot_meta *meta)
{
    json_t *root = json_object(), *stats = json_object(), *arguments = json_array();
    const char *status = snapshot_status_name(meta->status);

    for (size_t i = 0; i < sizeof stats_fields / sizeof stats_fields[0]; i++) {
        int64_t value = *stats_member((struct run_stats *)(uintptr_t)&meta->stats, i);

        json_object_set_new(stats, stats_fields[i].name, value < 0 ? json_null() : json_integer(value));
    }
    for (size_t i = 0; i < meta->arguments.count; i++)
        json_array_append_new(arguments, text_json(meta->arguments.items[i]));
    json_object_set_new(root, "pobsync", json_integer(FORMAT));
    json_object_set_new(root, "host", text_json(meta->host));
    json_object_set_new(root, "name", text_json(meta->name));
    json_object_set_new(root, "kind", text_json(snapshot_kind_name(meta->kind)));
    json_object_set_new(root, "status", text_json(status));
    json_object_set_new(root, "started_at", time_json(meta->started_at));
    json_object_set_new(root, "ended_at", time_json(meta->ended_at));
    json_object_set_new(root, "base", text_json(meta->base));
    json_object_set_new(root, "held_reason", text_json(meta->held_reason));
    json_object_set_new(root, "cause",
                        meta->cause == CAUSE_NONE ? json_null() : text_json(cause_name(meta->cause)));
    json_object_set_new(root, "message", text_json(meta->message));
    json_object_set_new(root, "run", json_integer(meta->run));
    json_object_set_new(root, "installation", text_json(meta->installation));
    json_object_set_new(root, "boot_id", text_json(meta->boot_id));
    json_object_set_new(root, "source", text_json(meta->source));
    json_object_set_new(root, "arguments", arguments);
    json_object_set_new(root, "stats", stats);
    return root;
}

int snapshot_meta_save(int directory_fd, const struct snapshot_meta *meta, struct err *err)
{
    json_t *root = meta_json(meta);
    char *text = json_dumps(root, JSON_INDENT(2));
    int result;

    json_decref(root);
    if (text == NULL)
        abort();
    result = fs_write_file(directory_fd, "meta.json", text, strlen(text), 0644, err);
    free(text);
    return result;
}

static const char *text_of(struct arena *arena, const json_t *root, const char *key)
{
    return arena_strdup(arena, json_string_value(json_object_get(root, key)));
}

static int time_of(const json_t *root, const char *key, int64_t *when, struct err *err)
{
    const char *text = json_string_value(json_object_get(root, key));

    *when = 0;
    return text == NULL ? 0 : when_parse_rfc3339(text, when, err);
}

static int meta_from_json(struct arena *arena, const json_t *root, struct snapshot_meta *meta,
                          struct err *err)
{
    const json_t *stats = json_object_get(root, "stats"), *arguments = json_object_get(root, "arguments"),
                 *item;
    const char *cause = json_string_value(json_object_get(root, "cause"));
    const char *kind = json_string_value(json_object_get(root, "kind"));
    size_t index;

    if (json_integer_value(json_object_get(root, "pobsync")) != FORMAT)
        return err_set(err, ERR_INVALID, "\"meta.json\" is not of format %d of pobsync", FORMAT);
    meta->host = text_of(arena, root, "host");
    meta->name = text_of(arena, root, "name");
    meta->kind = snapshot_kind_parse(kind == NULL ? "" : kind);
    meta->status = snapshot_status_parse(json_string_value(json_object_get(root, "status")));
    meta->cause = cause == NULL ? CAUSE_NONE : cause_parse(cause);
    if (meta->host == NULL || meta->name == NULL || !snapshot_name_is_ours(meta->name) ||
        meta->kind == KIND__MAX || meta->status == SNAPSHOT__MAX || meta->cause == CAUSE__MAX)
        return err_set(err, ERR_INVALID, "\"meta.json\" lacks a host, name, kind or status that make sense");
    if (time_of(root, "started_at", &meta->started_at, err) < 0 ||
        time_of(root, "ended_at", &meta->ended_at, err) < 0)
        return err_in(err, "\"meta.json\"");
    meta->base = text_of(arena, root, "base");
    meta->held_reason = text_of(arena, root, "held_reason");
    meta->message = text_of(arena, root, "message");
    meta->run = json_integer_value(json_object_get(root, "run"));
    meta->installation = text_of(arena, root, "installation");
    meta->boot_id = text_of(arena, root, "boot_id");
    meta->source = text_of(arena, root, "source");
    json_array_foreach((json_t *)(uintptr_t)arguments, index, item) if (json_is_string(item))
        list_add(arena, &meta->arguments, json_string_value(item));
    for (size_t i = 0; i < sizeof stats_fields / sizeof stats_fields[0]; i++) {
        const json_t *value = json_object_get(stats, stats_fields[i].name);

        *stats_member(&meta->stats, i) = json_is_integer(value) ? json_integer_value(value) : -1;
    }
    return 0;
}

int snapshot_meta_parse(struct arena *arena, const char *text, size_t size, struct snapshot_meta *meta,
                        struct err *err)
{
    json_error_t error;
    json_t *root;
    int result;

    *meta = (struct snapshot_meta){0};
    root = size > SNAPSHOT_META_MAX ? NULL : json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (size > SNAPSHOT_META_MAX)
        return err_set(err, ERR_INVALID, "\"meta.json\" has %zu bytes, more than %d", size,
                       (int)SNAPSHOT_META_MAX);
    if (root == NULL)
        return err_set(err, ERR_INVALID, "\"meta.json\" line %d: %s", error.line, error.text);
    result = meta_from_json(arena, root, meta, err);
    json_decref(root);
    return result;
}

int snapshot_meta_load(struct arena *arena, int directory_fd, struct snapshot_meta *meta, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;

    if (fs_read_file(directory_fd, "meta.json", SNAPSHOT_META_MAX, &content, err) < 0)
        return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "there is no \"meta.json\"") : -1;
    return snapshot_meta_parse(arena, buf_text(&content), content.size, meta, err);
}
