/*
 * The columns of settings: those of the field table of model/config.h, for a layer in which a field may be not set.
 */
#ifndef STORE_CONFIG_COLUMNS_H
#define STORE_CONFIG_COLUMNS_H

#include "db/db.h"
#include "model/config.h"
#include "store/field_columns.h"

/* `before`, the columns of `scope` in a form, `after`. */
const char *config_columns_sql(struct arena *arena, const char *before, enum field_scope scope,
                               enum field_columns form, const char *after);

/* Binds the fields of `scope` from parameter `index` on; what is not set becomes NULL. Returns the next index. */
int config_columns_bind(struct db_stmt *stmt, int index, enum field_scope scope, const struct config *config);

/* Fills a layer from the columns of `scope`, which begin at `column`. */
void config_columns_read(struct arena *arena, struct db_stmt *stmt, int column, enum field_scope scope,
                         struct config *config);

#endif
