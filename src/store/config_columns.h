/*
 * The columns of settings, as the field table of model/config.h lists them, in its order. The one place where the text
 * of a statement is put together; its parts are names of that table and literals.
 */
#ifndef STORE_CONFIG_COLUMNS_H
#define STORE_CONFIG_COLUMNS_H

#include "db/db.h"
#include "model/config.h"

enum config_columns {
    CONFIG_COLUMNS_NAMES,  /* a, b, c */
    CONFIG_COLUMNS_MARKS,  /* ?, ?, ? */
    CONFIG_COLUMNS_ASSIGN, /* a = ?, b = ?, c = ? */
};

/* `before`, the columns of `scope` in a form, `after`. */
const char *config_columns_sql(struct arena *arena, const char *before, enum field_scope scope,
                               enum config_columns form, const char *after);

/* Binds the fields of `scope` from parameter `index` on; what is not set becomes NULL. Returns the next index. */
int config_columns_bind(struct db_stmt *stmt, int index, enum field_scope scope, const struct config *config);

/* Fills a layer from the columns of `scope`, which begin at `column`. */
void config_columns_read(struct arena *arena, struct db_stmt *stmt, int column, enum field_scope scope,
                         struct config *config);

#endif
