/* Schedules: at most one a host. */
#ifndef STORE_STORE_SCHEDULE_H
#define STORE_STORE_SCHEDULE_H

#include "base/arena.h"
#include "db/db.h"
#include "model/schedule.h"

/* ERR_NOT_FOUND when the host has none. */
int store_schedule_load(struct arena *arena, struct db *db, int64_t host_id, struct schedule *schedule,
                        struct err *err);

/* All of them, those that are disabled as well, by name of the host. */
int store_schedule_list(struct arena *arena, struct db *db, struct schedule **schedules, size_t *count,
                        struct err *err);

/* Writes the schedule of its host, in place of one that is there. */
int store_schedule_save(struct db *db, const struct schedule *schedule, struct err *err);

/* Returns how many there were, or -1. */
int64_t store_schedule_delete(struct db *db, int64_t host_id, struct err *err);

/* Notes the newest slot that was enqueued or left out. 1, or 0 when `before` is not what the row says (somebody else
 * was first, or the schedule has gone), or -1. 0 stands for "none yet". */
int store_schedule_set_last_slot(struct db *db, int64_t host_id, int64_t before, int64_t slot,
                                 struct err *err);

/* The schedule of the host counts from now on only: what a change of the host means for it (enabled again, another
 * time zone). No schedule is fine. */
int store_schedule_touch(struct db *db, int64_t host_id, int64_t now, struct err *err);

/* The same of all that have no time zone of their own and whose hosts have none: the global one has changed. */
int store_schedule_touch_inherited(struct db *db, int64_t now, struct err *err);

#endif
