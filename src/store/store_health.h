/* What the health of hosts is told from: a few statements for all hosts together, none for each. `host_id` 0 is all. */
#ifndef STORE_STORE_HEALTH_H
#define STORE_STORE_HEALTH_H

#include "base/arena.h"
#include "db/db.h"
#include "model/run.h"
#include "model/snapshot.h"

/* The newest `per_host` backups of each host that have begun or ended, by id of the host, newest first. */
int store_health_backups(struct arena *arena, struct db *db, int64_t host_id, int64_t per_host,
                         struct run **runs, size_t *count, struct err *err);

/* Backups of the host, or of all with 0, that began at `since` or later and were not cancelled, by time. */
int store_health_starts(struct arena *arena, struct db *db, int64_t host_id, int64_t since,
                        struct run_start **starts, size_t *count, struct err *err);

/* Runs of any job that have not ended, in the same order. */
int store_health_open_runs(struct arena *arena, struct db *db, int64_t host_id, struct run **runs,
                           size_t *count, struct err *err);

/* The newest snapshot of each host that is good (snapshot_is_good()), by id of the host. */
int store_health_last_good(struct arena *arena, struct db *db, int64_t host_id, struct snapshot **snapshots,
                           size_t *count, struct err *err);

/* Those that are held and not deleted, by id of the host, newest first. */
int store_health_held(struct arena *arena, struct db *db, int64_t host_id, struct snapshot **snapshots,
                      size_t *count, struct err *err);

/* How many snapshots each host has that are finished and not deleted; those without one are left out. */
struct store_host_count {
    int64_t host_id, count;
};
int store_health_snapshots(struct arena *arena, struct db *db, struct store_host_count **counts,
                           size_t *count, struct err *err);

/* How many there are: hosts, snapshots that are finished and not deleted, runs, those of them that wait or run. */
struct store_counts {
    int64_t hosts, snapshots, runs, queued, running;
};
int store_health_counts(struct db *db, struct store_counts *counts, struct err *err);

#endif
