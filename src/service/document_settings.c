/* The global settings as a document, and settings as a part of others. */
#include "service/document.h"

#include "service/host_settings.h"

json_t *document_field(const struct field *field, const void *entity)
{
    const void *member = field_value(field, entity);
    const struct list *list = member;
    json_t *array;

    switch (field->type) {
    case FIELD_TEXT:
        return document_text(*(const char *const *)member);
    case FIELD_INT:
        return json_integer(*(const int64_t *)member);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)member);
    case FIELD_LIST:
        array = json_array();
        for (size_t i = 0; i < list->count; i++)
            json_array_append_new(array, document_text(list->items[i]));
        return array;
    case FIELD__MAX:
        break;
    }
    return json_null();
}

json_t *document_settings(const struct effective *effective, enum field_scope scope)
{
    json_t *settings = json_array();

    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        json_t *setting;

        if ((field->scope & scope) == 0)
            continue;
        setting = json_object();
        json_object_set_new(setting, "name", json_string(field->name));
        json_object_set_new(setting, "value",
                            config_is_set(&effective->config, field)
                                ? document_field(field, &effective->config)
                                : json_null());
        json_object_set_new(setting, "origin", json_string(config_origin_name(effective->origin[i])));
        json_object_set_new(setting, "help", json_string(field->help));
        json_array_append_new(settings, setting);
    }
    return settings;
}

int document_global(struct service *service, json_t **document, struct err *err)
{
    struct effective effective;

    if (global_settings_load(service, &effective, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "settings", document_settings(&effective, SCOPE_GLOBAL));
    return 0;
}
