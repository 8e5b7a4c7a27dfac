/* The backup root of a node: at most one is active, the earlier ones are kept. */
#ifndef STORE_STORE_ROOT_H
#define STORE_STORE_ROOT_H

#include "base/arena.h"
#include "db/db.h"
#include "model/root.h"

/* The active one; ERR_NOT_FOUND when none was configured. */
int store_root_load(struct arena *arena, struct db *db, int64_t node_id, struct root *root, struct err *err);

/* Makes it the active root of its node. A root with the same uuid is the same root, wherever it is mounted now: its
 * row is changed, else a row is added. Gives the id. */
int store_root_save(struct db *db, const struct root *root, int64_t *id, struct err *err);

/* Rows and disk may not belong together, because of `doubt` (a sentence). An earlier doubt stays. */
int store_root_set_doubt(struct db *db, int64_t id, const char *doubt, int64_t at, struct err *err);

/* A person has compared them: no doubt any more. */
int store_root_confirm(struct db *db, int64_t id, int64_t at, struct err *err);

/* The files on the root tell of all changes up to this one; it only grows. */
int store_root_set_noted(struct db *db, int64_t id, int64_t change, struct err *err);

#endif
