/* Whom to tell. */
#include "store/store_notification.h"

#include "store/field_columns.h"

static int row_is_gone(struct err *err)
{
    return err_set(err, ERR_DATABASE, "table \"notification\" has no row 1");
}

int store_notification_load(struct arena *arena, struct db *db, struct notification *notification,
                            struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql = field_columns_sql(arena, "SELECT ", &notification_fields, SCOPE_GLOBAL,
                                        FIELD_COLUMNS_NAMES, " FROM notification WHERE id = 1");
    int row;

    if (db_prepare(db, sql, &stmt, err) < 0 || (row = db_step(stmt, err)) < 0)
        return -1;
    if (row == 0)
        return row_is_gone(err);
    notification_init(arena, notification);
    for (size_t i = 0; i < notification_fields.count; i++) {
        if (db_is_null(stmt, (int)i))
            continue;
        field_column_read(arena, stmt, (int)i, &notification_fields.fields[i], notification);
        notification->set |= (uint64_t)1 << i;
    }
    return 0;
}

int store_notification_save(struct db *db, const struct notification *notification, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;
    const char *sql = field_columns_sql(&arena, "UPDATE notification SET ", &notification_fields,
                                        SCOPE_GLOBAL, FIELD_COLUMNS_ASSIGN, " WHERE id = 1");

    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    for (size_t i = 0; i < notification_fields.count; i++) {
        if (notification_is_set(notification, &notification_fields.fields[i]))
            field_column_bind(stmt, (int)i + 1, &notification_fields.fields[i], notification);
        else
            db_bind_null(stmt, (int)i + 1);
    }
    if (db_step(stmt, err) < 0)
        return -1;
    return db_changes(db) == 0 ? row_is_gone(err) : 0;
}
