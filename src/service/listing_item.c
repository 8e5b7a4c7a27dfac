/* Parts of the documents of lists. */
#include "service/listing_item.h"

#include "service/document.h"

static const char *const type_names[] = {
    [LISTING_TEXT] = "text", [LISTING_ID] = "id",       [LISTING_NUMBER] = "number", [LISTING_FLAG] = "flag",
    [LISTING_TIME] = "time", [LISTING_BYTES] = "bytes", [LISTING_LINES] = "lines",
};

int listing_table_wanted(const char *name, const struct listing_table **table, struct err *err)
{
    *table = listing_table_find(name);
    if (*table != NULL)
        return 0;
    return err_set(err, ERR_NOT_FOUND, "there is no table \"%s\"", name);
}

static json_t *listing_value_item(const struct listing_column *column, const struct listing_value *value)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list lines = {0};
    json_t *items;

    if (value->kind == LISTING_NONE)
        return json_null();
    switch (column->type) {
    case LISTING_TEXT:
        return document_text(value->text);
    case LISTING_FLAG:
        return json_boolean(value->number != 0);
    case LISTING_TIME:
        return document_time(value->number);
    case LISTING_LINES:
        items = json_array();
        list_add_lines(&arena, &lines, value->text);
        for (size_t i = 0; i < lines.count; i++)
            json_array_append_new(items, document_text(lines.items[i]));
        return items;
    case LISTING_ID:
    case LISTING_NUMBER:
    case LISTING_BYTES:
    case LISTING__MAX:
        break;
    }
    return json_integer(value->number);
}

json_t *listing_words_item(const char *words)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list lines = {0};
    json_t *items = json_array();

    list_add_lines(&arena, &lines, words);
    for (size_t i = 0; i < lines.count; i++)
        json_array_append_new(items, json_string(lines.items[i]));
    return items;
}

json_t *listing_column_item(const struct listing_column *column)
{
    json_t *item = json_pack("{s:s, s:s}", "name", column->name, "type", type_names[column->type]);

    json_object_set_new(item, "words",
                        column->words == NULL ? json_null() : listing_words_item(column->words));
    json_object_set_new(item, "help", column->field == NULL ? json_null() : json_string(column->field->help));
    return item;
}

json_t *listing_row_item(const struct listing_row *row, const struct listing_column *columns,
                         const bool *shown, size_t count)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", json_integer(row->id));
    for (size_t i = 0; i < count; i++)
        if (shown == NULL || shown[i])
            json_object_set_new(item, columns[i].name, listing_value_item(&columns[i], &row->values[i]));
    return item;
}

json_t *listing_table_item(const struct listing_table *table)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:s?}", "table", table->name, "title", table->title, "singular",
                     table->singular, "read_only", table->is_fact, "add", table->add);
}
