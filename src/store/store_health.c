/* What the health of hosts is told from. */
#include "store/store_health.h"

#include "store/store_row.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"

/* Prepares a statement whose parameters from `index` on choose one host or all. */
static int prepare(struct db *db, const char *sql, int index, int64_t host_id, struct db_stmt **stmt,
                   struct err *err)
{
    if (db_prepare(db, sql, stmt, err) < 0)
        return -1;
    db_bind_int(*stmt, index, host_id);
    db_bind_int(*stmt, index + 1, host_id);
    return 0;
}

/* By host along the index, so that the length of the history does not matter: from the oldest one that is wanted on.
 * CROSS JOIN, because SQLite would rather go through all runs. */
int store_health_backups(struct arena *arena, struct db *db, int64_t host_id, int64_t per_host,
                         struct run **runs, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (prepare(
            db,
            RUN_SELECT
            " WHERE id IN (SELECT n.id FROM host h CROSS JOIN run n ON n.host_id = h.id AND n.job = 'backup' "
            "AND n.state <> 'queued' AND n.id >= coalesce((SELECT id FROM run WHERE host_id = h.id AND "
            "job = 'backup' AND state <> 'queued' ORDER BY id DESC LIMIT 1 OFFSET ?), 0) "
            "WHERE ? = 0 OR h.id = ?) ORDER BY host_id, id DESC",
            2, host_id, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, per_host - 1);
    return store_run_read(arena, stmt, runs, count, err);
}

static int read_starts(struct arena *arena, struct db_stmt *stmt, struct run_start **starts, size_t *count,
                       struct err *err)
{
    int row;

    *starts = NULL;
    *count = 0;
    while ((row = db_step(stmt, err)) > 0) {
        *starts = store_rows_room(arena, *starts, *count, sizeof **starts);
        (*starts)[(*count)++] =
            (struct run_start){db_int(stmt, 0), db_int(stmt, 1), run_state_parse(db_text(stmt, 2))};
    }
    return row;
}

/* All hosts along an index that has all of it, so that neither the length of the history nor the width of a run matters;
 * one along its own runs. */
int store_health_starts(struct arena *arena, struct db *db, int64_t host_id, int64_t since,
                        struct run_start **starts, size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(
            db,
            host_id == 0
                ? "SELECT host_id, started_at, state FROM run WHERE started_at >= ? AND job = 'backup' "
                  "AND host_id IS NOT NULL AND state <> 'cancelled' ORDER BY started_at"
                : "SELECT host_id, started_at, state FROM run WHERE +started_at >= ? AND host_id = ? "
                  "AND job = 'backup' AND state <> 'cancelled' ORDER BY started_at",
            &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, since);
    if (host_id != 0)
        db_bind_int(stmt, 2, host_id);
    return read_starts(arena, stmt, starts, count, err);
}

int store_health_open_runs(struct arena *arena, struct db *db, int64_t host_id, struct run **runs,
                           size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (prepare(db,
                RUN_SELECT " WHERE (? = 0 OR host_id = ?) AND state IN ('queued', 'running') "
                           "AND host_id IS NOT NULL ORDER BY host_id, id DESC",
                1, host_id, &stmt, err) < 0)
        return -1;
    return store_run_read(arena, stmt, runs, count, err);
}

/* From the hosts to their snapshots (CROSS JOIN keeps that order), each along its index to the first good one. */
int store_health_last_good(struct arena *arena, struct db *db, int64_t host_id, struct snapshot **snapshots,
                           size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (prepare(
            db,
            SNAPSHOT_COLUMNS
            " FROM host h CROSS JOIN snapshot s WHERE (? = 0 OR h.id = ?) AND s.id = "
            "(SELECT id FROM snapshot WHERE host_id = h.id AND kind <> 'incomplete' AND status IN ('success', 'warning') AND held_reason IS NULL "
            "AND confirmed = 1 AND missing_since IS NULL ORDER BY name DESC LIMIT 1) ORDER BY h.id",
            1, host_id, &stmt, err) < 0)
        return -1;
    return store_snapshot_read(arena, stmt, snapshots, count, err);
}

/* A range, so that the index of held_at is used; the "+" keeps the database from reading all snapshots in the order of
 * another index instead of sorting the few that are held. */
int store_health_held(struct arena *arena, struct db *db, int64_t host_id, struct snapshot **snapshots,
                      size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (prepare(db,
                SNAPSHOT_SELECT
                " WHERE (? = 0 OR h.id = ?) AND s.held_at >= 0 AND s.held_reason IS NOT NULL "
                "AND s.status NOT IN ('deleting', 'deleted') ORDER BY +s.host_id, s.name DESC",
                1, host_id, &stmt, err) < 0)
        return -1;
    return store_snapshot_read(arena, stmt, snapshots, count, err);
}

int store_health_snapshots(struct arena *arena, struct db *db, struct store_host_count **counts,
                           size_t *count, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *counts = NULL;
    *count = 0;
    if (db_prepare(
            db,
            "SELECT host_id, count(*) FROM snapshot WHERE kind <> 'incomplete' AND status <> 'deleted' "
            "GROUP BY host_id ORDER BY host_id",
            &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0) {
        *counts = store_rows_room(arena, *counts, *count, sizeof **counts);
        (*counts)[(*count)++] = (struct store_host_count){db_int(stmt, 0), db_int(stmt, 1)};
    }
    return row;
}

int store_health_counts(struct db *db, struct store_counts *counts, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;

    if (db_prepare(
            db,
            "SELECT (SELECT count(*) FROM host), (SELECT count(*) FROM snapshot WHERE kind <> 'incomplete' "
            "AND status <> 'deleted'), (SELECT count(*) FROM run), "
            "(SELECT count(*) FROM run WHERE state = 'queued'), "
            "(SELECT count(*) FROM run WHERE state = 'running')",
            &stmt, err) < 0 ||
        db_step(stmt, err) < 0)
        return -1;
    *counts = (struct store_counts){db_int(stmt, 0), db_int(stmt, 1), db_int(stmt, 2), db_int(stmt, 3),
                                    db_int(stmt, 4)};
    return 0;
}
