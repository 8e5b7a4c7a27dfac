/* Which snapshots a run may link to. */
#ifndef PLAN_BASE_CHOICE_H
#define PLAN_BASE_CHOICE_H

#include <stddef.h>

#include "base/arena.h"
#include "model/snapshot.h"

/* The good snapshots of `snapshots` (all of one host): the scheduled ones, newest name first, and behind them the
 * manual ones, so that a host that has no others is not copied in full each time. The engine takes the first that it
 * finds on disk and on the same file system. Gives the number of candidates in *count. */
const struct snapshot **base_choice_plan(struct arena *arena, const struct snapshot *snapshots,
                                         size_t snapshot_count, size_t *count);

/* The newest good snapshot of either kind, the measure of the shrink guard; NULL if none. Scheduled ones count first:
 * a manual one is the measure only where no scheduled one exists. */
const struct snapshot *base_choice_last_good(const struct snapshot *snapshots, size_t snapshot_count);

#endif
