/* The admin site: lists of every table, single rows with their history, and changes of many rows at once. */
#include <string.h>

#include "service/document_listing.h"
#include "service/service_bulk.h"
#include "web/page.h"
#include "web/visit.h"

int page_admin(struct visit *visit, json_t **document, struct err *err)
{
    return document_listing_tables(visit->service, document, err);
}

/* --- lists --------------------------------------------------------------------------------------------------- */

/* The address of the list as it is asked for, with one thing changed (NULL: taken out), from its first page on. */
static json_t *list_href(const struct visit *visit, const char *name, const char *value)
{
    BUF_SCOPED href = BUF_EMPTY;
    const char *separator = "?";

    buf_printf(&href, "/admin/%s", url_encode(visit->arena, visit_param(visit, "table"), false));
    for (size_t i = 0; i < visit->input.count; i++) {
        const struct url_pair *pair = &visit->input.pairs[i];

        if (pair->value[0] == '\0' || strcmp(pair->name, "after") == 0 || strcmp(pair->name, name) == 0)
            continue;
        buf_printf(&href, "%s%s=%s", separator, url_encode(visit->arena, pair->name, false),
                   url_encode(visit->arena, pair->value, false));
        separator = "&";
    }
    if (value != NULL)
        buf_printf(&href, "%s%s=%s", separator, name, url_encode(visit->arena, value, false));
    return json_string(buf_text(&href));
}

/* How a value is shown: by its type, and a state by its badge. */
static const char *cell_type(const json_t *column)
{
    static const char *const badges[] = {"state", "status", "told_health"};
    const char *name = json_string_value(json_object_get(column, "name"));

    for (size_t i = 0; i < sizeof badges / sizeof badges[0]; i++)
        if (strcmp(badges[i], name) == 0)
            return "badge";
    if (json_is_array(json_object_get(column, "words")))
        return "words";
    return json_string_value(json_object_get(column, "type"));
}

static json_t *cell_items(const json_t *columns, const json_t *item, size_t first)
{
    json_t *cells = json_array();

    for (size_t i = first; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        json_t *name = json_object_get(column, "name");
        json_t *value = json_object_get(item, json_string_value(name));

        /* A text that is set to nothing is to be told from one that is not set. */
        json_array_append_new(cells, json_pack("{s:O, s:s, s:O, s:b, s:b, s:b}", "name", name, "type",
                                               cell_type(column), "value", value, "inherits",
                                               json_is_string(json_object_get(column, "help")), "known",
                                               !json_is_null(value), "empty",
                                               json_is_string(value) && json_string_length(value) == 0));
    }
    return cells;
}

/* The column that names a row comes first and is its link. */
static json_t *row_items(const struct visit *visit, const json_t *document)
{
    json_t *columns = json_object_get(document, "columns"), *items = json_object_get(document, "items");
    json_t *rows = json_array();

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        json_int_t id = json_integer_value(json_object_get(item, "id"));
        json_t *cells = cell_items(columns, item, 0);

        json_array_append_new(
            rows, json_pack("{s:I, s:o, s:O, s:o}", "id", id, "href",
                            json_sprintf("/admin/%s/%lld", visit_param(visit, "table"), (long long)id),
                            "name", json_object_get(json_array_get(cells, 0), "value"), "cells", cells));
        json_array_remove(cells, 0);
    }
    return rows;
}

/* A head sorts by its column, or the other way round where it does already. */
static json_t *head_items(const struct visit *visit, const json_t *document)
{
    const json_t *columns = json_object_get(document, "columns");
    const char *sort = json_string_value(json_object_get(document, "sort"));
    json_t *heads = json_array();

    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        const char *name = json_string_value(json_object_get(column, "name"));
        const char *type = json_string_value(json_object_get(column, "type"));
        bool rising = strcmp(sort, name) == 0, falling = sort[0] == '-' && strcmp(sort + 1, name) == 0;

        json_array_append_new(
            heads,
            json_pack("{s:s, s:o, s:s?, s:b}", "name", name, "href",
                      list_href(visit, "sort", rising ? arena_printf(visit->arena, "-%s", name) : name),
                      "sorted",
                      rising    ? "ascending"
                      : falling ? "descending"
                                : NULL,
                      "is_number", strcmp(type, "number") == 0 || strcmp(type, "bytes") == 0));
    }
    return heads;
}

static json_t *option_items(const json_t *words, const char *chosen)
{
    json_t *options = json_array();

    for (size_t i = 0; i < json_array_size(words); i++) {
        json_t *word = json_array_get(words, i);

        json_array_append_new(options,
                              json_pack("{s:O, s:b}", "word", word, "chosen",
                                        chosen != NULL && strcmp(json_string_value(word), chosen) == 0));
    }
    return options;
}

/* Columns that offer a choice of values become selects; others, which came with a link, can only be taken off. */
static void add_filters(const struct visit *visit, const json_t *document, json_t *selects, json_t *chosen)
{
    const json_t *filters = json_object_get(document, "filters");

    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *filter = json_array_get(filters, i), *words = json_object_get(filter, "words");
        const char *name = json_string_value(json_object_get(filter, "name"));
        const char *value = json_string_value(json_object_get(filter, "chosen"));

        if (json_is_array(words))
            json_array_append_new(selects, json_pack("{s:s, s:b, s:o}", "name", name, "none",
                                                     value != NULL && strcmp(value, "none") == 0, "options",
                                                     option_items(words, value)));
        if (value != NULL)
            json_array_append_new(chosen,
                                  json_pack("{s:s, s:s, s:o, s:b}", "name", name, "value", value, "href",
                                            list_href(visit, name, NULL), "is_select", json_is_array(words)));
    }
}

static json_t *date_items(const struct visit *visit, const json_t *dates)
{
    json_t *items = json_array();

    for (size_t i = 0; i < json_array_size(dates); i++) {
        const char *date = json_string_value(json_array_get(dates, i));

        json_array_append_new(items,
                              json_pack("{s:s, s:o}", "date", date, "href", list_href(visit, "date", date)));
    }
    return items;
}

/* The dates above the one that is shown: all, the year, the month. */
static json_t *date_path(const struct visit *visit, const char *date)
{
    json_t *items = json_array();

    if (date == NULL)
        return items;
    json_array_append_new(
        items, json_pack("{s:s, s:o}", "date", "All dates", "href", list_href(visit, "date", NULL)));
    for (size_t length = 4; length < strlen(date); length += 3) {
        const char *above = arena_copy(visit->arena, date, length);

        json_array_append_new(
            items, json_pack("{s:s, s:o}", "date", above, "href", list_href(visit, "date", above)));
    }
    return items;
}

static json_t *action_items(const struct visit *visit, const char *table)
{
    json_t *items = json_array();

    for (const struct bulk_action *action = bulk_actions; action->table != NULL; action++)
        if (strcmp(action->table, table) == 0 && account_may(visit->account, action->right))
            json_array_append_new(items, json_pack("{s:s, s:s, s:b}", "name", action->name, "title",
                                                   action->title, "destructive", action->destructive));
    return items;
}

/* What came with the address and belongs to the form of the filters without being one of its fields. */
static json_t *kept_items(const struct visit *visit)
{
    static const char *const kept[] = {"sort", "date", "columns"};
    json_t *items = json_array();

    for (size_t i = 0; i < visit->input.count; i++)
        for (size_t j = 0; j < sizeof kept / sizeof kept[0]; j++)
            if (strcmp(visit->input.pairs[i].name, kept[j]) == 0 && visit->input.pairs[i].value[0] != '\0')
                json_array_append_new(
                    items, json_pack("{s:s, s:s}", "name", kept[j], "value", visit->input.pairs[i].value));
    return items;
}

static json_t *list_extra(struct visit *visit, const json_t *document)
{
    const char *next = json_string_value(json_object_get(document, "next"));
    const char *date = json_string_value(json_object_get(document, "date"));
    json_t *extra = json_object(), *selects = json_array(), *chosen = json_array();

    add_filters(visit, document, selects, chosen);
    json_object_set_new(extra, "heads", head_items(visit, document));
    json_object_set_new(extra, "rows", row_items(visit, document));
    json_object_set_new(extra, "selects", selects);
    json_object_set_new(extra, "chosen", chosen);
    json_object_set_new(extra, "kept", kept_items(visit));
    json_object_set_new(extra, "date_links", date_items(visit, json_object_get(document, "dates")));
    json_object_set_new(extra, "date_path", date_path(visit, date));
    json_object_set_new(extra, "actions", action_items(visit, visit_param(visit, "table")));
    json_object_set_new(extra, "next_href", next == NULL ? json_null() : list_href(visit, "after", next));
    json_object_set_new(
        extra, "is_filtered",
        json_boolean(json_array_size(chosen) > 0 || date != NULL || visit_text(visit, "q") != NULL));
    json_object_set_new(extra, "is_first", json_boolean(visit_text(visit, "after") == NULL));
    return extra;
}

int page_admin_list(struct visit *visit, json_t **document, struct err *err)
{
    struct listing_wish *wishes = arena_alloc(visit->arena, (visit->input.count + 1) * sizeof *wishes);

    for (size_t i = 0; i < visit->input.count; i++)
        wishes[i] = (struct listing_wish){visit->input.pairs[i].name, visit->input.pairs[i].value};
    if (document_listing(visit->service, visit_param(visit, "table"), wishes, visit->input.count, document,
                         err) < 0)
        return -1;
    visit->title = arena_strdup(visit->arena, json_string_value(json_object_get(*document, "title")));
    visit->extra = list_extra(visit, *document);
    return 0;
}

/* --- one row ------------------------------------------------------------------------------------------------- */

int page_admin_row(struct visit *visit, json_t **document, struct err *err)
{
    const char *table = visit_param(visit, "table");

    if (document_listing_row(visit->service, table, visit_param(visit, "id"), document, err) < 0)
        return -1;
    visit->title =
        arena_printf(visit->arena, "%s %s", json_string_value(json_object_get(*document, "singular")),
                     json_string_value(json_object_get(*document, "label")));
    visit->extra =
        json_pack("{s:o, s:o}", "cells",
                  cell_items(json_object_get(*document, "columns"), json_object_get(*document, "item"), 0),
                  "actions", action_items(visit, table));
    return 0;
}

/* --- many rows ----------------------------------------------------------------------------------------------- */

static struct list ticked(const struct visit *visit)
{
    struct list ids = {0};

    for (size_t i = 0; i < visit->input.count; i++)
        if (strcmp(visit->input.pairs[i].name, "item") == 0)
            list_add_lines(visit->arena, &ids, visit->input.pairs[i].value);
    return ids;
}

static int find_action(const struct visit *visit, const struct bulk_action **action, struct err *err)
{
    const char *name = visit_text(visit, "action");

    *action = NULL;
    /* The form that is shown again for a missing field may miss this one. */
    if (name == NULL)
        return err_set(err, ERR_INVALID, "action is missing");
    if (bulk_action_find(visit_param(visit, "table"), name, action, err) < 0)
        return -1;
    if (account_may(visit->account, (*action)->right))
        return 0;
    return err_set(err, ERR_NOT_ALLOWED, "this needs the right \"%s\" (%s), which %s has not",
                   right_name((*action)->right), right_help((*action)->right), visit->account->name);
}

static void add_count(struct visit *visit, const json_t *document)
{
    visit->title = arena_printf(visit->arena, "%s: %s", json_string_value(json_object_get(document, "title")),
                                json_string_value(json_object_get(document, "action_title")));
    visit->extra =
        json_pack("{s:I}", "count", (json_int_t)json_array_size(json_object_get(document, "items")));
}

int page_admin_confirm(struct visit *visit, json_t **document, struct err *err)
{
    const struct list ids = ticked(visit);
    const struct bulk_action *action = NULL;

    if (find_action(visit, &action, err) < 0 ||
        document_bulk_plan(visit->service, action, &ids, document, err) < 0)
        return -1;
    add_count(visit, *document);
    return 0;
}

/* The answer is the receipt: which rows it was done to, and what stood against the others. */
int page_admin_confirm_post(struct visit *visit, json_t **document, struct err *err)
{
    const struct list ids = ticked(visit);
    const struct bulk_action *action = NULL;

    if (find_action(visit, &action, err) < 0 ||
        service_bulk_apply(visit->service, action, &ids, visit_text(visit, "confirm"), document, err) < 0)
        return -1;
    add_count(visit, *document);
    return 0;
}
