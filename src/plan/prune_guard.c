/* Doubts that keep snapshots. */
#include "plan/prune_guard.h"

#include <string.h>

static bool is_live(const struct snapshot *snapshot)
{
    return snapshot->status != SNAPSHOT_DELETING && snapshot->status != SNAPSHOT_DELETED &&
           snapshot->kind != KIND_INCOMPLETE;
}

static bool is_no_good(const struct run *run)
{
    return run->state == RUN_FAILED || run->state == RUN_PARTIAL || run->cause == CAUSE_SOURCE_EMPTY ||
           run->cause == CAUSE_SOURCE_SHRUNK;
}

/* The newest held one, NULL: none. */
static const struct snapshot *find_held(const struct prune_guard_facts *facts)
{
    const struct snapshot *held = NULL;

    for (size_t i = 0; i < facts->snapshot_count; i++) {
        const struct snapshot *snapshot = &facts->snapshots[i];

        if (is_live(snapshot) && snapshot->held_reason != NULL &&
            (held == NULL || strcmp(snapshot->name, held->name) > 0))
            held = snapshot;
    }
    return held;
}

struct prune_refusal prune_guard_host(struct arena *arena, const struct prune_guard_facts *facts)
{
    const struct snapshot *held = find_held(facts);
    const struct run *last = facts->last_backup;

    if (held != NULL)
        return (struct prune_refusal){
            .why = arena_printf(arena, "snapshot %s is held (%s): nothing of \"%s\" is pruned", held->name,
                                held->held_reason, held->host),
            .hint = arena_printf(arena, "look at it, then: pobsync release %s %s --reason TEXT", held->host,
                                 held->name),
        };
    if (last != NULL && is_no_good(last))
        return (struct prune_refusal){
            .why = arena_printf(arena, "the last backup of \"%s\", run %lld, was no good (%s)", last->host,
                                (long long)last->id, run_state_name(last->state)),
            .hint = arena_printf(arena, "nothing is pruned by itself before a good one: pobsync backup %s",
                                 last->host),
        };
    return (struct prune_refusal){0};
}

/* The newest good one, of `kind` or, with KIND__MAX, of any. */
static const struct snapshot *newest_good(const struct snapshot *snapshots, size_t count,
                                          enum snapshot_kind kind)
{
    const struct snapshot *newest = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct snapshot *snapshot = &snapshots[i];

        if (!is_live(snapshot) || !snapshot_is_good(snapshot) ||
            (kind != KIND__MAX && snapshot->kind != kind))
            continue;
        if (newest == NULL || snapshot->started_at > newest->started_at ||
            (snapshot->started_at == newest->started_at && strcmp(snapshot->name, newest->name) > 0))
            newest = snapshot;
    }
    return newest;
}

static bool is_same(const struct snapshot *a, const struct snapshot *b)
{
    return a != NULL && strcmp(a->name, b->name) == 0;
}

struct prune_refusal prune_guard_snapshot(struct arena *arena, const struct snapshot *snapshots, size_t count,
                                          const struct snapshot *doomed, const char *base_in_use)
{
    const char *name = doomed->name, *host = doomed->host;

    if (doomed->status == SNAPSHOT_DELETED || doomed->status == SNAPSHOT_DELETING)
        return (struct prune_refusal){arena_printf(arena, "snapshot %s %s", name,
                                                   doomed->status == SNAPSHOT_DELETED
                                                       ? "has been deleted already"
                                                       : "is being deleted"),
                                      arena_printf(arena, "see what there is: pobsync snapshots %s", host)};
    if (doomed->kind == KIND_INCOMPLETE)
        return (struct prune_refusal){arena_printf(arena, "snapshot %s never finished", name),
                                      arena_printf(arena, "pobsync incomplete %s --cleanup", host)};
    if (doomed->pinned)
        return (struct prune_refusal){
            arena_printf(arena, "snapshot %s is pinned (%s)", name,
                         doomed->pin_reason == NULL ? "no reason was given" : doomed->pin_reason),
            arena_printf(arena, "pobsync unpin %s %s", host, name)};
    if (doomed->held_reason != NULL)
        return (struct prune_refusal){
            arena_printf(arena, "snapshot %s is held (%s)", name, doomed->held_reason),
            arena_printf(arena, "look at it, then: pobsync release %s %s --reason TEXT", host, name)};
    if (base_in_use != NULL && strcmp(base_in_use, name) == 0)
        return (struct prune_refusal){
            arena_printf(arena, "snapshot %s is the base of the run in progress", name),
            arena_printf(arena, "wait until it has ended: pobsync runs --host %s", host)};
    if (doomed->status == SNAPSHOT_CLAIMED || !doomed->confirmed)
        return (struct prune_refusal){
            arena_printf(arena, "snapshot %s is claimed by what was found on disk, not confirmed", name),
            arena_printf(arena, "pobsync discover-snapshots --host %s --confirm", host)};
    if (is_same(newest_good(snapshots, count, KIND__MAX), doomed) ||
        is_same(newest_good(snapshots, count, KIND_SCHEDULED), doomed))
        return (struct prune_refusal){
            arena_printf(arena, "snapshot %s is the newest good one of \"%s\"", name, host),
            arena_printf(arena, "make a newer one first: pobsync backup %s", host)};
    return (struct prune_refusal){0};
}
