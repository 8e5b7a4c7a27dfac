/*
 * Which snapshot somebody means: a name; `latest`, the newest good one; or a date ("2026-11-01"), the newest good one
 * that began on that day of the host's time zone. A pure function.
 */
#ifndef PLAN_SNAPSHOT_CHOICE_H
#define PLAN_SNAPSHOT_CHOICE_H

#include <stddef.h>

#include "base/err.h"
#include "model/snapshot.h"
#include "plan/zone.h"

/* The newest good one of `snapshots` (newest first), or NULL. */
const struct snapshot *snapshot_choice_latest(const struct snapshot *snapshots, size_t count);

/* One of `snapshots` (of `host`, newest first), by `wish` (NULL: `latest`). By its name one may have any that is not
 * deleted or being deleted, good or not. NULL with ERR_NOT_FOUND, and a hint at what there is instead. */
const struct snapshot *snapshot_choice(const char *host, const struct snapshot *snapshots, size_t count,
                                       const char *wish, const struct zone *zone, struct err *err);

#endif
