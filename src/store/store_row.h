/* What the verbs of this floor share in reading and writing rows; not for the floors above. */
#ifndef STORE_STORE_ROW_H
#define STORE_STORE_ROW_H

#include "base/arena.h"
#include "db/db.h"

/* Ids and points in time: 0 is NULL (db_int() reads it back). */
void store_bind_nonzero(struct db_stmt *stmt, int index, int64_t value);

/* What is measured: -1 is NULL. */
void store_bind_known(struct db_stmt *stmt, int index, int64_t value);
int64_t store_known(struct db_stmt *stmt, int column);

/* A copy of a text; NULL when NULL. */
const char *store_text(struct arena *arena, struct db_stmt *stmt, int column);

/* Room for one more behind `count` rows of `size` bytes: `rows` itself, or a copy with twice the room. NULL and 0
 * begin. */
void *store_rows_room(struct arena *arena, void *rows, size_t count, size_t size);

/* Whether a query finds a row: 1, 0, or -1. Its one parameter is `id`. */
int store_has(struct db *db, const char *sql, int64_t id, struct err *err);

/* ERR_DATABASE for a word that is in none of our lists: `row` says where ("run 7"). Returns -1. */
int store_unknown_word(struct err *err, const char *row, const char *column, const char *word);

/* Steps a query of names to its end and gives the one that is most like `name`, at most two edits away, or NULL:
 * for "did you mean". A query that fails counts as ended, for the error that matters is another. */
const char *store_nearest(struct arena *arena, struct db_stmt *names, const char *name);

#endif
