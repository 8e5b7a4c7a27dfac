/* The host keys that were pinned: at most one of each type for a host. */
#ifndef STORE_STORE_HOST_KEY_H
#define STORE_STORE_HOST_KEY_H

#include "db/db.h"
#include "model/host.h"

/* Those of one host, by type. */
int store_host_key_list(struct arena *arena, struct db *db, int64_t host_id, struct host_key **keys,
                        size_t *count, struct err *err);

/* Pins a key, in place of one of the same type. */
int store_host_key_save(struct db *db, int64_t host_id, const struct host_key *key, struct err *err);

/* Forgets all keys of a host. Returns how many there were, or -1. */
int64_t store_host_key_delete(struct db *db, int64_t host_id, struct err *err);

#endif
