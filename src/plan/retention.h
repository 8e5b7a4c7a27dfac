/*
 * Which snapshots stay and which go: a pure function of rows, policy and now. Command line, web and API print the
 * reasons that are made here; nobody derives them again.
 *
 * Each rule is counted for itself: it walks the good snapshots of the kind from the newest to the oldest and keeps
 * the newest of each period that has one, until its count is used up ("daily 3" is the third day that has one).
 * Periods are what the local calendar and clock call them: an hour that is shown twice when the clocks are set back
 * is one hour; weeks begin on Monday (ISO 8601); "last n" counts snapshots. A snapshot is placed by its started_at,
 * by the time in its name where that is not known, and among equals by its name. What any rule keeps stays. When no
 * rule is set (all counts 0), everything stays.
 *
 * Never deleted, whatever the counts: the newest good one, and so at least one; pinned, held and not confirmed ones;
 * the base of a run in progress; what is missing on disk (its row is the only trace of it); a name that is no
 * snapshot's. A partial one goes when there is a newer good one of the kind, unless one of these protects it.
 *
 * The calendar does not move with `now`: a host that was off for a month loses nothing, and a clock that leaps forward
 * changes no plan. A clock that went back does: then a snapshot lies in the future, takes the newest places and pushes
 * older ones out. So when a confirmed snapshot of the kind began or ended after now, the plan is made all the same, to
 * be looked at, and has a `refusal`: it may not be applied.
 */
#ifndef PLAN_RETENTION_H
#define PLAN_RETENTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "model/config.h"
#include "model/snapshot.h"
#include "plan/zone.h"

struct retention_facts {
    /* Of one host, in any order. Rows of the kind are planned; incomplete ones are listed apart; the others count as
     * kept where bases are protected. What is being deleted or is gone is no part of any plan. */
    const struct snapshot *snapshots;
    size_t snapshot_count;
    enum snapshot_kind kind;     /* scheduled or manual */
    const struct config *policy; /* effective: keep_* and protect_bases */
    const struct zone *zone;     /* of the host */
    int64_t now;
    const char *base_in_use; /* name of the base of the run in progress, or NULL */
};

/* A snapshot and why it stays or goes. */
struct retention_item {
    const struct snapshot *snapshot;
    struct list reasons; /* never empty */
};

struct retention_items {
    struct retention_item *items; /* newest first */
    size_t count;
};

enum { RETENTION_ID_SIZE = 32 + 1 };

struct retention {
    struct retention_items keep, delete, incomplete;
    /* Of host, kind, policy, and the names and reasons of keep and delete: equal id, equal plan. Neither `now` nor an
     * incomplete one that came meanwhile changes it. The first 16 bytes of a SHA-256, in hex. */
    char plan_id[RETENTION_ID_SIZE];
    const char *refusal; /* a sentence why it may not be applied, or NULL */
};

struct retention retention_plan(struct arena *arena, const struct retention_facts *facts);

#endif
