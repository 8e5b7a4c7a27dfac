/* The global layer of the settings. */
#ifndef STORE_STORE_GLOBAL_H
#define STORE_STORE_GLOBAL_H

#include "db/db.h"
#include "model/config.h"

int store_global_load(struct arena *arena, struct db *db, struct config *config, struct err *err);
int store_global_save(struct db *db, const struct config *config, struct err *err);

#endif
