/* Hosts with their layer of the settings. */
#ifndef STORE_STORE_HOST_H
#define STORE_STORE_HOST_H

#include "db/db.h"
#include "model/host.h"

/* ERR_NOT_FOUND for an unknown name; the hint names the host that was probably meant. */
int store_host_load(struct arena *arena, struct db *db, const char *name, struct host *host, struct err *err);

/* All of them, by name. */
int store_host_list(struct arena *arena, struct db *db, struct host **hosts, size_t *count, struct err *err);

/* Gives the id; ERR_EXISTS when the name is taken. */
int store_host_insert(struct db *db, const struct host *host, int64_t *id, struct err *err);

/* Writes the settings of the host with this id; its name never changes. ERR_NOT_FOUND when it has been removed. */
int store_host_save(struct db *db, const struct host *host, struct err *err);

/* Forgets the host, its keys and the records of its snapshots; its runs stay as history, and so do all files.
 * ERR_NOT_FOUND when it has been removed, ERR_BUSY while a backup of it is recorded as running. */
int store_host_delete(struct db *db, const struct host *host, struct err *err);

#endif
