/*
 * The columns of an entity, as its field table lists them, in its order. The one place where the text of a statement is
 * put together; its parts are names of such a table and literals.
 */
#ifndef STORE_FIELD_COLUMNS_H
#define STORE_FIELD_COLUMNS_H

#include "db/db.h"
#include "model/field.h"

enum field_columns {
    FIELD_COLUMNS_NAMES,  /* a, b, c */
    FIELD_COLUMNS_MARKS,  /* ?, ?, ? */
    FIELD_COLUMNS_ASSIGN, /* a = ?, b = ?, c = ? */
};

/* `before`, the columns of `scope` in a form, `after`. */
const char *field_columns_sql(struct arena *arena, const char *before, const struct field_table *table,
                              unsigned scope, enum field_columns form, const char *after);

/* One member of an entity: bound as a parameter (a text that is NULL as NULL), read from a column that is not NULL. */
void field_column_bind(struct db_stmt *stmt, int index, const struct field *field, const void *entity);
void field_column_read(struct arena *arena, struct db_stmt *stmt, int column, const struct field *field,
                       void *entity);

#endif
