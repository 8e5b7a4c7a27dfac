/* The audit trail. */
#include "store/store_audit.h"

#include "store/store_row.h"

#define AUDIT_SELECT "SELECT id, at, actor, origin, action, object, before_text, after_text FROM audit"

static int read_audits(struct arena *arena, struct db_stmt *stmt, struct audit **audits, size_t *count,
                       struct err *err)
{
    int row;

    *audits = NULL;
    *count = 0;
    while ((row = db_step(stmt, err)) > 0) {
        *audits = store_rows_room(arena, *audits, *count, sizeof **audits);
        (*audits)[(*count)++] = (struct audit){
            .id = db_int(stmt, 0),
            .at = db_int(stmt, 1),
            .actor = store_text(arena, stmt, 2),
            .origin = store_text(arena, stmt, 3),
            .action = store_text(arena, stmt, 4),
            .object = store_text(arena, stmt, 5),
            .before = store_text(arena, stmt, 6),
            .after = store_text(arena, stmt, 7),
        };
    }
    return row;
}

int store_audit_add(struct db *db, int64_t at, const char *actor, const char *origin, const char *action,
                    const char *object, const char *before, const char *after, struct err *err)
{
    int64_t added = db_run(db, err,
                           "INSERT INTO audit (at, actor, origin, action, object, before_text, after_text) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?)",
                           "itttttt", at, actor, origin, action, object, before, after);

    return added < 0 ? -1 : 0;
}

int store_audit_list(struct arena *arena, struct db *db, int64_t before, int64_t limit, struct audit **audits,
                     size_t *count, struct err *err)
{
    return store_audit_find(arena, db, NULL, NULL, before, limit, audits, count, err);
}

int store_audit_find(struct arena *arena, struct db *db, const char *actor, const char *object,
                     int64_t before, int64_t limit, struct audit **audits, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   AUDIT_SELECT " WHERE id < ? AND (? IS NULL OR actor = ?) AND (? IS NULL OR object = ?) "
                                "ORDER BY id DESC LIMIT ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, before == 0 ? INT64_MAX : before);
    db_bind_text(stmt, 2, actor);
    db_bind_text(stmt, 3, actor);
    db_bind_text(stmt, 4, object);
    db_bind_text(stmt, 5, object);
    db_bind_int(stmt, 6, limit);
    return read_audits(arena, stmt, audits, count, err);
}

/* The object of a snapshot is "host@name": between the name of the host with "@" and with what follows "@". */
int store_audit_of_host(struct arena *arena, struct db *db, const char *host, int64_t before, int64_t limit,
                        struct audit **audits, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   AUDIT_SELECT
                   " WHERE id < ?1 AND (object = ?2 OR (object >= ?2 || '@' AND object < ?2 || 'A')) "
                   "AND substr(action, 1, instr(action, '.') - 1) IN ('host', 'schedule', 'host_key', 'key', "
                   "'snapshot') AND action <> 'snapshot.prune' ORDER BY id DESC LIMIT ?3",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, before == 0 ? INT64_MAX : before);
    db_bind_text(stmt, 2, host);
    db_bind_int(stmt, 3, limit);
    return read_audits(arena, stmt, audits, count, err);
}

int store_audit_since(struct arena *arena, struct db *db, int64_t after, int64_t limit, struct audit **audits,
                      size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *audits = NULL;
    *count = 0;
    if (db_prepare(db, "SELECT id, action, object FROM audit WHERE id > ? ORDER BY id LIMIT ?", &stmt, err) <
        0)
        return -1;
    db_bind_int(stmt, 1, after);
    db_bind_int(stmt, 2, limit);
    while ((row = db_step(stmt, err)) > 0) {
        *audits = store_rows_room(arena, *audits, *count, sizeof **audits);
        (*audits)[(*count)++] = (struct audit){
            .id = db_int(stmt, 0),
            .action = store_text(arena, stmt, 1),
            .object = store_text(arena, stmt, 2),
        };
    }
    return row;
}
