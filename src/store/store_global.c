/* The global layer of the settings: one row, which the migration has made. */
#include "store/store_global.h"

#include "store/config_columns.h"

static int row_is_gone(struct err *err)
{
    return err_set(err, ERR_DATABASE, "table \"global_config\" has no row 1");
}

int store_global_load(struct arena *arena, struct db *db, struct config *config, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql = config_columns_sql(arena, "SELECT ", SCOPE_GLOBAL, FIELD_COLUMNS_NAMES,
                                         " FROM global_config WHERE id = 1");
    int row;

    if (db_prepare(db, sql, &stmt, err) < 0 || (row = db_step(stmt, err)) < 0)
        return -1;
    if (row == 0)
        return row_is_gone(err);
    config_columns_read(arena, stmt, 0, SCOPE_GLOBAL, config);
    return 0;
}

int store_global_save(struct db *db, const struct config *config, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql = config_columns_sql(&arena, "UPDATE global_config SET ", SCOPE_GLOBAL,
                                         FIELD_COLUMNS_ASSIGN, " WHERE id = 1");

    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    config_columns_bind(stmt, 1, SCOPE_GLOBAL, config);
    if (db_step(stmt, err) < 0)
        return -1;
    return db_changes(db) == 0 ? row_is_gone(err) : 0;
}
