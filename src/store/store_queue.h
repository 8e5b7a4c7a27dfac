/*
 * The queue: how a run is claimed, kept alive, cancelled and taken from who has died. A claim is one UPDATE that finds
 * the run still queued; two indexes of the table (place, running host) refuse what two workers would do at once, so that
 * no lock is needed beside the database.
 */
#ifndef STORE_STORE_QUEUE_H
#define STORE_STORE_QUEUE_H

#include "base/arena.h"
#include "db/db.h"
#include "model/run.h"

/* What waits on a node, in the order in which it is to begin: by due time, then by id; at most `limit`, 0: all. */
int store_queue_list(struct arena *arena, struct db *db, int64_t node_id, int64_t limit, struct run **runs,
                     size_t *count, struct err *err);

/* The same of what may begin now: due, its host not taken, and of the jobs that take a place or of those that do not. */
int store_queue_due(struct arena *arena, struct db *db, int64_t node_id, bool takes_place, int64_t now,
                    int64_t limit, struct run **runs, size_t *count, struct err *err);

/* What runs on a node, by id. */
int store_queue_running(struct arena *arena, struct db *db, int64_t node_id, struct run **runs, size_t *count,
                        struct err *err);

/* The run (id, job and host_id are read) becomes `running` in this place: 1, with its new token, worker and started_at
 * filled in; 0 when it is no longer queued, or its place or its host has been taken by another; -1. */
int store_queue_claim(struct db *db, struct run *run, int64_t place, const char *worker, int64_t now,
                      struct err *err);

/* A sign of life of who runs it. 1, and *cancel tells whether somebody asked for its end; 0 when the run has ended or has
 * gone to another worker. */
int store_queue_beat(struct db *db, int64_t id, int64_t token, bool *cancel, struct err *err);

/* A queued run ends as cancelled, at once; a running one is noted: who runs it ends it at its next beat. *run is as
 * store_run_load() gives it afterwards. ERR_REFUSED when it has ended before. */
int store_queue_cancel(struct arena *arena, struct db *db, int64_t id, int64_t now, const char *by,
                       struct run *run, struct err *err);

/* Takes a running run from a worker that gave no sign of life since `heartbeat` was read: 1, and run->token is new, so
 * that whatever the other one still writes is refused; 0 when there was one after all, or it has ended. The place is
 * free then. */
int store_queue_take_over(struct db *db, struct run *run, const char *worker, struct err *err);

/* What is queued already with the same job, host, kind and request: 1 and its id, 0, or -1. */
int store_queue_find(struct db *db, const struct run *run, int64_t *id, struct err *err);

/* Whether a run of the host that stands for a slot of its schedule still waits: 1, 0, -1. */
int store_queue_has_slot(struct db *db, int64_t host_id, struct err *err);

/* How many are queued and running on a node. */
int store_queue_count(struct db *db, int64_t node_id, int64_t *queued, int64_t *running, struct err *err);

#endif
