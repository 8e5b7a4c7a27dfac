/* Fields of entities as text: reading, writing, showing. */
#include "model/field.h"

#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "base/when.h"

const struct field *field_find(const struct field_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->fields[i].name, name) == 0)
            return &table->fields[i];
    return NULL;
}

const char *field_option(struct arena *arena, const struct field *field)
{
    char *option = arena_printf(arena, "--%s", field->option != NULL ? field->option : field->name);

    for (char *c = option; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return option;
}

const char *field_negation(struct arena *arena, const struct field *field)
{
    if (field->negation != NULL)
        return arena_printf(arena, "--%s", field->negation);
    return arena_printf(arena, "--no-%s", field_option(arena, field) + 2);
}

static int parse_number(const struct field *field, const char *text, int64_t *value, struct err *err)
{
    int64_t number = 0;
    int result = 0;

    switch (field->unit) {
    case UNIT_SECONDS:
        result = parse_duration(text, &number, err);
        break;
    case UNIT_BYTES:
        result = parse_size(text, &number, err);
        break;
    case UNIT_NONE:
    case UNIT_HOURS:
    case UNIT_KBPS:
        result = parse_int(text, field->min, field->max, &number, err);
        break;
    }
    if (result == 0 && (number < field->min || number > field->max))
        result = err_set(err, ERR_INVALID, "\"%s\" is outside %lld to %lld %s", text, (long long)field->min,
                         (long long)field->max, field->unit == UNIT_SECONDS ? "seconds" : "bytes");
    if (result == 0)
        *value = number;
    return result;
}

static int parse_list(struct arena *arena, const struct field *field, const char *text, struct list *list,
                      struct err *err)
{
    struct list items = {0};

    list_add_lines(arena, &items, text);
    for (size_t i = 0; i < items.count; i++)
        if (field->rule != NULL && field->rule(items.items[i], err) < 0)
            return -1;
    *list = items;
    return 0;
}

/* A text without a default may be set to nothing; one with a default always says something. */
static int parse_text(struct arena *arena, const struct field *field, const char *text, const char **value,
                      struct err *err)
{
    bool nothing = text[0] == '\0' && field->fallback == NULL;

    if (!nothing && field->rule != NULL && field->rule(text, err) < 0)
        return -1;
    *value = arena_strdup(arena, text);
    return 0;
}

int field_parse(struct arena *arena, const struct field *field, void *entity, const char *text,
                struct err *err)
{
    void *member = field_member(field, entity);
    int result = 0;

    switch (field->type) {
    case FIELD_TEXT:
        result = parse_text(arena, field, text, (const char **)member, err);
        break;
    case FIELD_INT:
        result = parse_number(field, text, (int64_t *)member, err);
        break;
    case FIELD_BOOL:
        result = parse_bool(text, (bool *)member, err);
        break;
    case FIELD_LIST:
        result = parse_list(arena, field, text, (struct list *)member, err);
        break;
    case FIELD__MAX:
        result = err_set(err, ERR_INTERNAL, "the field has no type");
        break;
    }
    return result < 0 ? err_in(err, "%s", field_option(arena, field)) : 0;
}

const char *field_text(struct arena *arena, const struct field *field, const void *entity)
{
    const void *member = field_value(field, entity);

    switch (field->type) {
    case FIELD_TEXT:
        return *(const char *const *)member;
    case FIELD_INT:
        return arena_printf(arena, "%lld", (long long)*(const int64_t *)member);
    case FIELD_BOOL:
        return *(const bool *)member ? "yes" : "no";
    case FIELD_LIST:
        return list_lines(arena, member);
    case FIELD__MAX:
        break;
    }
    return NULL;
}

const char *field_shown(struct arena *arena, const struct field *field, const void *entity)
{
    const void *member = field_value(field, entity);
    char shown[WHEN_TEXT];

    if (field->type == FIELD_LIST)
        return list_join(arena, member, ", ");
    if (field->type != FIELD_INT)
        return field_text(arena, field, entity);
    switch (field->unit) {
    case UNIT_SECONDS:
        return arena_strdup(arena, when_duration(shown, *(const int64_t *)member));
    case UNIT_BYTES:
        return text_bytes(arena, *(const int64_t *)member);
    case UNIT_HOURS:
        return arena_printf(arena, "%lld h", (long long)*(const int64_t *)member);
    case UNIT_KBPS:
        return arena_printf(arena, "%lld KiB/s", (long long)*(const int64_t *)member);
    case UNIT_NONE:
        break;
    }
    return field_text(arena, field, entity);
}
