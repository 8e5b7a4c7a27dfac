/* From settings to the keys of a file. */
#include <string.h>

#include "plan/legacy_config.h"
#include "plan/legacy_keys.h"

static json_t *list_json(const struct list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_string(list->items[i]));
    return array;
}

static json_t *value_json(const struct field *field, const void *entity)
{
    const void *member = field_value(field, entity);

    switch (field->type) {
    case FIELD_TEXT:
        return json_string(*(const char *const *)member);
    case FIELD_INT:
        return json_integer(*(const int64_t *)member);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)member);
    case FIELD_LIST:
        return list_json(member);
    case FIELD__MAX:
        break;
    }
    return json_null();
}

/* The map at `key`, made if it is not there. */
static json_t *section_json(json_t *top, const char *key)
{
    if (key == NULL)
        return top;
    if (json_object_get(top, key) == NULL)
        json_object_set_new(top, key, json_object());
    return json_object_get(top, key);
}

static void add_fields(json_t *top, const struct config *config, const char *const sections[LEGACY__MAX])
{
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        bool of_top = field->scope == SCOPE_GLOBAL || field->scope == SCOPE_HOST;

        if (!config_is_set(config, field) || strncmp(field->name, "excludes", strlen("excludes")) == 0)
            continue;
        json_object_set_new(section_json(top, of_top ? NULL : sections[legacy_field_section(field)]),
                            of_top ? field->name : legacy_field_key(field), value_json(field, config));
    }
}

json_t *legacy_global_json(const struct config *global)
{
    static const char *const sections[LEGACY__MAX] = {[LEGACY_TOP] = "defaults",
                                                      [LEGACY_SSH] = "ssh",
                                                      [LEGACY_RSYNC] = "rsync",
                                                      [LEGACY_RETENTION] = "retention_defaults"};
    const struct field *excludes = config_field("excludes"), *flag = config_field("excludes_replace");
    json_t *top = json_object();

    add_fields(top, global, sections);
    if (config_is_set(global, excludes))
        json_object_set_new(top, "excludes_default", value_json(excludes, global));
    if (config_is_set(global, flag))
        json_object_set_new(section_json(top, "defaults"), flag->name, value_json(flag, global));
    return top;
}

/* A list that replaces is one key; the flag stands for itself where there is no list, or says no. */
static void add_excludes(json_t *top, const struct config *config)
{
    const struct field *excludes = config_field("excludes"), *flag = config_field("excludes_replace");
    bool has_list = config_is_set(config, excludes), has_flag = config_is_set(config, flag);
    bool replaces = has_flag && config->excludes_replace;

    if (has_list)
        json_object_set_new(top, replaces ? "excludes_replace" : "excludes_add",
                            value_json(excludes, config));
    if (has_flag && !(has_list && replaces))
        json_object_set_new(top, "excludes_replace", value_json(flag, config));
}

static json_t *schedule_json(const struct schedule *schedule)
{
    json_t *map = json_object();

    for (size_t i = 0; i < schedule_fields.count; i++) {
        const struct field *field = &schedule_fields.fields[i];

        if (field->type != FIELD_TEXT || *(const char *const *)field_value(field, schedule) != NULL)
            json_object_set_new(map, field->name, value_json(field, schedule));
    }
    return map;
}

json_t *legacy_host_json(const char *name, const struct config *config, const struct schedule *schedule)
{
    static const char *const sections[LEGACY__MAX] = {
        [LEGACY_SSH] = "ssh", [LEGACY_RSYNC] = "rsync", [LEGACY_RETENTION] = "retention"};
    json_t *top = json_object();

    json_object_set_new(top, "host", json_string(name));
    add_fields(top, config, sections);
    add_excludes(top, config);
    if (schedule != NULL)
        json_object_set_new(top, "schedule", schedule_json(schedule));
    return top;
}
