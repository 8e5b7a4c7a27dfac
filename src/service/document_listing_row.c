/* One row of any table, and what was done to it. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "service/document.h"
#include "service/document_audit.h"
#include "service/document_listing.h"
#include "service/listing_item.h"

enum { EVENTS_READ = 500, EVENTS_SHOWN = 50 };

static const char *item_text(struct arena *arena, const json_t *item, const char *name)
{
    const json_t *value = json_object_get(item, name);

    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    return json_is_string(value) ? json_string_value(value) : "";
}

/* ":host@:name" with the columns of a row in it. */
static const char *fill(struct arena *arena, const char *pattern, const json_t *item)
{
    BUF_SCOPED filled = BUF_EMPTY;

    while (*pattern != '\0') {
        size_t length = *pattern == ':' ? strspn(pattern + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;

        if (length > 0)
            buf_add_text(&filled, item_text(arena, item, arena_copy(arena, pattern + 1, length)));
        else
            buf_add_char(&filled, *pattern);
        pattern += length + 1;
    }
    return arena_copy(arena, buf_text(&filled), filled.size);
}

/* Whether an action ("host.save") is about this kind of thing. */
static bool is_about(struct arena *arena, const struct listing_table *table, const char *action)
{
    return listing_names(table->actions, arena_copy(arena, action, strcspn(action, ".")));
}

static int add_history(struct service *service, const struct listing_table *table, json_t *document,
                       struct err *err)
{
    struct audit_filter filter = {.limit = EVENTS_READ};
    json_t *history = json_array(), *audit, *events;

    json_object_set_new(document, "history", history);
    if (table->object == NULL)
        return 0;
    filter.object = fill(service->arena, table->object, json_object_get(document, "item"));
    if (document_audit(service, &filter, &audit, err) < 0)
        return -1;
    events = json_object_get(audit, "items");
    for (size_t i = 0; i < json_array_size(events) && json_array_size(history) < EVENTS_SHOWN; i++) {
        json_t *event = json_array_get(events, i);

        if (!is_about(service->arena, table, json_string_value(json_object_get(event, "action"))))
            continue;
        json_object_set_new(event, "changes", document_audit_changes(event));
        json_array_append(history, event);
    }
    json_decref(audit);
    return 0;
}

static json_t *related_items(struct arena *arena, const struct listing_table *table, const json_t *item)
{
    json_t *items = json_array();

    for (const struct listing_relation *relation = table->relations;
         relation != NULL && relation->title != NULL; relation++) {
        const char *value = item_text(arena, item, relation->own);

        if (*value != '\0')
            json_array_append_new(items,
                                  json_pack("{s:s, s:s, s:s, s:s}", "title", relation->title, "table",
                                            relation->table, "column", relation->column, "value", value));
    }
    return items;
}

int document_listing_row(struct service *service, const char *table, const char *id, json_t **document,
                         struct err *err)
{
    const struct listing_table *found = NULL;
    const struct listing_column *columns;
    struct listing_row row = {0};
    size_t count;
    int64_t number;
    json_t *item, *heads = json_array();
    struct err ignored;
    int result = listing_table_wanted(table, &found, err);

    if (result == 0)
        result = parse_int(id, INT64_MIN, INT64_MAX, &number, &ignored) < 0
                     ? 0
                     : store_listing_find(service->arena, service->db, found, number, &row, err);
    if (result == 0 && listing_table_find(table) != NULL)
        result = err_set(err, ERR_NOT_FOUND, "%s have no row \"%s\"", table, id);
    if (result < 0) {
        json_decref(heads);
        return -1;
    }
    columns = listing_columns(service->arena, found, &count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(heads, listing_column_item(&columns[i]));
    item = listing_row_item(&row, columns, NULL, count);
    *document = listing_table_item(found);
    json_object_set_new(*document, "id", json_integer(row.id));
    json_object_set_new(*document, "label", json_string(item_text(service->arena, item, found->label)));
    json_object_set_new(*document, "columns", heads);
    json_object_set_new(*document, "item", item);
    json_object_set_new(*document, "site",
                        found->site == NULL ? json_null()
                                            : document_text(fill(service->arena, found->site, item)));
    json_object_set_new(*document, "related", related_items(service->arena, found, item));
    if (add_history(service, found, *document, err) == 0)
        return 0;
    json_decref(*document);
    *document = NULL;
    return -1;
}
