/* The queue: claims, signs of life, cancelling. */
#include "store/store_queue.h"

#include "store/store_row.h"
#include "store/store_run.h"

int store_queue_list(struct arena *arena, struct db *db, int64_t node_id, int64_t limit, struct run **runs,
                     size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, RUN_SELECT " WHERE state = 'queued' AND node_id = ? ORDER BY due_at, id LIMIT ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, node_id);
    db_bind_int(stmt, 2, limit == 0 ? INT64_MAX : limit);
    return store_run_read(arena, stmt, runs, count, err);
}

int store_queue_due(struct arena *arena, struct db *db, int64_t node_id, bool takes_place, int64_t now,
                    int64_t limit, struct run **runs, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   RUN_SELECT
                   " WHERE state = 'queued' AND takes_place = ? AND node_id = ? AND due_at <= ? AND "
                   "NOT EXISTS (SELECT 1 FROM run other WHERE other.running_host_id = run.host_id) "
                   "ORDER BY due_at, id LIMIT ?",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, takes_place);
    db_bind_int(stmt, 2, node_id);
    db_bind_int(stmt, 3, now);
    db_bind_int(stmt, 4, limit);
    return store_run_read(arena, stmt, runs, count, err);
}

int store_queue_running(struct arena *arena, struct db *db, int64_t node_id, struct run **runs, size_t *count,
                        struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db, RUN_SELECT " WHERE state = 'running' AND node_id = ? ORDER BY id", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, node_id);
    return store_run_read(arena, stmt, runs, count, err);
}

/* The claim and its token are one transaction: the token is read back before anybody else can take the run. */
int store_queue_claim(struct db *db, struct run *run, int64_t place, const char *worker, int64_t now,
                      struct err *err)
{
    int64_t changed =
        db_run(db, err,
               "UPDATE run SET state = 'running', started_at = ?, worker = ?, token = token + 1, "
               "heartbeat = 0, place = ?, running_host_id = ? WHERE id = ? AND token = ? AND "
               "state = 'queued'",
               "itioii", now, worker, place, job_takes_host(run->job) ? run->host_id : (int64_t)-1, run->id,
               run->token);

    if (changed < 0)
        return err->code == ERR_EXISTS ? 0 : -1;
    if (changed == 0)
        return 0;
    run->state = RUN_RUNNING;
    run->started_at = now;
    run->worker = worker;
    run->token++;
    run->heartbeat = 0;
    run->place = place;
    return 1;
}

int store_queue_beat(struct db *db, int64_t id, int64_t token, bool *cancel, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int64_t changed = db_run(db, err,
                             "UPDATE run SET heartbeat = heartbeat + 1 "
                             "WHERE id = ? AND token = ? AND state = 'running'",
                             "ii", id, token);
    int row;

    *cancel = false;
    if (changed <= 0)
        return changed < 0 ? -1 : 0;
    if (db_prepare(db, "SELECT cancel_at FROM run WHERE id = ?", &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, id);
    row = db_step(stmt, err);
    if (row > 0)
        *cancel = !db_is_null(stmt, 0);
    return row;
}

int store_queue_cancel(struct arena *arena, struct db *db, int64_t id, int64_t now, const char *by,
                       struct run *run, struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE run SET state = 'cancelled', message = 'cancelled before it began', "
                             "cancel_at = ?, cancel_by = ?, ended_at = ? WHERE id = ? AND state = 'queued'",
                             "itii", now, by, now, id);

    if (changed == 0)
        changed =
            db_run(db, err,
                   "UPDATE run SET cancel_at = coalesce(cancel_at, ?), cancel_by = coalesce(cancel_by, ?) "
                   "WHERE id = ? AND state = 'running'",
                   "iti", now, by, id);
    if (changed < 0 || store_run_load(arena, db, id, run, err) < 0)
        return -1;
    if (changed > 0)
        return 0;
    return err_set(err, ERR_REFUSED, "run %lld has already ended as %s", (long long)id,
                   run_state_name(run->state));
}

int store_queue_take_over(struct db *db, struct run *run, const char *worker, struct err *err)
{
    int64_t changed = db_run(db, err,
                             "UPDATE run SET token = token + 1, worker = ?, place = NULL WHERE id = ? AND "
                             "token = ? AND heartbeat = ? AND state = 'running'",
                             "tiii", worker, run->id, run->token, run->heartbeat);

    if (changed <= 0)
        return changed < 0 ? -1 : 0;
    run->token++;
    run->worker = worker;
    run->place = 0;
    return 1;
}

int store_queue_find(struct db *db, const struct run *run, int64_t *id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db,
                   "SELECT id FROM run WHERE state = 'queued' AND job = ? AND coalesce(host_id, 0) = ? AND "
                   "coalesce(kind, '') = ? AND coalesce(request, '') = ? ORDER BY id LIMIT 1",
                   &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, job_name(run->job));
    db_bind_int(stmt, 2, run->host_id);
    db_bind_text(stmt, 3, run->kind == NULL ? "" : run->kind);
    db_bind_text(stmt, 4, run->request == NULL ? "" : run->request);
    row = db_step(stmt, err);
    if (row > 0)
        *id = db_int(stmt, 0);
    return row;
}

int store_queue_has_slot(struct db *db, int64_t host_id, struct err *err)
{
    return store_has(db, "SELECT 1 FROM run WHERE host_id = ? AND state = 'queued' AND slot_at IS NOT NULL",
                     host_id, err);
}

int store_queue_count(struct db *db, int64_t node_id, int64_t *queued, int64_t *running, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(db,
                   "SELECT (SELECT count(*) FROM run WHERE state = 'queued' AND node_id = ?), "
                   "(SELECT count(*) FROM run WHERE state = 'running' AND node_id = ?)",
                   &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, node_id);
    db_bind_int(stmt, 2, node_id);
    if (db_step(stmt, err) < 0)
        return -1;
    *queued = db_int(stmt, 0);
    *running = db_int(stmt, 1);
    return 0;
}
