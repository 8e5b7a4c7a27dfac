/* Hosts with their layer of the settings. */
#include "store/store_host.h"

#include "store/config_columns.h"
#include "store/store_row.h"

#define HOST_SELECT "SELECT id, node_id, name, created_at, "
enum { HOST_COLUMNS = 4 };

static void read_host(struct arena *arena, struct db_stmt *stmt, struct host *host)
{
    host->id = db_int(stmt, 0);
    host->node_id = db_int(stmt, 1);
    host->name = store_text(arena, stmt, 2);
    host->created_at = db_int(stmt, 3);
    config_columns_read(arena, stmt, HOST_COLUMNS, SCOPE_HOST, &host->config);
}

static int no_host(struct db *db, const char *name, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *names = NULL;
    const char *nearest;

    if (db_prepare(db, "SELECT name FROM host ORDER BY name", &names, err) < 0)
        return -1;
    nearest = store_nearest(&arena, names, name);
    err_set(err, ERR_NOT_FOUND, "no host \"%s\"", name);
    return nearest == NULL ? -1 : err_hint(err, "did you mean \"%s\"?", nearest);
}

int store_host_load(struct arena *arena, struct db *db, const char *name, struct host *host, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql =
        config_columns_sql(arena, HOST_SELECT, SCOPE_HOST, FIELD_COLUMNS_NAMES, " FROM host WHERE name = ?");
    int row;

    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, name);
    row = db_step(stmt, err);
    if (row == 0)
        return no_host(db, name, err);
    if (row > 0)
        read_host(arena, stmt, host);
    return row > 0 ? 0 : -1;
}

int store_host_list(struct arena *arena, struct db *db, struct host **hosts, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql =
        config_columns_sql(arena, HOST_SELECT, SCOPE_HOST, FIELD_COLUMNS_NAMES, " FROM host ORDER BY name");
    int row;

    *hosts = NULL;
    *count = 0;
    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0) {
        *hosts = store_rows_room(arena, *hosts, *count, sizeof **hosts);
        read_host(arena, stmt, &(*hosts)[(*count)++]);
    }
    return row;
}

/* Whether an insert failed because of the name, and not for another key. */
static bool name_is_taken(struct db *db, const char *name)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct err ignored;

    if (db_prepare(db, "SELECT 1 FROM host WHERE name = ?", &stmt, &ignored) < 0)
        return false;
    db_bind_text(stmt, 1, name);
    return db_step(stmt, &ignored) > 0;
}

int store_host_insert(struct db *db, const struct host *host, int64_t *id, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql = config_columns_sql(&arena, "INSERT INTO host (node_id, name, created_at, ", SCOPE_HOST,
                                         FIELD_COLUMNS_NAMES, ") VALUES (?, ?, ?, ");

    sql = config_columns_sql(&arena, sql, SCOPE_HOST, FIELD_COLUMNS_MARKS, ")");
    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host->node_id);
    db_bind_text(stmt, 2, host->name);
    db_bind_int(stmt, 3, host->created_at);
    config_columns_bind(stmt, HOST_COLUMNS, SCOPE_HOST, &host->config);
    if (db_step(stmt, err) < 0) {
        if (err->code == ERR_EXISTS && name_is_taken(db, host->name))
            err_set(err, ERR_EXISTS, "host \"%s\" exists already", host->name);
        return -1;
    }
    *id = db_last_id(db);
    return 0;
}

static int was_removed(struct err *err, const struct host *host)
{
    return err_set(err, ERR_NOT_FOUND, "host \"%s\" has been removed in the meantime", host->name);
}

int store_host_save(struct db *db, const struct host *host, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql =
        config_columns_sql(&arena, "UPDATE host SET ", SCOPE_HOST, FIELD_COLUMNS_ASSIGN, " WHERE id = ?");

    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, config_columns_bind(stmt, 1, SCOPE_HOST, &host->config), host->id);
    if (db_step(stmt, err) < 0)
        return -1;
    return db_changes(db) == 0 ? was_removed(err, host) : 0;
}

int store_host_delete(struct db *db, const struct host *host, struct err *err)
{
    int64_t deleted = db_run(db, err, "DELETE FROM host WHERE id = ?", "i", host->id);

    if (deleted == 0)
        return was_removed(err, host);
    if (deleted < 0 && err->code == ERR_EXISTS) /* only run.running_host_id holds a host back */
        err_set(err, ERR_BUSY, "a backup of host \"%s\" is still running", host->name);
    return deleted < 0 ? -1 : 0;
}
