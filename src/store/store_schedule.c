/* Schedules. */
#include "store/store_schedule.h"

#include "db/transaction.h"
#include "store/field_columns.h"
#include "store/store_row.h"

enum { OWN_COLUMNS = 8, OWN_PARAMETERS = 5 };

/* The names of the table's columns that the host has as well are told apart by the prefix. */
static const char *select_sql(struct arena *arena, const char *where)
{
    const char *sql =
        "SELECT s.host_id, s.created_at, s.changed_at, s.last_slot_at, h.name, h.node_id, h.enabled, "
        "h.timezone";

    for (size_t i = 0; i < schedule_fields.count; i++)
        sql = arena_printf(arena, "%s, s.%s", sql, schedule_fields.fields[i].name);
    return arena_printf(arena, "%s FROM schedule s JOIN host h ON h.id = s.host_id %s", sql, where);
}

static void read_schedule(struct arena *arena, struct db_stmt *stmt, struct schedule *schedule)
{
    *schedule = (struct schedule){
        .host_id = db_int(stmt, 0),
        .created_at = db_int(stmt, 1),
        .changed_at = db_int(stmt, 2),
        .last_slot_at = db_int(stmt, 3),
        .host = store_text(arena, stmt, 4),
        .node_id = db_int(stmt, 5),
        .host_enabled = db_is_null(stmt, 6) || db_int(stmt, 6) != 0,
        .host_timezone = store_text(arena, stmt, 7),
    };
    for (size_t i = 0; i < schedule_fields.count; i++)
        field_column_read(arena, stmt, OWN_COLUMNS + (int)i, &schedule_fields.fields[i], schedule);
}

int store_schedule_load(struct arena *arena, struct db *db, int64_t host_id, struct schedule *schedule,
                        struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, select_sql(arena, "WHERE s.host_id = ?"), &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    row = db_step(stmt, err);
    if (row == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no schedule");
    if (row > 0)
        read_schedule(arena, stmt, schedule);
    return row > 0 ? 0 : -1;
}

int store_schedule_list(struct arena *arena, struct db *db, struct schedule **schedules, size_t *count,
                        struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *schedules = NULL;
    *count = 0;
    if (db_prepare(db, select_sql(arena, "ORDER BY h.name"), &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0) {
        *schedules = store_rows_room(arena, *schedules, *count, sizeof **schedules);
        read_schedule(arena, stmt, &(*schedules)[(*count)++]);
    }
    return row;
}

/* Two statements, because no upsert is common to both databases. */
int store_schedule_save(struct db *db, const struct schedule *schedule, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql =
        field_columns_sql(&arena, "INSERT INTO schedule (host_id, created_at, changed_at, last_slot_at, ",
                          &schedule_fields, SCOPE_HOST, FIELD_COLUMNS_NAMES, ") VALUES (?, ?, ?, ?, ");

    sql = field_columns_sql(&arena, sql, &schedule_fields, SCOPE_HOST, FIELD_COLUMNS_MARKS, ")");
    if (transaction_begin(&transaction, db, err) < 0 ||
        store_schedule_delete(db, schedule->host_id, err) < 0 || db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, schedule->host_id);
    db_bind_int(stmt, 2, schedule->created_at);
    db_bind_int(stmt, 3, schedule->changed_at);
    store_bind_nonzero(stmt, 4, schedule->last_slot_at);
    for (size_t i = 0; i < schedule_fields.count; i++)
        field_column_bind(stmt, OWN_PARAMETERS + (int)i, &schedule_fields.fields[i], schedule);
    return db_step(stmt, err) < 0 ? -1 : transaction_commit(&transaction, err);
}

int64_t store_schedule_delete(struct db *db, int64_t host_id, struct err *err)
{
    return db_run(db, err, "DELETE FROM schedule WHERE host_id = ?", "i", host_id);
}

int store_schedule_set_last_slot(struct db *db, int64_t host_id, int64_t before, int64_t slot,
                                 struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE schedule SET last_slot_at = ? "
                             "WHERE host_id = ? AND COALESCE(last_slot_at, 0) = ?",
                             "oii", slot == 0 ? (int64_t)-1 : slot, host_id, before);

    return changed < 0 ? -1 : changed > 0;
}

int store_schedule_touch(struct db *db, int64_t host_id, int64_t now, struct err *err)
{
    int64_t changed =
        db_run(db, err, "UPDATE schedule SET changed_at = ? WHERE host_id = ?", "ii", now, host_id);

    return changed < 0 ? -1 : 0;
}

int store_schedule_touch_inherited(struct db *db, int64_t now, struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE schedule SET changed_at = ? WHERE timezone IS NULL "
                             "AND host_id IN (SELECT id FROM host WHERE timezone IS NULL)",
                             "i", now);

    return changed < 0 ? -1 : 0;
}
