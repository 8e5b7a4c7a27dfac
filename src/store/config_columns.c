/* The columns of settings. */
#include "store/config_columns.h"

#include "base/buf.h"

const char *config_columns_sql(struct arena *arena, const char *before, enum field_scope scope,
                               enum config_columns form, const char *after)
{
    BUF_SCOPED sql = BUF_EMPTY;
    const char *separator = "";

    buf_add_text(&sql, before);
    for (size_t i = 0; i < config_field_count; i++) {
        if ((config_fields[i].scope & scope) == 0)
            continue;
        buf_add_text(&sql, separator);
        if (form != CONFIG_COLUMNS_MARKS)
            buf_add_text(&sql, config_fields[i].name);
        if (form == CONFIG_COLUMNS_ASSIGN)
            buf_add_text(&sql, " = ");
        if (form != CONFIG_COLUMNS_NAMES)
            buf_add_text(&sql, "?");
        separator = ", ";
    }
    buf_add_text(&sql, after);
    return arena_copy(arena, buf_text(&sql), sql.size);
}

static void bind_field(struct db_stmt *stmt, int index, const struct field *field,
                       const struct config *config)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const void *value = field_value(field, config);

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

int config_columns_bind(struct db_stmt *stmt, int index, enum field_scope scope, const struct config *config)
{
    for (size_t i = 0; i < config_field_count; i++) {
        if ((config_fields[i].scope & scope) == 0)
            continue;
        if (config_is_set(config, &config_fields[i]))
            bind_field(stmt, index++, &config_fields[i], config);
        else
            db_bind_null(stmt, index++);
    }
    return index;
}

static void read_field(struct arena *arena, struct db_stmt *stmt, int column, const struct field *field,
                       struct config *config)
{
    void *member = field_member(field, config);

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

void config_columns_read(struct arena *arena, struct db_stmt *stmt, int column, enum field_scope scope,
                         struct config *config)
{
    *config = (struct config){0};
    for (size_t i = 0; i < config_field_count; i++) {
        if ((config_fields[i].scope & scope) == 0)
            continue;
        if (!db_is_null(stmt, column)) {
            read_field(arena, stmt, column, &config_fields[i], config);
            config->set |= (uint64_t)1 << i;
        }
        column++;
    }
}
