/* Lists of the admin site: what is asked for becomes a query of the store, and its rows a document. */
#include "service/document_listing.h"

#include <string.h>

#include "base/parse.h"
#include "base/when.h"
#include "service/document.h"
#include "service/listing_item.h"

enum {
    LIMIT = 100,
    LIMIT_MAX = 500,
    COUNTED = 10000,
    VALUES_MAX = 40,
    FILTERS_MAX = 4,
    SEARCH_MAX = 200,
    YEARS_MAX = 50
};

/* A list that is being asked for. */
struct listing {
    struct service *service;
    const struct listing_table *table;
    const struct listing_column *all;
    size_t all_count;
    bool *shown; /* for each of all */
    struct listing_query query;
    struct listing_filter filters[FILTERS_MAX];
    const char *sort, *search, *date;
};

static const struct listing_column *find_column(const struct listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->all_count; i++)
        if (strcmp(listing->all[i].name, name) == 0)
            return &listing->all[i];
    return NULL;
}

static int no_column(const struct listing *listing, const char *name, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s have no column \"%s\"", listing->table->name, name);
}

/* The next of several values that are separated by commas; NULL: that was all. */
static const char *next_value(struct arena *arena, const char **text)
{
    size_t length;
    const char *value;

    if (*text == NULL)
        return NULL;
    length = strcspn(*text, ",");
    value = arena_copy(arena, *text, length);
    *text = (*text)[length] == ',' ? *text + length + 1 : NULL;
    return value;
}

/* A value of a column as text, read for the database. */
static int read_value(const struct listing_column *column, const char *text, struct listing_value *value,
                      struct err *err)
{
    bool flag = false;
    int result = 0;

    *value = (struct listing_value){.kind = LISTING_IS_NUMBER};
    switch (column->type) {
    case LISTING_TEXT:
    case LISTING_LINES:
        *value = (struct listing_value){.kind = LISTING_IS_TEXT, .text = text};
        break;
    case LISTING_FLAG:
        result = parse_bool(text, &flag, err);
        value->number = flag;
        break;
    case LISTING_TIME:
        result = when_parse_rfc3339(text, &value->number, err);
        break;
    case LISTING_ID:
    case LISTING_NUMBER:
    case LISTING_BYTES:
        result = parse_int(text, INT64_MIN, INT64_MAX, &value->number, err);
        break;
    case LISTING__MAX:
        break;
    }
    return result;
}

static int bad_value(const char *name, struct err *err)
{
    err->code = ERR_USAGE;
    return err_in(err, "%s", name);
}

static int take_filter(struct listing *listing, const struct listing_wish *wish, struct err *err)
{
    struct arena *arena = listing->service->arena;
    const struct listing_column *column = find_column(listing, wish->name);
    struct listing_value *values = arena_alloc(arena, VALUES_MAX * sizeof *values);
    size_t count = 0;
    const char *text = wish->value, *value;

    if (column == NULL)
        return no_column(listing, wish->name, err);
    if (listing->query.filter_count == FILTERS_MAX)
        return err_set(err, ERR_USAGE, "at most %d columns can be filtered by at once", FILTERS_MAX);
    while ((value = next_value(arena, &text)) != NULL) {
        if (count == VALUES_MAX)
            return err_set(err, ERR_USAGE, "%s: at most %d values", wish->name, VALUES_MAX);
        if (strcmp(value, "none") == 0)
            values[count++] = (struct listing_value){.kind = LISTING_NONE};
        else if (read_value(column, value, &values[count++], err) < 0)
            return bad_value(wish->name, err);
    }
    listing->filters[listing->query.filter_count++] =
        (struct listing_filter){.column = column, .values = values, .count = count};
    return 0;
}

static int take_sort(struct listing *listing, const char *text, struct err *err)
{
    listing->sort = text;
    listing->query.descending = text[0] == '-';
    text += listing->query.descending;
    listing->query.sort = find_column(listing, text);
    return listing->query.sort == NULL ? no_column(listing, text, err) : 0;
}

static int take_columns(struct listing *listing, const char *text, struct err *err)
{
    const char *name;

    while ((name = next_value(listing->service->arena, &text)) != NULL) {
        const struct listing_column *column = find_column(listing, name);

        if (column == NULL)
            return no_column(listing, name, err);
        listing->shown[column - listing->all] = true;
    }
    return 0;
}

/* "2026", "2026-11", "2026-11-22": the time from its beginning to that of the next one. */
static int take_date(struct listing *listing, const char *text, struct err *err)
{
    struct civil begin = {.month = 1, .day = 1}, end;
    size_t length = strlen(text);
    char whole[] = "YYYY-01-01T00:00:00Z";
    int64_t when;

    if ((length != 4 && length != 7 && length != 10) || strspn(text, "0123456789-") != length)
        return err_set(err, ERR_USAGE, "date: \"%s\" is none, expected 2026, 2026-11 or 2026-11-22", text);
    memcpy(whole, text, length);
    if (when_parse_rfc3339(whole, &when, err) < 0)
        return bad_value("date", err);
    begin = end = when_civil(when);
    if (length == 4)
        end = (struct civil){.year = begin.year + 1, .month = 1, .day = 1};
    else if (length == 7)
        end =
            (struct civil){.year = begin.year + (begin.month == 12), .month = begin.month % 12 + 1, .day = 1};
    listing->date = text;
    listing->query.from = when;
    listing->query.until = length == 10 ? when + 86400 : when_from_civil(&end);
    return 0;
}

/* "12" or "12=value": the row behind which it goes on, and what it is sorted by. */
static int take_after(struct listing *listing, const char *text, struct err *err)
{
    size_t length = strcspn(text, "=");
    const char *id = arena_copy(listing->service->arena, text, length);

    listing->query.goes_on = true;
    if (parse_int(id, INT64_MIN, INT64_MAX, &listing->query.after_id, err) < 0)
        return bad_value("after", err);
    if (text[length] == '\0' || listing->query.sort == NULL)
        return 0;
    if (listing->query.sort->type == LISTING_TIME) {
        listing->query.after.kind = LISTING_IS_NUMBER;
        return parse_int(text + length + 1, INT64_MIN, INT64_MAX, &listing->query.after.number, err) < 0
                   ? bad_value("after", err)
                   : 0;
    }
    if (read_value(listing->query.sort, text + length + 1, &listing->query.after, err) < 0)
        return bad_value("after", err);
    return 0;
}

static int take_limit(struct listing *listing, const char *text, struct err *err)
{
    int64_t limit;

    if (parse_int(text, 1, LIMIT_MAX, &limit, err) < 0)
        return bad_value("limit", err);
    listing->query.limit = (int)limit;
    return 0;
}

static int take_search(struct listing *listing, const char *text, struct err *err)
{
    if (strlen(text) > SEARCH_MAX)
        return err_set(err, ERR_USAGE, "q: at most %d bytes", SEARCH_MAX);
    listing->search = listing->query.search = text;
    return 0;
}

static int take(struct listing *listing, const struct listing_wish *wish, struct err *err)
{
    static const struct {
        const char *name;
        int (*take)(struct listing *listing, const char *text, struct err *err);
    } wishes[] = {{"q", take_search},  {"columns", take_columns},
                  {"date", take_date}, {"limit", take_limit},
                  {"sort", NULL},      {"after", NULL}};

    if (wish->value[0] == '\0')
        return 0;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++)
        if (strcmp(wishes[i].name, wish->name) == 0)
            return wishes[i].take == NULL ? 0 : wishes[i].take(listing, wish->value, err);
    return take_filter(listing, wish, err);
}

static const char *wish_value(const struct listing_wish *wishes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(wishes[i].name, name) == 0 && wishes[i].value[0] != '\0')
            return wishes[i].value;
    return NULL;
}

static int read_wishes(struct listing *listing, const struct listing_wish *wishes, size_t count,
                       struct err *err)
{
    const char *sort = wish_value(wishes, count, "sort"), *after = wish_value(wishes, count, "after");
    bool chosen = wish_value(wishes, count, "columns") != NULL;

    listing->all = listing_columns(listing->service->arena, listing->table, &listing->all_count);
    listing->shown = arena_alloc(listing->service->arena, listing->all_count * sizeof *listing->shown);
    for (size_t i = 0; i < listing->all_count; i++)
        listing->shown[i] = !chosen && listing_names(listing->table->shown, listing->all[i].name);
    /* What names a row is the link to it. */
    listing->shown[find_column(listing, listing->table->label) - listing->all] = true;
    listing->query = (struct listing_query){.table = listing->table,
                                            .columns = listing->all,
                                            .column_count = listing->all_count,
                                            .filters = listing->filters,
                                            .limit = LIMIT};
    if (take_sort(listing, sort != NULL ? sort : listing->table->sort, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (take(listing, &wishes[i], err) < 0)
            return -1;
    return after == NULL ? 0 : take_after(listing, after, err);
}

/* What of a list of values was chosen by a filter, as text; null: nothing. */
static json_t *chosen_item(const struct listing *listing, const struct listing_column *column,
                           const struct listing_wish *wishes, size_t count)
{
    (void)listing;
    const char *value = wish_value(wishes, count, column->name);

    return value == NULL ? json_null() : document_text(value);
}

/* The columns whose values are offered for choice, and those that something was chosen of. */
static json_t *filter_items(const struct listing *listing, const struct listing_wish *wishes, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < listing->all_count; i++) {
        const struct listing_column *column = &listing->all[i];
        bool offered = listing_names(listing->table->filters, column->name);
        json_t *item;

        if (!offered && wish_value(wishes, count, column->name) == NULL)
            continue;
        item = json_object();
        json_object_set_new(item, "name", json_string(column->name));
        json_object_set_new(item, "words",
                            column->type == LISTING_FLAG ? json_pack("[s, s]", "yes", "no")
                            : column->words != NULL      ? listing_words_item(column->words)
                                                         : json_null());
        json_object_set_new(item, "chosen", chosen_item(listing, column, wishes, count));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *next_item(const struct listing *listing, const struct listing_row *last)
{
    const struct listing_column *sort = listing->query.sort;
    const struct listing_value *value = &last->values[sort - listing->all];

    if (value->kind == LISTING_NONE)
        return json_sprintf("%lld", (long long)last->id);
    if (value->kind == LISTING_IS_NUMBER && sort->type == LISTING_FLAG)
        return json_sprintf("%lld=%s", (long long)last->id, value->number != 0 ? "yes" : "no");
    if (value->kind == LISTING_IS_NUMBER)
        return json_sprintf("%lld=%lld", (long long)last->id, (long long)value->number);
    return json_sprintf("%lld=%s", (long long)last->id, value->text);
}

/* One date of a list of dates, unless no row has it. */
static int add_date(struct listing *listing, json_t *dates, const struct civil *begin,
                    const struct civil *end, const char *text, struct err *err)
{
    int has = store_listing_has_date(listing->service->arena, listing->service->db, listing->table,
                                     when_from_civil(begin), when_from_civil(end), err);

    if (has > 0)
        json_array_append_new(dates, json_string(text));
    return has < 0 ? -1 : 0;
}

static int add_years(struct listing *listing, json_t *dates, struct err *err)
{
    struct arena *arena = listing->service->arena;
    int64_t first, last, year, end;

    if (store_listing_dates(arena, listing->service->db, listing->table, &first, &last, err) < 0)
        return -1;
    if (first == 0 && last == 0)
        return 0;
    end = when_civil(last).year;
    year = when_civil(first).year;
    if (year < end - YEARS_MAX)
        year = end - YEARS_MAX;
    for (; year <= end; year++) {
        const struct civil from = {.year = year, .month = 1, .day = 1},
                           until = {.year = year + 1, .month = 1, .day = 1};

        if (add_date(listing, dates, &from, &until, arena_printf(arena, "%04lld", (long long)year), err) < 0)
            return -1;
    }
    return 0;
}

static int add_months(struct listing *listing, json_t *dates, struct err *err)
{
    int64_t year = when_civil(listing->query.from).year;

    for (int month = 1; month <= 12; month++) {
        const struct civil from = {.year = year, .month = month, .day = 1},
                           until = {.year = year + (month == 12), .month = month % 12 + 1, .day = 1};

        if (add_date(listing, dates, &from, &until,
                     arena_printf(listing->service->arena, "%04lld-%02d", (long long)year, month), err) < 0)
            return -1;
    }
    return 0;
}

static int add_days(struct listing *listing, json_t *dates, struct err *err)
{
    for (int64_t day = listing->query.from; day < listing->query.until; day += 86400) {
        const struct civil from = when_civil(day), until = when_civil(day + 86400);

        if (add_date(listing, dates, &from, &until,
                     arena_printf(listing->service->arena, "%04lld-%02d-%02d", (long long)from.year,
                                  from.month, from.day),
                     err) < 0)
            return -1;
    }
    return 0;
}

/* One step further down than what was asked for. */
static int date_items(struct listing *listing, json_t *dates, struct err *err)
{
    if (listing->table->date == NULL)
        return 0;
    if (listing->date == NULL)
        return add_years(listing, dates, err);
    if (strlen(listing->date) == 4)
        return add_months(listing, dates, err);
    return strlen(listing->date) == 7 ? add_days(listing, dates, err) : 0;
}

static void add_columns(const struct listing *listing, json_t *document)
{
    json_t *columns = json_array(), *all = json_array();

    for (size_t i = 0; i < listing->all_count; i++) {
        json_array_append_new(
            all, json_pack("{s:s, s:b}", "name", listing->all[i].name, "shown", listing->shown[i]));
        if (listing->shown[i])
            json_array_append_new(columns, listing_column_item(&listing->all[i]));
    }
    json_object_set_new(document, "columns", columns);
    json_object_set_new(document, "all_columns", all);
}

static void add_rows(const struct listing *listing, const struct listing_row *rows, size_t count,
                     size_t limit, json_t *document)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items,
                              listing_row_item(&rows[i], listing->all, listing->shown, listing->all_count));
    json_object_set_new(document, "items", items);
    json_object_set_new(document, "next", count > limit ? next_item(listing, &rows[limit - 1]) : json_null());
}

int document_listing(struct service *service, const char *table, const struct listing_wish *wishes,
                     size_t count, json_t **document, struct err *err)
{
    struct listing listing = {.service = service};
    struct listing_row *rows;
    size_t row_count, limit;
    int64_t total;
    json_t *dates;

    if (listing_table_wanted(table, &listing.table, err) < 0 || read_wishes(&listing, wishes, count, err) < 0)
        return -1;
    limit = (size_t)listing.query.limit++;
    if (store_listing_load(service->arena, service->db, &listing.query, &rows, &row_count, err) < 0 ||
        store_listing_count(service->db, &listing.query, COUNTED + 1, &total, err) < 0)
        return -1;
    dates = json_array();
    if (date_items(&listing, dates, err) < 0) {
        json_decref(dates);
        return -1;
    }
    *document = listing_table_item(listing.table);
    add_columns(&listing, *document);
    json_object_set_new(*document, "filters", filter_items(&listing, wishes, count));
    add_rows(&listing, rows, row_count, limit, *document);
    json_object_set_new(*document, "total", json_integer(total > COUNTED ? COUNTED : total));
    json_object_set_new(*document, "total_is_exact", json_boolean(total <= COUNTED));
    json_object_set_new(*document, "sort", document_text(listing.sort));
    json_object_set_new(*document, "q", document_text(listing.search));
    json_object_set_new(*document, "date", document_text(listing.date));
    json_object_set_new(*document, "dates", dates);
    return 0;
}

int document_listing_tables(struct service *service, json_t **document, struct err *err)
{
    json_t *items = json_array();

    for (const struct listing_table *table = listing_tables; table->name != NULL; table++) {
        const struct listing_query query = {.table = table};
        int64_t rows;

        if (store_listing_count(service->db, &query, COUNTED + 1, &rows, err) < 0) {
            json_decref(items);
            return -1;
        }
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:I, s:b, s:b}", "name", table->name, "title",
                                        table->title, "rows", (json_int_t)(rows > COUNTED ? COUNTED : rows),
                                        "rows_are_all", rows <= COUNTED, "read_only", table->is_fact));
    }
    *document = json_pack("{s:o}", "items", items);
    return 0;
}
