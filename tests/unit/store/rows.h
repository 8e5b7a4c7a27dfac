/* Rows that most tests of this floor need. */
#ifndef TESTS_UNIT_STORE_ROWS_H
#define TESTS_UNIT_STORE_ROWS_H

#include "db/scratch.h"
#include "store/store_host.h"
#include "store/store_installation.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"

/* A new host of this name, as it was inserted. */
static inline struct host rows_host(struct scratch *s, const char *name)
{
    struct host host = {.name = name, .created_at = 100};

    assert_ok(store_node_load(s->db, 1, &host.node_id, &s->err), &s->err);
    assert_ok(store_host_insert(s->db, &host, &host.id, &s->err), &s->err);
    return host;
}

/* A backup of the host that is running since `started`, not inserted yet. */
static inline struct run rows_backup(const struct host *host, int64_t started)
{
    return (struct run){
        .host_id = host->id,
        .host = host->name,
        .job = JOB_BACKUP,
        .kind = "scheduled",
        .trigger = "cli",
        .state = RUN_RUNNING,
        .actor = "root",
        .requested_at = started - 1,
        .started_at = started,
        .token = 7,
        .stats = RUN_STATS_UNKNOWN,
    };
}

/* An incomplete snapshot of the host, not inserted yet. */
static inline struct snapshot rows_incomplete(const struct host *host, const char *name)
{
    return (struct snapshot){
        .host_id = host->id,
        .host = host->name,
        .kind = KIND_INCOMPLETE,
        .name = name,
        .started_at = 200,
        .files = -1,
        .directories = -1,
        .bytes = -1,
        .linked_files = -1,
        .new_bytes = -1,
    };
}

#endif
