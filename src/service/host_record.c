/* Reading host.json and global.json. */
#include "service/host_record.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/when.h"
#include "engine/host_key.h"
#include "model/rule.h"
#include "plan/cron.h"
#include "plan/snapshot_name.h"
#include "service/host_file.h"

enum { HOLD_MAX = 4000 };

#define JSON_SCOPED __attribute__((cleanup(release))) json_t
static void release(json_t **json)
{
    json_decref(*json);
}

/* Absent and null are nothing; anything but the type that is wanted is refused. */
static int part_of(const json_t *object, const char *key, json_type type, json_t **part, struct err *err)
{
    *part = json_object_get(object, key);
    if (json_is_null(*part))
        *part = NULL;
    if (*part == NULL || json_typeof(*part) == type)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is %s", key,
                   type == JSON_STRING   ? "no text"
                   : type == JSON_OBJECT ? "no object"
                                         : "no array");
}

static int text_of(struct arena *arena, const json_t *object, const char *key, const char **text,
                   struct err *err)
{
    json_t *part;

    if (part_of(object, key, JSON_STRING, &part, err) < 0)
        return -1;
    *text = arena_strdup(arena, json_string_value(part));
    return 0;
}

static int time_of(const json_t *object, const char *key, int64_t *when, struct err *err)
{
    json_t *part;

    *when = 0;
    if (part_of(object, key, JSON_STRING, &part, err) < 0)
        return -1;
    if (part == NULL || when_parse_rfc3339(json_string_value(part), when, err) == 0)
        return 0;
    return err_in(err, "\"%s\"", key);
}

static int settings_of(struct arena *arena, const json_t *root, enum field_scope scope, struct config *config,
                       struct err *err)
{
    json_t *settings, *value;
    const char *name;

    if (part_of(root, "settings", JSON_OBJECT, &settings, err) < 0)
        return -1;
    json_object_foreach(settings, name, value)
    {
        const struct field *field = config_field(name);

        if (field == NULL)
            return err_set(err, ERR_INVALID, "setting \"%s\" is not known to this version", name);
        if (!json_is_string(value))
            return err_set(err, ERR_INVALID, "setting \"%s\" is no text", name);
        /* Where the root is, is told by whoever found the file. */
        if (field == config_field("backup_root"))
            continue;
        if (config_set(arena, config, scope, field, json_string_value(value), err) < 0)
            return err_in(err, "setting \"%s\"", name);
    }
    return config_check(config, err);
}

static int schedule_of(struct arena *arena, const json_t *root, struct host_record *record, struct err *err)
{
    json_t *schedule, *value;
    struct cron cron;
    const char *name;

    if (part_of(root, "schedule", JSON_OBJECT, &schedule, err) < 0)
        return -1;
    record->has_schedule = schedule != NULL;
    schedule_init(arena, &record->schedule);
    json_object_foreach(schedule, name, value)
    {
        const struct field *field = schedule_field(name);

        if (field == NULL)
            return err_set(err, ERR_INVALID, "\"%s\" of the schedule is not known to this version", name);
        if (!json_is_string(value) && !json_is_null(value))
            return err_set(err, ERR_INVALID, "\"%s\" of the schedule is no text", name);
        if (schedule_set(arena, &record->schedule, field, json_string_value(value), err) < 0)
            return err_in(err, "\"%s\" of the schedule", name);
    }
    if (!record->has_schedule)
        return 0;
    if (record->schedule.cron == NULL)
        return err_set(err, ERR_INVALID, "the schedule has no cron expression");
    return cron_parse(record->schedule.cron, &cron, err) < 0 ? err_in(err, "\"cron\" of the schedule") : 0;
}

static int key_of(struct arena *arena, const struct host_record *record, const json_t *item,
                  struct host_key *key, struct err *err)
{
    const char *type, *text, *pinned_by;
    int64_t pinned_at;

    if (!json_is_object(item))
        return err_set(err, ERR_INVALID, "a host key is no object");
    if (text_of(arena, item, "type", &type, err) < 0 || text_of(arena, item, "key", &text, err) < 0 ||
        text_of(arena, item, "pinned_by", &pinned_by, err) < 0 ||
        time_of(item, "pinned_at", &pinned_at, err) < 0)
        return -1;
    if (type == NULL || text == NULL ||
        !host_key_parse(arena, arena_printf(arena, "%s %s %s", record->host, type, text), record->host,
                        key) ||
        strcmp(key->type, type) != 0 || strcmp(key->key, text) != 0)
        return err_set(err, ERR_INVALID, "a host key is none");
    if (pinned_by != NULL && (pinned_by[0] == '\0' || text_has_control(pinned_by)))
        return err_set(err, ERR_INVALID, "\"pinned_by\" of a host key is no name");
    key->pinned_at = pinned_at != 0 ? pinned_at : record->written_at;
    key->pinned_by = pinned_by != NULL ? pinned_by : "host.json";
    return 0;
}

static int keys_of(struct arena *arena, const json_t *root, struct host_record *record, struct err *err)
{
    json_t *items;

    if (part_of(root, "host_keys", JSON_ARRAY, &items, err) < 0)
        return -1;
    record->keys = arena_alloc(arena, (json_array_size(items) + 1) * sizeof *record->keys);
    for (; record->key_count < json_array_size(items); record->key_count++) {
        struct host_key *key = &record->keys[record->key_count];

        if (key_of(arena, record, json_array_get(items, record->key_count), key, err) < 0)
            return -1;
        for (size_t i = 0; i < record->key_count; i++)
            if (strcmp(record->keys[i].type, key->type) == 0)
                return err_set(err, ERR_INVALID, "there are two host keys of type %s", key->type);
    }
    return 0;
}

/* It will be compared with the names on disk, and shown: nothing that could not be a directory of ours. */
static bool is_snapshot_name(const char *name)
{
    int64_t when;

    return name != NULL && strlen(name) <= 255 && strchr(name, '/') == NULL && !text_has_control(name) &&
           snapshot_name_is_candidate(name, &when);
}

static int decision_of(struct arena *arena, const json_t *item, struct snapshot_decision *decision,
                       struct err *err)
{
    const json_t *pinned = json_object_get(item, "pinned");

    if (!json_is_object(item))
        return err_set(err, ERR_INVALID, "an item of \"snapshots\" is no object");
    if (text_of(arena, item, "name", &decision->name, err) < 0 ||
        text_of(arena, item, "pin_reason", &decision->pin_reason, err) < 0 ||
        text_of(arena, item, "held_reason", &decision->held_reason, err) < 0)
        return -1;
    if (!is_snapshot_name(decision->name))
        return err_set(err, ERR_INVALID, "\"%s\" is no name of a snapshot",
                       decision->name == NULL ? "" : decision->name);
    if (pinned != NULL && !json_is_boolean(pinned))
        return err_set(err, ERR_INVALID, "\"pinned\" of \"%s\" is neither true nor false", decision->name);
    if (!json_is_true(pinned))
        decision->pin_reason = NULL;
    else if (decision->pin_reason == NULL)
        return err_set(err, ERR_INVALID, "\"%s\" is pinned without a reason", decision->name);
    else if (rule_reason(decision->pin_reason, err) < 0)
        return err_in(err, "\"pin_reason\" of \"%s\"", decision->name);
    if (decision->held_reason != NULL &&
        (decision->held_reason[0] == '\0' || strlen(decision->held_reason) > HOLD_MAX ||
         text_has_control(decision->held_reason)))
        return err_set(err, ERR_INVALID, "\"held_reason\" of \"%s\" is no sentence", decision->name);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct snapshot_decision *)a)->name, ((const struct snapshot_decision *)b)->name);
}

static int decisions_of(struct arena *arena, const json_t *root, struct host_record *record, struct err *err)
{
    json_t *items;

    if (part_of(root, "snapshots", JSON_ARRAY, &items, err) < 0 ||
        text_of(arena, root, "newest", &record->newest, err) < 0)
        return -1;
    if (record->newest != NULL && !is_snapshot_name(record->newest))
        return err_set(err, ERR_INVALID, "\"%s\" is no name of a snapshot", record->newest);
    record->decisions = arena_alloc(arena, (json_array_size(items) + 1) * sizeof *record->decisions);
    for (; record->decision_count < json_array_size(items); record->decision_count++)
        if (decision_of(arena, json_array_get(items, record->decision_count),
                        &record->decisions[record->decision_count], err) < 0)
            return -1;
    qsort(record->decisions, record->decision_count, sizeof *record->decisions, by_name);
    for (size_t i = 1; i < record->decision_count; i++)
        if (strcmp(record->decisions[i - 1].name, record->decisions[i].name) == 0)
            return err_set(err, ERR_INVALID, "snapshot \"%s\" is named twice", record->decisions[i].name);
    return 0;
}

int host_record_parse(struct arena *arena, const char *host, const char *text, size_t size,
                      struct host_record *record, struct err *err)
{
    JSON_SCOPED *root = NULL;
    json_t *written;

    *record = (struct host_record){0};
    if (host_file_parse(text, size, &root, err) < 0 || text_of(arena, root, "host", &record->host, err) < 0)
        return -1;
    if (record->host == NULL || strcmp(record->host, host) != 0)
        return err_set(err, ERR_INVALID, "it is of host \"%s\", expected \"%s\"",
                       record->host == NULL ? "" : record->host, host);
    if (rule_host_name(host, err) < 0 || part_of(root, "written", JSON_OBJECT, &written, err) < 0 ||
        time_of(written, "at", &record->written_at, err) < 0 ||
        time_of(root, "created_at", &record->created_at, err) < 0 ||
        settings_of(arena, root, SCOPE_HOST, &record->config, err) < 0)
        return -1;
    if (!config_is_set(&record->config, config_field("address")) || record->config.address[0] == '\0')
        return err_set(err, ERR_INVALID, "it has no address");
    return schedule_of(arena, root, record, err) < 0 || keys_of(arena, root, record, err) < 0
               ? -1
               : decisions_of(arena, root, record, err);
}

int global_record_parse(struct arena *arena, const char *text, size_t size, struct config *config,
                        struct err *err)
{
    JSON_SCOPED *root = NULL;

    *config = (struct config){0};
    return host_file_parse(text, size, &root, err) < 0 ? -1
                                                       : settings_of(arena, root, SCOPE_GLOBAL, config, err);
}

const struct snapshot_decision *host_record_decision(const struct host_record *record, const char *name)
{
    const struct snapshot_decision key = {.name = name};

    return bsearch(&key, record->decisions, record->decision_count, sizeof key, by_name);
}
