/* What keeps snapshots from being deleted beside the plan itself: doubts about a host, and about one snapshot that a
 * person wants to have deleted. Pure functions of rows. */
#ifndef PLAN_PRUNE_GUARD_H
#define PLAN_PRUNE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/run.h"
#include "model/snapshot.h"

/* Why something may not be deleted; both NULL: it may. */
struct prune_refusal {
    const char *why;  /* a sentence */
    const char *hint; /* what to do */
};

struct prune_guard_facts {
    const struct snapshot *snapshots; /* of one host, in any order */
    size_t snapshot_count;
    /* For a prune that nobody asked for: the newest backup of the host that has ended and was not cancelled, unless
     * the prune follows a good one. NULL: none, or a person asked. */
    const struct run *last_backup;
};

/* Any doubt stops a prune of the whole host: a snapshot that is held, and for an automatic one a last backup that was
 * no good. */
struct prune_refusal prune_guard_host(struct arena *arena, const struct prune_guard_facts *facts);

/* Whether a person may have `doomed`, one of `snapshots`, deleted. Not: the newest good one of the host, and of the
 * scheduled ones; what is pinned, held, only claimed, unfinished or being deleted; the base of the run in progress
 * (`base_in_use`, NULL: none). One that is missing on disk may: only its record goes. */
struct prune_refusal prune_guard_snapshot(struct arena *arena, const struct snapshot *snapshots, size_t count,
                                          const struct snapshot *doomed, const char *base_in_use);

#endif
