/* What the verbs of this floor share in reading and writing rows. */
#include "store/store_row.h"

#include <string.h>

#include "base/text.h"

enum { FIRST_ROOM = 16, LIKE = 2 };

void store_bind_nonzero(struct db_stmt *stmt, int index, int64_t value)
{
    if (value == 0)
        db_bind_null(stmt, index);
    else
        db_bind_int(stmt, index, value);
}

void store_bind_known(struct db_stmt *stmt, int index, int64_t value)
{
    if (value < 0)
        db_bind_null(stmt, index);
    else
        db_bind_int(stmt, index, value);
}

int64_t store_known(struct db_stmt *stmt, int column)
{
    return db_is_null(stmt, column) ? -1 : db_int(stmt, column);
}

const char *store_text(struct arena *arena, struct db_stmt *stmt, int column)
{
    return arena_strdup(arena, db_text(stmt, column));
}

/* The room is not stored: it is full when the count is a power of two from FIRST_ROOM on. */
void *store_rows_room(struct arena *arena, void *rows, size_t count, size_t size)
{
    void *more;

    if (count == 0)
        return arena_alloc(arena, FIRST_ROOM * size);
    if (count < FIRST_ROOM || (count & (count - 1)) != 0)
        return rows;
    more = arena_alloc(arena, 2 * count * size);
    memcpy(more, rows, count * size);
    return more;
}

int store_has(struct db *db, const char *sql, int64_t id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, sql, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, id);
    return db_step(stmt, err);
}

int store_unknown_word(struct err *err, const char *row, const char *column, const char *word)
{
    err_set(err, ERR_DATABASE, "%s: column \"%s\" holds \"%s\", which this program does not know", row,
            column, word == NULL ? "" : word);
    return err_hint(err, "the database was changed by hand, or is damaged: pobsync check");
}

const char *store_nearest(struct arena *arena, struct db_stmt *names, const char *name)
{
    const char *nearest = NULL;
    unsigned least = LIKE + 1;
    struct err ignored;

    while (db_step(names, &ignored) > 0) {
        unsigned distance = text_distance(db_text(names, 0), name);

        if (distance < least) {
            least = distance;
            nearest = store_text(arena, names, 0);
        }
    }
    return nearest;
}
