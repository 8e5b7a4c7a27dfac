/*
 * Numbered migrations: files "<driver>/NNNN_name.sql", forward only. A file is SQL statements, each ended by ";";
 * comments are those of SQL. No triggers: a statement ends at the first ";" outside of quotes and comments.
 */
#ifndef DB_MIGRATION_H
#define DB_MIGRATION_H

#include "db/db.h"
#include "db/embedded.h"

/* db_migrate() with other files than those of the program. */
int migration_apply(struct db *db, const struct embedded *files, size_t count, int64_t now, int *applied,
                    struct err *err);

/* Applies those of this program up to number `version` to an empty database. */
int migration_apply_to(struct db *db, int version, int64_t now, struct err *err);

#endif
