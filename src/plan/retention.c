/* The planner of the retention. */
#include "plan/retention.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/snapshot_name.h"

enum {
    HOUR = 3600,
    DAY = 86400,
    REPEAT_MAX = 2 * DAY, /* the clocks are not set back by more, so no period comes again after that */
};

/* A snapshot under consideration. */
struct candidate {
    const struct snapshot *snapshot;
    int64_t when;  /* UTC, where it stands in the walk */
    int64_t local; /* local seconds */
    bool good, keep;
    struct list reasons;
    const char *base_of; /* the greatest name of a kept snapshot whose base it is */
    size_t base_of_count;
};

struct planner {
    struct arena *arena;
    const struct retention_facts *facts;
    struct candidate *candidates; /* newest first */
    size_t count;
    struct candidate *newest; /* good one; NULL: none */
    struct candidate **by_name;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t period_hour(int64_t local)
{
    return floor_div(local, HOUR);
}

static int64_t period_day(int64_t local)
{
    return floor_div(local, DAY);
}

static int64_t period_week(int64_t local)
{
    /* 1970-01-01 was a Thursday, three days into its week. */
    return floor_div(period_day(local) + 3, 7);
}

static int64_t period_month(int64_t local)
{
    struct civil civil = when_civil(local);

    return civil.year * 12 + civil.month;
}

static int64_t period_year(int64_t local)
{
    return when_civil(local).year;
}

static const struct rule {
    const char *name;
    size_t offset;              /* of the count in struct config */
    int64_t (*period)(int64_t); /* NULL: each snapshot is one of its own */
} rules[] = {
    {"last", offsetof(struct config, keep_last), NULL},
    {"hourly", offsetof(struct config, keep_hourly), period_hour},
    {"daily", offsetof(struct config, keep_daily), period_day},
    {"weekly", offsetof(struct config, keep_weekly), period_week},
    {"monthly", offsetof(struct config, keep_monthly), period_month},
    {"yearly", offsetof(struct config, keep_yearly), period_year},
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

static int64_t rule_count(const struct rule *rule, const struct config *policy)
{
    int64_t count;

    memcpy(&count, (const char *)policy + rule->offset, sizeof count);
    return count;
}

static bool has_rule(const struct config *policy)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rule_count(&rules[i], policy) > 0)
            return true;
    return false;
}

static void keep(struct planner *planner, struct candidate *candidate, const char *reason)
{
    candidate->keep = true;
    list_add(planner->arena, &candidate->reasons, reason);
}

static int newest_first(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;

    if (left->when != right->when)
        return left->when > right->when ? -1 : 1;
    return strcmp(right->snapshot->name, left->snapshot->name);
}

static int by_name(const void *a, const void *b)
{
    const struct candidate *const *left = a, *const *right = b;

    return strcmp((*left)->snapshot->name, (*right)->snapshot->name);
}

static bool is_live(const struct snapshot *snapshot)
{
    return snapshot->status != SNAPSHOT_DELETING && snapshot->status != SNAPSHOT_DELETED;
}

static struct candidate candidate_of(const struct snapshot *snapshot, const struct zone *zone)
{
    struct candidate candidate = {.snapshot = snapshot, .when = snapshot->started_at};
    int64_t named;

    if (candidate.when == 0 && snapshot_name_is_candidate(snapshot->name, &named))
        candidate.when = named;
    candidate.good = snapshot_is_good(snapshot) && snapshot_name_is_candidate(snapshot->name, &named);
    candidate.local = zone_local_seconds(zone, candidate.when);
    return candidate;
}

/* The live rows of a kind, newest first. */
static struct candidate *candidates_of(struct arena *arena, const struct retention_facts *facts,
                                       enum snapshot_kind kind, size_t *count)
{
    struct candidate *candidates = arena_alloc(arena, facts->snapshot_count * sizeof *candidates);

    *count = 0;
    for (size_t i = 0; i < facts->snapshot_count; i++)
        if (facts->snapshots[i].kind == kind && is_live(&facts->snapshots[i]))
            candidates[(*count)++] = candidate_of(&facts->snapshots[i], facts->zone);
    qsort(candidates, *count, sizeof *candidates, newest_first);
    return candidates;
}

/* Whether the period was taken by one of the kept ones. The walk goes back in time, but local time goes forward again
 * where the clocks were set back, so that a period can come twice. */
static bool is_taken(const struct rule *rule, struct candidate *const *kept, size_t count,
                     const struct candidate *candidate)
{
    int64_t period = rule->period(candidate->local);

    while (count > 0 && kept[count - 1]->when - candidate->when <= REPEAT_MAX) {
        if (rule->period(kept[--count]->local) == period)
            return true;
    }
    return count > 0 && rule->period(kept[count - 1]->local) == period;
}

static void walk(struct planner *planner, const struct rule *rule)
{
    int64_t count_set = rule_count(rule, planner->facts->policy);
    size_t wanted = count_set <= 0                        ? 0
                    : count_set < (int64_t)planner->count ? (size_t)count_set
                                                          : planner->count;
    struct candidate **kept = arena_alloc(planner->arena, wanted * sizeof(struct candidate *));
    size_t count = 0;

    for (size_t i = 0; i < planner->count && count < wanted; i++) {
        struct candidate *candidate = &planner->candidates[i];
        char reason[40];

        if (!candidate->good || (rule->period != NULL && is_taken(rule, kept, count, candidate)))
            continue;
        kept[count++] = candidate;
        snprintf(reason, sizeof reason, "%s %zu", rule->name, count);
        keep(planner, candidate, reason);
    }
}

/* What no count can delete. */
static void protect(struct planner *planner, struct candidate *candidate)
{
    const struct snapshot *snapshot = candidate->snapshot;
    const char *base = planner->facts->base_in_use;
    int64_t named;

    if (snapshot->pinned)
        keep(planner, candidate, "pinned");
    if (snapshot->held_reason != NULL)
        keep(planner, candidate, "held");
    if (base != NULL && strcmp(base, snapshot->name) == 0)
        keep(planner, candidate, "base of the run in progress");
    if (snapshot->status == SNAPSHOT_CLAIMED || !snapshot->confirmed)
        keep(planner, candidate, "claimed, not confirmed");
    else if (snapshot->status == SNAPSHOT_UNKNOWN)
        keep(planner, candidate, "status not known");
    if (snapshot->missing_since != 0)
        keep(planner, candidate, "missing on disk");
    if (!snapshot_name_is_candidate(snapshot->name, &named))
        keep(planner, candidate, "not a name of a snapshot");
}

static void decide_all(struct planner *planner)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        walk(planner, &rules[i]);
    for (size_t i = 0; i < planner->count && planner->newest == NULL; i++)
        if (planner->candidates[i].good)
            planner->newest = &planner->candidates[i];
    if (planner->newest != NULL)
        keep(planner, planner->newest, "newest good");
    for (size_t i = 0; i < planner->count; i++) {
        struct candidate *candidate = &planner->candidates[i];

        protect(planner, candidate);
        if (!has_rule(planner->facts->policy))
            keep(planner, candidate, "no rule is set");
        /* Candidates are in order, so the newest good one is newer when it stands before. */
        if (candidate->snapshot->status == SNAPSHOT_PARTIAL &&
            (planner->newest == NULL || candidate < planner->newest))
            keep(planner, candidate, "partial, no newer good one");
    }
}

static struct candidate *find(struct planner *planner, const char *name)
{
    const struct snapshot snapshot = {.name = name};
    struct candidate key = {.snapshot = &snapshot};
    const struct candidate *key_at = &key;
    struct candidate **found;

    if (name == NULL || planner->count == 0)
        return NULL;
    found = bsearch(&key_at, planner->by_name, planner->count, sizeof(struct candidate *), by_name);
    return found == NULL ? NULL : *found;
}

/* Follows the bases of a kept snapshot as far as they were not kept before. */
static void keep_bases(struct planner *planner, const struct snapshot *snapshot)
{
    while (true) {
        struct candidate *base = find(planner, snapshot->base);
        bool kept;

        if (base == NULL || base->snapshot == snapshot)
            return;
        if (base->base_of == NULL || strcmp(snapshot->name, base->base_of) > 0)
            base->base_of = snapshot->name;
        base->base_of_count++;
        kept = base->keep;
        base->keep = true;
        if (kept)
            return; /* and its own base has its turn, or had it */
        snapshot = base->snapshot;
    }
}

static void protect_bases(struct planner *planner)
{
    bool *kept = arena_alloc(planner->arena, planner->count * sizeof *kept);

    planner->by_name = arena_alloc(planner->arena, planner->count * sizeof(struct candidate *));
    for (size_t i = 0; i < planner->count; i++) {
        planner->by_name[i] = &planner->candidates[i];
        kept[i] = planner->candidates[i].keep;
    }
    qsort(planner->by_name, planner->count, sizeof(struct candidate *), by_name);
    for (size_t i = 0; i < planner->count; i++)
        if (kept[i])
            keep_bases(planner, planner->candidates[i].snapshot);
    for (size_t i = 0; i < planner->facts->snapshot_count; i++) {
        const struct snapshot *other = &planner->facts->snapshots[i];

        if (other->kind != planner->facts->kind && is_live(other))
            keep_bases(planner, other);
    }
    for (size_t i = 0; i < planner->count; i++) {
        struct candidate *base = &planner->candidates[i];

        if (base->base_of_count > 1)
            keep(planner, base,
                 arena_printf(planner->arena, "base of %s and %zu more", base->base_of,
                              base->base_of_count - 1));
        else if (base->base_of_count == 1)
            keep(planner, base, arena_printf(planner->arena, "base of %s", base->base_of));
    }
}

/* Why what nothing keeps is deleted: one list for all. A partial one goes only when there is a newest good one. */
static struct list deletion_reasons(struct planner *planner, bool partial)
{
    const char *reason = "outside the policy";
    struct list reasons = {0};

    if (partial && planner->newest != NULL)
        reason = arena_printf(planner->arena, "partial, replaced by %s", planner->newest->snapshot->name);
    list_add(planner->arena, &reasons, reason);
    return reasons;
}

static void add_item(struct retention_items *items, const struct candidate *candidate)
{
    items->items[items->count++] = (struct retention_item){candidate->snapshot, candidate->reasons};
}

static void share_out(struct planner *planner, struct retention *plan)
{
    const struct list outside = deletion_reasons(planner, false);
    const struct list replaced = deletion_reasons(planner, true);
    size_t kept = 0;

    for (size_t i = 0; i < planner->count; i++)
        kept += planner->candidates[i].keep;
    plan->keep.items = arena_alloc(planner->arena, kept * sizeof(struct retention_item));
    plan->delete.items = arena_alloc(planner->arena, (planner->count - kept) * sizeof(struct retention_item));
    for (size_t i = 0; i < planner->count; i++) {
        struct candidate *candidate = &planner->candidates[i];

        if (!candidate->keep)
            candidate->reasons = candidate->snapshot->status == SNAPSHOT_PARTIAL ? replaced : outside;
        add_item(candidate->keep ? &plan->keep : &plan->delete, candidate);
    }
}

static void list_incomplete(struct planner *planner, struct retention *plan)
{
    size_t count;
    struct candidate *candidates = candidates_of(planner->arena, planner->facts, KIND_INCOMPLETE, &count);

    plan->incomplete.items = arena_alloc(planner->arena, count * sizeof(struct retention_item));
    for (size_t i = 0; i < count; i++) {
        list_add(planner->arena, &candidates[i].reasons, "never finished");
        if (candidates[i].snapshot->missing_since != 0)
            list_add(planner->arena, &candidates[i].reasons, "missing on disk");
        add_item(&plan->incomplete, &candidates[i]);
    }
}

/* What was never confirmed is a claim, and may not stop anything. */
static const char *refusal_of(const struct planner *planner)
{
    for (size_t i = 0; i < planner->count; i++) {
        const struct snapshot *snapshot = planner->candidates[i].snapshot;
        int64_t last = snapshot->ended_at > planner->candidates[i].when ? snapshot->ended_at
                                                                        : planner->candidates[i].when;
        char then[WHEN_TEXT], now[WHEN_TEXT];

        if (snapshot->confirmed && last > planner->facts->now)
            return arena_printf(planner->arena,
                                "the clock went back: it is %s now, and the snapshot %s is of %s; nothing is "
                                "deleted until the clock is right",
                                when_rfc3339(now, planner->facts->now), snapshot->name,
                                when_rfc3339(then, last));
    }
    return NULL;
}

/* With its final NUL, so that two texts are never one. */
static void hash_text(crypto_hash_sha256_state *hash, const char *text)
{
    crypto_hash_sha256_update(hash, (const unsigned char *)text, strlen(text) + 1);
}

static void hash_number(crypto_hash_sha256_state *hash, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)number);
    hash_text(hash, text);
}

static void hash_items(crypto_hash_sha256_state *hash, const char *title, const struct retention_items *items)
{
    hash_text(hash, title);
    hash_number(hash, (int64_t)items->count);
    for (size_t i = 0; i < items->count; i++) {
        const struct retention_item *item = &items->items[i];

        hash_text(hash, item->snapshot->name);
        hash_number(hash, (int64_t)item->reasons.count);
        for (size_t j = 0; j < item->reasons.count; j++)
            hash_text(hash, item->reasons.items[j]);
    }
}

static void identify(const struct retention_facts *facts, struct retention *plan)
{
    crypto_hash_sha256_state hash;
    unsigned char sum[crypto_hash_sha256_BYTES];
    const char *host = facts->snapshot_count > 0 ? facts->snapshots[0].host : NULL;

    crypto_hash_sha256_init(&hash);
    hash_text(&hash, host == NULL ? "" : host);
    hash_text(&hash, snapshot_kind_name(facts->kind));
    for (size_t i = 0; i < RULE_COUNT; i++)
        hash_number(&hash, rule_count(&rules[i], facts->policy));
    hash_number(&hash, facts->policy->protect_bases);
    hash_items(&hash, "keep", &plan->keep);
    hash_items(&hash, "delete", &plan->delete);
    crypto_hash_sha256_final(&hash, sum);
    sodium_bin2hex(plan->plan_id, sizeof plan->plan_id, sum, sizeof plan->plan_id / 2);
}

struct retention retention_plan(struct arena *arena, const struct retention_facts *facts)
{
    struct planner planner = {.arena = arena, .facts = facts};
    struct retention plan = {0};

    planner.candidates = candidates_of(arena, facts, facts->kind, &planner.count);
    decide_all(&planner);
    if (facts->policy->protect_bases)
        protect_bases(&planner);
    share_out(&planner, &plan);
    list_incomplete(&planner, &plan);
    plan.refusal = refusal_of(&planner);
    identify(facts, &plan);
    return plan;
}
