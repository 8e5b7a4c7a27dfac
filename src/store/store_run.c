/* Runs: the rows of work, and how they move from state to state. */
#include "store/store_run.h"

#include <assert.h>

#include "db/transaction.h"
#include "model/snapshot.h"
#include "store/store_row.h"

enum { STATS_COLUMN = 29, PROGRESS_COLUMN = 46 };

/* The members of the figures, in the order of their columns. */
static const size_t stats[] = {
    offsetof(struct run_stats, files),        offsetof(struct run_stats, directories),
    offsetof(struct run_stats, bytes),        offsetof(struct run_stats, linked_files),
    offsetof(struct run_stats, copied_same),  offsetof(struct run_stats, new_inodes),
    offsetof(struct run_stats, new_bytes),    offsetof(struct run_stats, sent),
    offsetof(struct run_stats, received),     offsetof(struct run_stats, transferred),
    offsetof(struct run_stats, failed_paths), offsetof(struct run_stats, rsync_exit),
    offsetof(struct run_stats, connect_ms),   offsetof(struct run_stats, transfer_ms),
    offsetof(struct run_stats, finish_ms),    offsetof(struct run_stats, deleted_snapshots),
    offsetof(struct run_stats, freed_bytes),
};
enum { STATS = sizeof stats / sizeof stats[0] };
static_assert(STATS * sizeof(int64_t) == sizeof(struct run_stats), "each figure has a column");
static_assert(PROGRESS_COLUMN == STATS_COLUMN + (int)STATS, "the progress follows the figures");

static int read_words(struct db_stmt *stmt, struct run *run, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *row = arena_printf(&arena, "run %lld", (long long)run->id);
    enum snapshot_kind kind = snapshot_kind_parse(run->kind);

    run->job = job_parse(db_text(stmt, 3));
    run->state = run_state_parse(db_text(stmt, 6));
    run->cause = cause_parse(db_text(stmt, 7));
    if (run->job == JOB__MAX)
        return store_unknown_word(err, row, "job", db_text(stmt, 3));
    if (run->kind != NULL && kind != KIND_SCHEDULED && kind != KIND_MANUAL)
        return store_unknown_word(err, row, "kind", run->kind);
    if (run->state == RUN_STATE__MAX)
        return store_unknown_word(err, row, "state", db_text(stmt, 6));
    if (run->cause == CAUSE__MAX)
        return store_unknown_word(err, row, "cause", db_text(stmt, 7));
    return 0;
}

static int read_run(struct arena *arena, struct db_stmt *stmt, struct run *run, struct err *err)
{
    *run = (struct run){
        .id = db_int(stmt, 0),
        .host_id = db_int(stmt, 1),
        .host = store_text(arena, stmt, 2),
        .kind = store_text(arena, stmt, 4),
        .trigger = store_text(arena, stmt, 5),
        .message = store_text(arena, stmt, 8),
        .snapshot = store_text(arena, stmt, 9),
        .base = store_text(arena, stmt, 10),
        .actor = store_text(arena, stmt, 11),
        .requested_at = db_int(stmt, 12),
        .started_at = db_int(stmt, 13),
        .ended_at = db_int(stmt, 14),
        .token = db_int(stmt, 15),
        .node_id = db_int(stmt, 16),
        .request = store_text(arena, stmt, 17),
        .due_at = db_int(stmt, 18),
        .slot_at = db_int(stmt, 19),
        .retry_until = db_int(stmt, 20),
        .attempt = db_int(stmt, 21),
        .retry_of = db_int(stmt, 22),
        .cancel_at = db_int(stmt, 23),
        .cancel_by = store_text(arena, stmt, 24),
        .place = db_int(stmt, 25),
        .worker = store_text(arena, stmt, 26),
        .heartbeat = db_int(stmt, 27),
        .result = store_text(arena, stmt, 28),
        .progress = store_text(arena, stmt, PROGRESS_COLUMN),
    };
    for (int i = 0; i < STATS; i++)
        *(int64_t *)((char *)&run->stats + stats[i]) = store_known(stmt, STATS_COLUMN + i);
    return read_words(stmt, run, err);
}

int store_run_read(struct arena *arena, struct db_stmt *stmt, struct run **runs, size_t *count,
                   struct err *err)
{
    int row;

    *runs = NULL;
    *count = 0;
    while ((row = db_step(stmt, err)) > 0) {
        *runs = store_rows_room(arena, *runs, *count, sizeof **runs);
        if (read_run(arena, stmt, &(*runs)[*count], err) < 0)
            return -1;
        ++*count;
    }
    return row;
}

int store_run_insert(struct db *db, const struct run *run, int64_t *id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    bool takes_host = run->state == RUN_RUNNING && job_takes_host(run->job);

    assert(!run_has_ended(run->state));
    if (db_prepare(
            db,
            "INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, actor, requested_at, "
            "started_at, running_host_id, token, snapshot_name, base_name, node_id, request, due_at, slot_at, "
            "retry_until, attempt, retry_of, worker, takes_place) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &stmt, err) < 0)
        return -1;
    store_bind_nonzero(stmt, 1, run->host_id);
    db_bind_text(stmt, 2, run->host);
    db_bind_text(stmt, 3, job_name(run->job));
    db_bind_text(stmt, 4, run->kind);
    db_bind_text(stmt, 5, run->trigger);
    db_bind_text(stmt, 6, run_state_name(run->state));
    db_bind_text(stmt, 7, run->actor);
    db_bind_int(stmt, 8, run->requested_at);
    store_bind_nonzero(stmt, 9, run->started_at);
    store_bind_nonzero(stmt, 10, takes_host ? run->host_id : 0);
    db_bind_int(stmt, 11, run->token);
    db_bind_text(stmt, 12, run->snapshot);
    db_bind_text(stmt, 13, run->base);
    store_bind_nonzero(stmt, 14, run->node_id);
    db_bind_text(stmt, 15, run->request);
    db_bind_int(stmt, 16, run->due_at == 0 ? run->requested_at : run->due_at);
    store_bind_nonzero(stmt, 17, run->slot_at);
    store_bind_nonzero(stmt, 18, run->retry_until);
    db_bind_int(stmt, 19, run->attempt == 0 ? 1 : run->attempt);
    store_bind_nonzero(stmt, 20, run->retry_of);
    db_bind_text(stmt, 21, run->worker);
    db_bind_int(stmt, 22, job_takes_place(run->job));
    if (db_step(stmt, err) < 0) {
        struct err ignored;

        if (err->code == ERR_EXISTS && takes_host &&
            store_has(db, "SELECT 1 FROM run WHERE running_host_id = ?", run->host_id, &ignored) > 0)
            err_set(err, ERR_BUSY, "a run of host \"%s\" is still going on", run->host);
        else if (err->code == ERR_EXISTS && run->slot_at != 0)
            err_set(err, ERR_EXISTS, "the run of \"%s\" for this time is in the queue already", run->host);
        return -1;
    }
    *id = db_last_id(db);
    return 0;
}

/* Why an UPDATE of a running run found no row. */
static int refused(struct db *db, int64_t id, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct run run = {0};

    if (store_run_load(&arena, db, id, &run, err) < 0)
        return -1;
    if (run_has_ended(run.state))
        return err_set(err, ERR_REFUSED, "run %lld has already ended", (long long)id);
    if (run.state == RUN_QUEUED)
        return err_set(err, ERR_REFUSED, "run %lld has not started", (long long)id);
    return err_set(err, ERR_REFUSED, "run %lld has gone to another worker", (long long)id);
}

int store_run_set_snapshot(struct db *db, int64_t id, int64_t token, const char *snapshot, const char *base,
                           struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE run SET snapshot_name = ?, base_name = ? "
                             "WHERE id = ? AND token = ? AND state = 'running'",
                             "ttii", snapshot, base, id, token);

    if (changed == 0)
        return refused(db, id, err);
    return changed < 0 ? -1 : 0;
}

int store_run_set_progress(struct db *db, int64_t id, int64_t token, const char *progress, struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE run SET progress = ?, heartbeat = heartbeat + 1 "
                             "WHERE id = ? AND token = ? AND state = 'running'",
                             "tii", progress, id, token);

    return changed < 0 ? -1 : changed > 0;
}

int store_run_finish(struct db *db, const struct run *run, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int at = 1;

    assert(run_may_become(RUN_RUNNING, run->state));
    if (db_prepare(
            db,
            "UPDATE run SET state = ?, cause = ?, message = ?, ended_at = ?, running_host_id = NULL, place = NULL, progress = NULL, "
            "files = ?, directories = ?, bytes = ?, linked_files = ?, copied_same = ?, new_inodes = ?, "
            "new_bytes = ?, sent = ?, received = ?, transferred = ?, failed_paths = ?, rsync_exit = ?, "
            "connect_ms = ?, transfer_ms = ?, finish_ms = ?, deleted_snapshots = ?, freed_bytes = ?, result = ? "
            "WHERE id = ? AND token = ? AND state = 'running'",
            &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, at++, run_state_name(run->state));
    db_bind_text(stmt, at++, run->cause == CAUSE_NONE ? NULL : cause_name(run->cause));
    db_bind_text(stmt, at++, run->message);
    store_bind_nonzero(stmt, at++, run->ended_at);
    for (int i = 0; i < STATS; i++)
        store_bind_known(stmt, at++, *(const int64_t *)((const char *)&run->stats + stats[i]));
    db_bind_text(stmt, at++, run->result);
    db_bind_int(stmt, at++, run->id);
    db_bind_int(stmt, at, run->token);
    if (db_step(stmt, err) < 0)
        return -1;
    return db_changes(db) == 0 ? refused(db, run->id, err) : 0;
}

int store_run_add_freed(struct db *db, int64_t id, int64_t bytes, struct err *err)
{
    int64_t changed = db_run(
        db, err, "UPDATE run SET freed_bytes = coalesce(freed_bytes, 0) + ? WHERE id = ?", "ii", bytes, id);

    return changed < 0 ? -1 : 0;
}

int store_run_load(struct arena *arena, struct db *db, int64_t id, struct run *run, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, RUN_SELECT " WHERE id = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, id);
    row = db_step(stmt, err);
    if (row == 0)
        return err_set(err, ERR_NOT_FOUND, "no run %lld", (long long)id);
    return row < 0 ? -1 : read_run(arena, stmt, run, err);
}

/* A literal for each combination, so that each can use its index. */
int store_run_list(struct arena *arena, struct db *db, const struct run_filter *filter, struct run **runs,
                   size_t *count, struct err *err)
{
    static const char *const sql[2][2] = {
        {RUN_SELECT " WHERE id < ? ORDER BY id DESC LIMIT ?",
         RUN_SELECT " WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"},
        {RUN_SELECT " WHERE host_name = ? AND id < ? ORDER BY id DESC LIMIT ?",
         RUN_SELECT " WHERE host_name = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?"},
    };
    DB_STMT_SCOPED *stmt = NULL;
    int at = 1;

    if (db_prepare(db, sql[filter->host != NULL][filter->state != RUN_STATE__MAX], &stmt, err) < 0)
        return -1;
    if (filter->host != NULL)
        db_bind_text(stmt, at++, filter->host);
    if (filter->state != RUN_STATE__MAX)
        db_bind_text(stmt, at++, run_state_name(filter->state));
    db_bind_int(stmt, at++, filter->before == 0 ? INT64_MAX : filter->before);
    db_bind_int(stmt, at, filter->limit == 0 ? INT64_MAX : filter->limit);
    return store_run_read(arena, stmt, runs, count, err);
}

int store_run_newest(struct arena *arena, struct db *db, int64_t host_id, enum job job, struct run *run,
                     struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct run *runs;
    size_t count;

    if (db_prepare(db,
                   host_id == 0 ? RUN_SELECT " WHERE host_id IS NULL AND job = ? ORDER BY id DESC LIMIT 1"
                                : RUN_SELECT " WHERE job = ? AND host_id = ? ORDER BY id DESC LIMIT 1",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, job_name(job));
    if (host_id != 0)
        db_bind_int(stmt, 2, host_id);
    if (store_run_read(arena, stmt, &runs, &count, err) < 0)
        return -1;
    if (count > 0)
        *run = runs[0];
    return count > 0;
}

int store_run_running(struct arena *arena, struct db *db, int64_t host_id, struct run **runs, size_t *count,
                      struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, RUN_SELECT " WHERE host_id = ? AND state = 'running' ORDER BY id", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    return store_run_read(arena, stmt, runs, count, err);
}

/* A run with a cause was held: its time says nothing about the next one. A clock that stepped back in a run neither. */
int store_run_durations(struct arena *arena, struct db *db, int64_t host_id, int64_t limit, int64_t **seconds,
                        size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *seconds = NULL;
    *count = 0;
    if (db_prepare(db,
                   "SELECT ended_at - started_at FROM run WHERE host_id = ? AND job = 'backup' "
                   "AND state IN ('success', 'warning') AND cause IS NULL AND ended_at >= started_at "
                   "ORDER BY id DESC LIMIT ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, host_id);
    db_bind_int(stmt, 2, limit);
    while ((row = db_step(stmt, err)) > 0) {
        *seconds = store_rows_room(arena, *seconds, *count, sizeof **seconds);
        (*seconds)[(*count)++] = db_int(stmt, 0);
    }
    return row;
}

int store_run_paths_save(struct db *db, int64_t run_id, const struct run_path *paths, size_t count,
                         struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    DB_STMT_SCOPED *stmt = NULL;

    if (transaction_begin(&transaction, db, err) < 0 ||
        db_prepare(db, "INSERT INTO run_path (run_id, position, path, reason) VALUES (?, ?, ?, ?)", &stmt,
                   err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        db_bind_int(stmt, 1, run_id);
        db_bind_int(stmt, 2, (int64_t)i + 1);
        db_bind_text(stmt, 3, paths[i].path);
        db_bind_text(stmt, 4, paths[i].reason);
        if (db_step(stmt, err) < 0)
            return -1;
        db_reset(stmt);
    }
    return transaction_commit(&transaction, err);
}

int store_run_paths_list(struct arena *arena, struct db *db, int64_t run_id, struct run_path **paths,
                         size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *paths = NULL;
    *count = 0;
    if (db_prepare(db, "SELECT path, reason FROM run_path WHERE run_id = ? ORDER BY position", &stmt, err) <
        0)
        return -1;
    db_bind_int(stmt, 1, run_id);
    while ((row = db_step(stmt, err)) > 0) {
        *paths = store_rows_room(arena, *paths, *count, sizeof **paths);
        (*paths)[(*count)++] = (struct run_path){store_text(arena, stmt, 0), store_text(arena, stmt, 1)};
    }
    return row;
}
