/* Settings with their value and where it comes from, as a table. */
#include "cli/settings.h"

#include <string.h>

#include "base/text.h"
#include "cli/cell.h"
#include "cli/table.h"
#include "model/config.h"

/* A number with its unit, by the table of settings. */
static const char *shown_number(struct arena *arena, const char *name, const json_t *value)
{
    const struct field *field = config_field(name);
    struct config config = {0};

    if (field == NULL || field->type != FIELD_INT)
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    *(int64_t *)field_member(field, &config) = (int64_t)json_integer_value(value);
    return field_shown(arena, field, &config);
}

static const char *shown(struct arena *arena, const json_t *setting)
{
    const json_t *value = json_object_get(setting, "value");

    if (json_is_integer(value))
        return shown_number(arena, cell_text(arena, setting, "name"), value);
    if (json_is_string(value) && json_string_length(value) == 0)
        return "(nothing)";
    return json_is_null(value) ? "(not set)" : cell_text(arena, setting, "value");
}

static void add_row(struct table *table, const char *name, const char *value, const char *origin)
{
    table_add(table, name);
    table_add(table, value);
    table_add(table, origin);
}

/* A list takes a row for each item. */
static void add_setting(struct table *table, const json_t *setting)
{
    struct arena *arena = table->arena;
    const json_t *value = json_object_get(setting, "value");
    const char *name = cell_text(arena, setting, "name");
    const char *origin = cell_text(arena, setting, "origin");

    if (!json_is_array(value)) {
        add_row(table, name, shown(arena, setting), origin);
        return;
    }
    if (json_array_size(value) == 0)
        add_row(table, name, "(nothing)", origin);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);

        add_row(table, i == 0 ? name : "",
                text_printable_dup(arena, json_string_value(item), json_string_length(item)),
                i == 0 ? origin : "");
    }
}

static bool is_named(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
            return true;
    return false;
}

void settings_render(struct call *call, const json_t *document, const json_t *names)
{
    static const struct table_column columns[] = {
        {"SETTING", TABLE_LEFT}, {"VALUE", TABLE_LEFT}, {"ORIGIN", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *settings = json_object_get(document, "settings");

    for (size_t i = 0; i < json_array_size(settings); i++) {
        const json_t *setting = json_array_get(settings, i);

        if (names == NULL || is_named(names, json_string_value(json_object_get(setting, "name"))))
            add_setting(&table, setting);
    }
    table_render(&table, &call->terminal, &call->out);
}
