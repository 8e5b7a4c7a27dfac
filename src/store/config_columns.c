/* The columns of settings. */
#include "store/config_columns.h"

const char *config_columns_sql(struct arena *arena, const char *before, enum field_scope scope,
                               enum field_columns form, const char *after)
{
    const struct field_table table = {config_fields, config_field_count};

    return field_columns_sql(arena, before, &table, scope, form, after);
}

int config_columns_bind(struct db_stmt *stmt, int index, enum field_scope scope, const struct config *config)
{
    for (size_t i = 0; i < config_field_count; i++) {
        if ((config_fields[i].scope & scope) == 0)
            continue;
        if (config_is_set(config, &config_fields[i]))
            field_column_bind(stmt, index++, &config_fields[i], config);
        else
            db_bind_null(stmt, index++);
    }
    return index;
}

void config_columns_read(struct arena *arena, struct db_stmt *stmt, int column, enum field_scope scope,
                         struct config *config)
{
    *config = (struct config){0};
    for (size_t i = 0; i < config_field_count; i++) {
        if ((config_fields[i].scope & scope) == 0)
            continue;
        if (!db_is_null(stmt, column)) {
            field_column_read(arena, stmt, column, &config_fields[i], config);
            config->set |= (uint64_t)1 << i;
        }
        column++;
    }
}
