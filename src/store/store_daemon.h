/* Who works on a node, and the passes of its scheduler. */
#ifndef STORE_STORE_DAEMON_H
#define STORE_STORE_DAEMON_H

#include "base/arena.h"
#include "db/db.h"

struct daemon_row {
    const char *role; /* "scheduler", "worker" */
    const char *name;
    int64_t started_at, seen_at;
};

/* A sign of life; the first one makes the row, and removes those of a day ago: their owners were killed. */
int store_daemon_beat(struct db *db, int64_t node_id, const char *role, const char *name, int64_t now,
                      struct err *err);

/* It has ended in order. */
int store_daemon_delete(struct db *db, int64_t node_id, const char *role, const char *name, struct err *err);

/* Those that gave a sign of life at `since` or later, by role and name. */
int store_daemon_list(struct arena *arena, struct db *db, int64_t node_id, int64_t since,
                      struct daemon_row **rows, size_t *count, struct err *err);

struct scheduler_pass {
    int64_t passed_at;
    const char *boot_id;
    int64_t boot_ms;
    int64_t schedules, enqueued;
    const char *trouble; /* what was wrong with the clock, or NULL */
    int64_t trouble_at;
    int64_t maintenance_at; /* when the nightly work was last enqueued, 0: never */
};

/* 1: there was one · 0: none yet · -1. */
int store_pass_load(struct arena *arena, struct db *db, int64_t node_id, struct scheduler_pass *pass,
                    struct err *err);

/* All of it but maintenance_at. */
int store_pass_save(struct db *db, int64_t node_id, const struct scheduler_pass *pass, struct err *err);

/* Notes that the nightly work is enqueued now: 1, or 0 when somebody else has noted another time than `before` (0:
 * none). The row of the pass exists. */
int store_pass_take_maintenance(struct db *db, int64_t node_id, int64_t before, int64_t now, struct err *err);

#endif
