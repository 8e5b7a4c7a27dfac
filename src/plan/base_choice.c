/* Which earlier snapshots a run links to and is measured by. */
#include "plan/base_choice.h"

#include <stdlib.h>
#include <string.h>

/* Scheduled ones before manual ones, and the newest first. */
static int best_first(const void *a, const void *b)
{
    const struct snapshot *const *left = a, *const *right = b;

    if ((*left)->kind != (*right)->kind)
        return (*left)->kind < (*right)->kind ? -1 : 1;
    return strcmp((*right)->name, (*left)->name);
}

const struct snapshot **base_choice_plan(struct arena *arena, const struct snapshot *snapshots,
                                         size_t snapshot_count, size_t *count)
{
    const struct snapshot **chosen = arena_alloc(arena, snapshot_count * sizeof(const struct snapshot *));

    *count = 0;
    for (size_t i = 0; i < snapshot_count; i++)
        if (snapshot_is_good(&snapshots[i]))
            chosen[(*count)++] = &snapshots[i];
    qsort(chosen, *count, sizeof(const struct snapshot *), best_first);
    return chosen;
}

const struct snapshot *base_choice_last_good(const struct snapshot *snapshots, size_t snapshot_count)
{
    const struct snapshot *best = NULL;

    for (size_t i = 0; i < snapshot_count; i++) {
        const struct snapshot *one = &snapshots[i];

        if (!snapshot_is_good(one))
            continue;
        if (best == NULL || one->kind < best->kind ||
            (one->kind == best->kind && strcmp(one->name, best->name) > 0))
            best = one;
    }
    return best;
}
