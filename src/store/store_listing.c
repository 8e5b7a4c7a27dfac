/* Statements of lists, put together from their declaration. */
#include "store/store_listing.h"

#include <assert.h>
#include <string.h>

#include "store/store_row.h"

enum { BOUND_MAX = 200, COLUMNS_MAX = 80 };

/* A statement with the values of its parameters, in order. */
struct statement {
    struct buf sql;
    struct listing_value bound[BOUND_MAX];
    int count;
};

const struct listing_table *listing_table_find(const char *name)
{
    for (const struct listing_table *table = listing_tables; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

bool listing_names(const char *names, const char *name)
{
    size_t length = strlen(name);

    while (*names != '\0') {
        size_t word = strcspn(names, " ");

        if (word == length && strncmp(names, name, length) == 0)
            return true;
        names += word + (names[word] == ' ');
    }
    return false;
}

static enum listing_type field_listing_type(const struct field *field)
{
    switch (field->type) {
    case FIELD_INT:
        return field->unit == UNIT_BYTES ? LISTING_BYTES : LISTING_NUMBER;
    case FIELD_BOOL:
        return LISTING_FLAG;
    case FIELD_LIST:
        return LISTING_LINES;
    case FIELD_TEXT:
    case FIELD__MAX:
        break;
    }
    return LISTING_TEXT;
}

const struct listing_column *listing_columns(struct arena *arena, const struct listing_table *table,
                                             size_t *count)
{
    struct listing_column *columns = arena_alloc(arena, COLUMNS_MAX * sizeof *columns);

    *count = 0;
    for (const struct listing_column *column = table->columns; column->name != NULL; column++)
        columns[(*count)++] = *column;
    for (size_t i = 0; table->fields != NULL && i < table->fields->count; i++) {
        const struct field *field = &table->fields->fields[i];

        if ((field->scope & table->scope) == 0)
            continue;
        assert(*count < COLUMNS_MAX);
        columns[(*count)++] =
            (struct listing_column){.name = field->name,
                                    .sql = arena_printf(arena, "%s.%s", table->main, field->name),
                                    .type = field_listing_type(field),
                                    .field = field};
    }
    return columns;
}

static void bind(struct statement *statement, struct listing_value value)
{
    assert(statement->count < BOUND_MAX);
    statement->bound[statement->count++] = value;
}

static struct listing_value number(int64_t value)
{
    return (struct listing_value){.kind = LISTING_IS_NUMBER, .number = value};
}

static const struct listing_column *column_find(const struct listing_query *query, const char *name)
{
    for (size_t i = 0; i < query->column_count; i++)
        if (strcmp(query->columns[i].name, name) == 0)
            return &query->columns[i];
    return NULL;
}

static void add_filter(struct statement *statement, const struct listing_filter *filter)
{
    const char *separator = "";
    struct buf *sql = &statement->sql;

    buf_add_text(sql, " AND (");
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->values[i].kind == LISTING_NONE)
            buf_printf(sql, "%s%s IS NULL", separator, filter->column->sql);
        else {
            buf_printf(sql, "%s%s = ?", separator, filter->column->sql);
            bind(statement, filter->values[i]);
        }
        separator = " OR ";
    }
    buf_add_char(sql, ')');
}

/* "%text%" with what LIKE would take for more than itself marked. */
static const char *like_pattern(struct arena *arena, const char *text)
{
    BUF_SCOPED pattern = BUF_EMPTY;

    buf_add_char(&pattern, '%');
    for (; *text != '\0'; text++) {
        if (strchr("%_!", *text) != NULL)
            buf_add_char(&pattern, '!');
        buf_add_char(&pattern, *text);
    }
    buf_add_char(&pattern, '%');
    return arena_copy(arena, buf_text(&pattern), pattern.size);
}

/* Whatever the case: SQLite's LIKE is so by itself, for A to Z. */
static void add_search(struct arena *arena, struct statement *statement, const struct listing_query *query)
{
    const char *separator = "", *pattern = like_pattern(arena, query->search);

    buf_add_text(&statement->sql, " AND (");
    for (size_t i = 0; i < query->column_count; i++) {
        if (!listing_names(query->table->searched, query->columns[i].name))
            continue;
        buf_printf(&statement->sql, "%slower(%s) LIKE lower(?) ESCAPE '!'", separator, query->columns[i].sql);
        bind(statement, (struct listing_value){.kind = LISTING_IS_TEXT, .text = pattern});
        separator = " OR ";
    }
    buf_add_char(&statement->sql, ')');
}

/* What a row must have to be in the list at all. */
static void add_conditions(struct arena *arena, struct statement *statement,
                           const struct listing_query *query)
{
    buf_printf(&statement->sql, " FROM %s WHERE 1 = 1", query->table->from);
    if (query->from != 0 || query->until != 0) {
        const struct listing_column *date = column_find(query, query->table->date);

        buf_printf(&statement->sql, " AND %s >= ? AND %s < ?", date->sql, date->sql);
        bind(statement, number(query->from));
        bind(statement, number(query->until));
    }
    for (size_t i = 0; i < query->filter_count; i++)
        add_filter(statement, &query->filters[i]);
    if (query->search != NULL)
        add_search(arena, statement, query);
}

static void add_columns(struct buf *sql, const struct listing_query *query)
{
    buf_printf(sql, "SELECT %s", query->table->id);
    for (size_t i = 0; i < query->column_count; i++)
        buf_printf(sql, ", %s", query->columns[i].sql);
}

/* Rows behind the last one of the page before, and their order. A row is behind by its value, or by its id. */
static void add_order(struct statement *statement, const struct listing_query *query, bool with_value)
{
    const char *sort = query->sort == NULL ? NULL : query->sort->sql, *id = query->table->id;
    const char *way = query->descending ? "DESC" : "ASC", *behind = query->descending ? "<" : ">";
    struct buf *sql = &statement->sql;

    if (sort == NULL || strcmp(sort, id) == 0)
        sort = NULL;
    else
        buf_printf(sql, " AND %s IS %s", sort, with_value ? "NOT NULL" : "NULL");
    if (query->goes_on && sort != NULL && with_value && query->after.kind != LISTING_NONE) {
        buf_printf(sql, " AND (%s, %s) %s (?, ?)", sort, id, behind);
        bind(statement, query->after);
        bind(statement, number(query->after_id));
    } else if (query->goes_on && (sort == NULL || (!with_value && query->after.kind == LISTING_NONE))) {
        buf_printf(sql, " AND %s %s ?", id, behind);
        bind(statement, number(query->after_id));
    }
    if (sort != NULL && with_value)
        buf_printf(sql, " ORDER BY %s %s, %s %s LIMIT ?", sort, way, id, way);
    else
        buf_printf(sql, " ORDER BY %s %s LIMIT ?", id, way);
}

static void build(struct arena *arena, struct statement *statement, const struct listing_query *query,
                  bool with_value)
{
    add_columns(&statement->sql, query);
    add_conditions(arena, statement, query);
    add_order(statement, query, with_value);
}

void store_listing_sql(const struct listing_query *query, bool with_value, struct buf *sql)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct statement statement = {0};

    build(&arena, &statement, query, with_value);
    buf_add_text(sql, buf_text(&statement.sql));
    buf_release(&statement.sql);
}

static int prepare(struct db *db, struct statement *statement, struct db_stmt **stmt, struct err *err)
{
    int result = db_prepare(db, buf_text(&statement->sql), stmt, err);

    buf_release(&statement->sql);
    for (int i = 0; result == 0 && i < statement->count; i++) {
        if (statement->bound[i].kind == LISTING_IS_NUMBER)
            db_bind_int(*stmt, i + 1, statement->bound[i].number);
        else
            db_bind_text(*stmt, i + 1, statement->bound[i].text);
    }
    return result;
}

static bool is_text(enum listing_type type)
{
    return type == LISTING_TEXT || type == LISTING_LINES;
}

static struct listing_row read_row(struct arena *arena, struct db_stmt *stmt,
                                   const struct listing_column *columns, size_t count)
{
    struct listing_value *values = arena_alloc(arena, count * sizeof *values);

    for (size_t i = 0; i < count; i++) {
        int at = (int)i + 1;

        if (db_is_null(stmt, at))
            values[i] = (struct listing_value){.kind = LISTING_NONE};
        else if (is_text(columns[i].type))
            values[i] = (struct listing_value){.kind = LISTING_IS_TEXT, .text = store_text(arena, stmt, at)};
        else
            values[i] = number(db_int(stmt, at));
    }
    return (struct listing_row){.id = db_int(stmt, 0), .values = values};
}

/* The rows that have a value to be sorted by, or those that have none. */
static int load_part(struct arena *arena, struct db *db, const struct listing_query *query, bool with_value,
                     struct listing_row **rows, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct statement statement = {0};
    int row = 0;

    build(arena, &statement, query, with_value);
    bind(&statement, number(query->limit - (int64_t)*count));
    if (prepare(db, &statement, &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0) {
        *rows = store_rows_room(arena, *rows, *count, sizeof **rows);
        (*rows)[(*count)++] = read_row(arena, stmt, query->columns, query->column_count);
    }
    return row;
}

int store_listing_load(struct arena *arena, struct db *db, const struct listing_query *query,
                       struct listing_row **rows, size_t *count, struct err *err)
{
    bool by_id = query->sort == NULL || strcmp(query->sort->sql, query->table->id) == 0;
    bool first = query->descending || by_id; /* those with a value come first */
    bool behind_none = query->goes_on && query->after.kind == LISTING_NONE && !by_id;
    bool behind_value = query->goes_on && query->after.kind != LISTING_NONE;

    *rows = NULL;
    *count = 0;
    /* A page that begins in the second part has nothing of the first. */
    if (!(first ? behind_none : behind_value) && load_part(arena, db, query, first, rows, count, err) < 0)
        return -1;
    if (!by_id && *count < (size_t)query->limit && load_part(arena, db, query, !first, rows, count, err) < 0)
        return -1;
    return 0;
}

int store_listing_count(struct db *db, const struct listing_query *query, int64_t most, int64_t *count,
                        struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    struct statement statement = {0};

    buf_add_text(&statement.sql, "SELECT COUNT(*) FROM (SELECT 1");
    add_conditions(&arena, &statement, query);
    buf_add_text(&statement.sql, " LIMIT ?) AS found");
    bind(&statement, number(most));
    if (prepare(db, &statement, &stmt, err) < 0 || db_step(stmt, err) < 0)
        return -1;
    *count = db_int(stmt, 0);
    return 0;
}

int store_listing_find(struct arena *arena, struct db *db, const struct listing_table *table, int64_t id,
                       struct listing_row *row, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct statement statement = {0};
    struct listing_query query = {.table = table};
    int found;

    query.columns = listing_columns(arena, table, &query.column_count);
    add_columns(&statement.sql, &query);
    buf_printf(&statement.sql, " FROM %s WHERE %s = ?", table->from, table->id);
    bind(&statement, number(id));
    if (prepare(db, &statement, &stmt, err) < 0)
        return -1;
    found = db_step(stmt, err);
    if (found > 0)
        *row = read_row(arena, stmt, query.columns, query.column_count);
    return found;
}

/* "snapshot.started_at" */
static const char *date_of(struct arena *arena, const struct listing_table *table)
{
    struct listing_query query = {.table = table};

    query.columns = listing_columns(arena, table, &query.column_count);
    return column_find(&query, table->date)->sql;
}

/* Two statements, each of which an index answers at once; MIN and MAX in one would look at every row. */
static int end_date(struct db *db, const struct listing_table *table, const char *date, const char *way,
                    int64_t *when, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct statement statement = {0};
    int row;

    buf_printf(&statement.sql, "SELECT %s FROM %s WHERE %s IS NOT NULL ORDER BY %s %s LIMIT 1", date,
               table->from, date, date, way);
    if (prepare(db, &statement, &stmt, err) < 0)
        return -1;
    row = db_step(stmt, err);
    *when = row > 0 ? db_int(stmt, 0) : 0;
    return row < 0 ? -1 : 0;
}

int store_listing_dates(struct arena *arena, struct db *db, const struct listing_table *table, int64_t *first,
                        int64_t *last, struct err *err)
{
    const char *date = date_of(arena, table);

    if (end_date(db, table, date, "ASC", first, err) < 0)
        return -1;
    return end_date(db, table, date, "DESC", last, err);
}

int store_listing_has_date(struct arena *arena, struct db *db, const struct listing_table *table,
                           int64_t from, int64_t until, struct err *err)
{
    const char *date = date_of(arena, table);
    DB_STMT_SCOPED *stmt = NULL;
    struct statement statement = {0};

    buf_printf(&statement.sql, "SELECT 1 FROM %s WHERE %s >= ? AND %s < ? LIMIT 1", table->from, date, date);
    bind(&statement, number(from));
    bind(&statement, number(until));
    if (prepare(db, &statement, &stmt, err) < 0)
        return -1;
    return db_step(stmt, err);
}
