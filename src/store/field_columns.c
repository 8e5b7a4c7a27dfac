/* The columns of an entity. */
#include "store/field_columns.h"

#include "base/buf.h"

const char *field_columns_sql(struct arena *arena, const char *before, const struct field_table *table,
                              unsigned scope, enum field_columns form, const char *after)
{
    BUF_SCOPED sql = BUF_EMPTY;
    const char *separator = "";

    buf_add_text(&sql, before);
    for (size_t i = 0; i < table->count; i++) {
        if ((table->fields[i].scope & scope) == 0)
            continue;
        buf_add_text(&sql, separator);
        if (form != FIELD_COLUMNS_MARKS)
            buf_add_text(&sql, table->fields[i].name);
        if (form == FIELD_COLUMNS_ASSIGN)
            buf_add_text(&sql, " = ");
        if (form != FIELD_COLUMNS_NAMES)
            buf_add_text(&sql, "?");
        separator = ", ";
    }
    buf_add_text(&sql, after);
    return arena_copy(arena, buf_text(&sql), sql.size);
}

void field_column_bind(struct db_stmt *stmt, int index, const struct field *field, const void *entity)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const void *value = field_value(field, entity);

    switch (field->type) {
    case FIELD_TEXT:
        db_bind_text(stmt, index, *(const char *const *)value);
        break;
    case FIELD_INT:
        db_bind_int(stmt, index, *(const int64_t *)value);
        break;
    case FIELD_BOOL:
        db_bind_int(stmt, index, *(const bool *)value);
        break;
    case FIELD_LIST:
        db_bind_text(stmt, index, list_lines(&arena, value));
        break;
    case FIELD__MAX:
        break;
    }
}

void field_column_read(struct arena *arena, struct db_stmt *stmt, int column, const struct field *field,
                       void *entity)
{
    void *member = field_member(field, entity);

    switch (field->type) {
    case FIELD_TEXT:
        *(const char **)member = arena_strdup(arena, db_text(stmt, column));
        break;
    case FIELD_INT:
        *(int64_t *)member = db_int(stmt, column);
        break;
    case FIELD_BOOL:
        *(bool *)member = db_int(stmt, column) != 0;
        break;
    case FIELD_LIST:
        list_add_lines(arena, member, db_text(stmt, column));
        break;
    case FIELD__MAX:
        break;
    }
}
