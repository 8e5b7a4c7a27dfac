/* Runs: the rows of work, and how they move from state to state. */
#ifndef STORE_STORE_RUN_H
#define STORE_STORE_RUN_H

#include "base/arena.h"
#include "db/db.h"
#include "model/run.h"

/* Adds a run that is queued or running, and gives its id. ERR_BUSY when it is to be a running one that takes its host
 * (job_takes_host()) while another has it; ERR_EXISTS when the slot of its schedule has been enqueued before. due_at 0
 * is requested_at, attempt 0 is 1. */
int store_run_insert(struct db *db, const struct run *run, int64_t *id, struct err *err);

/* Notes what a running run works on. ERR_REFUSED when it has ended or has gone to another worker (`token`). */
int store_run_set_snapshot(struct db *db, int64_t id, int64_t token, const char *snapshot, const char *base,
                           struct err *err);

/* Notes how far a running run is, and is a sign of its life. 1; 0 when it has ended or has gone to another worker. */
int store_run_set_progress(struct db *db, int64_t id, int64_t token, const char *progress, struct err *err);

/* Ends a run: writes state, cause, message, ended_at, stats and result, takes its progress away, nothing else. ERR_REFUSED when it is not running
 * or has gone to another worker (`token`): a run ends once. */
int store_run_finish(struct db *db, const struct run *run, struct err *err);

/* The columns of a run, for statements of this floor; store_run_read() steps such a one, bound, to its end. */
#define RUN_SELECT                                                                                                               \
    "SELECT id, host_id, host_name, job, kind, trigger_name, state, cause, message, snapshot_name, base_name, actor, "           \
    "requested_at, started_at, ended_at, token, node_id, request, due_at, slot_at, retry_until, attempt, retry_of, "             \
    "cancel_at, cancel_by, place, worker, heartbeat, result, files, directories, bytes, linked_files, copied_same, new_inodes, " \
    "new_bytes, sent, received, transferred, failed_paths, rsync_exit, connect_ms, transfer_ms, finish_ms, "                     \
    "deleted_snapshots, freed_bytes, progress FROM run"
int store_run_read(struct arena *arena, struct db_stmt *stmt, struct run **runs, size_t *count,
                   struct err *err);

/* Adds to the figure of what a run has freed, which is known only when its trash has been emptied, after its end. */
int store_run_add_freed(struct db *db, int64_t id, int64_t bytes, struct err *err);

int store_run_load(struct arena *arena, struct db *db, int64_t id, struct run *run, struct err *err);

struct run_filter {
    const char *host;     /* name, also of one that was removed; NULL: all */
    enum run_state state; /* RUN_STATE__MAX: any */
    int64_t before;       /* only ids below it; 0: from the newest on */
    int64_t limit;        /* 0: no limit */
};

/* Newest first. */
int store_run_list(struct arena *arena, struct db *db, const struct run_filter *filter, struct run **runs,
                   size_t *count, struct err *err);

/* The newest run of a job of a host; host_id 0: of none. 1: there is one · 0 · -1. */
int store_run_newest(struct arena *arena, struct db *db, int64_t host_id, enum job job, struct run *run,
                     struct err *err);

/* What is recorded as running for a host, oldest first; whether it still is, only the host's lock knows. */
int store_run_running(struct arena *arena, struct db *db, int64_t host_id, struct run **runs, size_t *count,
                      struct err *err);

/* How many seconds the last `limit` backups of a host took that were good, newest first. */
int store_run_durations(struct arena *arena, struct db *db, int64_t host_id, int64_t limit, int64_t **seconds,
                        size_t *count, struct err *err);

/* The paths that a run could not copy, in the order given: all of them are recorded, or none. */
int store_run_paths_save(struct db *db, int64_t run_id, const struct run_path *paths, size_t count,
                         struct err *err);
int store_run_paths_list(struct arena *arena, struct db *db, int64_t run_id, struct run_path **paths,
                         size_t *count, struct err *err);

#endif
