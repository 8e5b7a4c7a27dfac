/* Disk and rows compared. */
#include "plan/discovery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plan/snapshot_name.h"

static const int64_t day = 86400;

/* The length of the name without a trailing "/data". */
static size_t name_length(const char *name)
{
    static const char data[] = "/data";
    size_t length = strlen(name), suffix = sizeof data - 1;

    return length > suffix && strcmp(name + length - suffix, data) == 0 ? length - suffix : length;
}

static int compare_names(const char *a, const char *b)
{
    size_t a_length = name_length(a), b_length = name_length(b);
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* A row in the order of names, and whether its directory was seen. */
struct place {
    const struct snapshot *row;
    bool present;
};

static int by_name(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    return compare_names(left->row->name, right->row->name);
}

static int name_to_row(const void *name, const void *place)
{
    return compare_names(name, ((const struct place *)place)->row->name);
}

/* Names before kinds, so that equal names are neighbours; of these, what can be a snapshot comes first. */
static int by_entry(const void *a, const void *b)
{
    const struct discovery_entry *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    if (order != 0)
        return order;
    if (left->candidate != right->candidate)
        return left->candidate ? -1 : 1;
    return (left->kind > right->kind) - (left->kind < right->kind);
}

static bool is_deleted(const struct snapshot *row)
{
    return row->status == SNAPSHOT_DELETED;
}

/* Whether the row's directory should lie under a final name. */
static bool is_live(const struct snapshot *row)
{
    return row->kind != KIND_INCOMPLETE && row->status != SNAPSHOT_DELETED &&
           row->status != SNAPSHOT_DELETING;
}

static void ignore(struct discovery_entry *entry, const char *problem)
{
    entry->class = DISCOVERY_IGNORED;
    entry->problem = problem;
    entry->record = NULL;
}

/* `twin`: a candidate of the same name, of another kind, was there before it. */
static void classify(struct arena *arena, struct discovery_entry *entry, const struct discovery_entry *twin,
                     const struct snapshot *row)
{
    entry->record = row;
    if (!entry->candidate) {
        ignore(entry, entry->problem);
    } else if (twin != NULL) {
        ignore(entry,
               arena_printf(arena, "has the name of a snapshot in %s/", snapshot_kind_directory(twin->kind)));
    } else if (entry->kind == KIND_INCOMPLETE) {
        entry->class = DISCOVERY_INCOMPLETE;
    } else if (row != NULL && is_live(row) && row->kind != entry->kind) {
        ignore(entry, arena_printf(arena, "is recorded as %s, and lies in %s/", snapshot_kind_name(row->kind),
                                   snapshot_kind_directory(entry->kind)));
    } else if (entry->problem != NULL) {
        entry->class = DISCOVERY_UNREADABLE;
    } else {
        entry->class = row == NULL || is_deleted(row) ? DISCOVERY_NEW : DISCOVERY_RECORDED;
    }
}

static void count_entry(struct discovery_counts *counts, const struct discovery_entry *entry)
{
    counts->found++;
    if (entry->candidate && entry->class != DISCOVERY_IGNORED) {
        counts->scheduled += entry->kind == KIND_SCHEDULED;
        counts->manual += entry->kind == KIND_MANUAL;
        counts->incomplete += entry->kind == KIND_INCOMPLETE;
    }
    counts->new += entry->class == DISCOVERY_NEW;
    counts->recorded += entry->class == DISCOVERY_RECORDED;
    counts->unreadable += entry->class == DISCOVERY_UNREADABLE;
    counts->ignored += entry->class == DISCOVERY_IGNORED;
}

static void add_row(struct discovery_rows *rows, const struct snapshot *row)
{
    rows->items[rows->count++] = row;
}

static void compare_rows(struct discovery *discovery, const struct place *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct snapshot *row = places[i].row;
        bool present = places[i].present;

        if (!is_live(row))
            continue;
        discovery->live++;
        if (!present)
            add_row(&discovery->missing, row);
        if (!present && row->missing_since == 0)
            add_row(&discovery->lost, row);
        if (present && row->missing_since != 0)
            add_row(&discovery->back, row);
    }
}

static struct discovery_rows make_rows(struct arena *arena, size_t count)
{
    return (struct discovery_rows){arena_alloc(arena, (count + 1) * sizeof(struct snapshot *)), 0};
}

struct discovery discovery_plan(struct arena *arena, struct discovery_entry *entries, size_t entry_count,
                                const struct snapshot *rows, size_t row_count)
{
    struct place *places = arena_alloc(arena, (row_count + 1) * sizeof *places);
    struct discovery discovery = {.missing = make_rows(arena, row_count),
                                  .lost = make_rows(arena, row_count),
                                  .back = make_rows(arena, row_count)};
    const struct discovery_counts *counts = &discovery.counts;
    const struct discovery_entry *last = NULL;

    for (size_t i = 0; i < row_count; i++)
        places[i].row = &rows[i];
    qsort(places, row_count, sizeof *places, by_name);
    if (entry_count > 0)
        qsort(entries, entry_count, sizeof *entries, by_entry);
    for (size_t i = 0; i < entry_count; i++) {
        struct discovery_entry *entry = &entries[i];
        struct place *place =
            entry->candidate ? bsearch(entry->name, places, row_count, sizeof *places, name_to_row) : NULL;
        bool twin = last != NULL && strcmp(last->name, entry->name) == 0;

        classify(arena, entry, entry->candidate && twin ? last : NULL, place == NULL ? NULL : place->row);
        if (place != NULL && entry->class != DISCOVERY_IGNORED && entry->kind == place->row->kind)
            place->present = true;
        if (entry->candidate && entry->class != DISCOVERY_IGNORED)
            last = entry;
        count_entry(&discovery.counts, entry);
    }
    compare_rows(&discovery, places, row_count);
    assert(counts->found == entry_count);
    assert(counts->found ==
           counts->new + counts->recorded + counts->unreadable + counts->incomplete + counts->ignored);
    return discovery;
}

int64_t discovery_started_at(const char *name, int64_t claimed, int64_t now)
{
    int64_t named = 0;

    if (!snapshot_name_is_candidate(name, &named) || claimed <= 0)
        return named;
    return claimed > named + day || claimed < named - day || (claimed > now && named <= now) ? named
                                                                                             : claimed;
}

const char *discovery_base(struct arena *arena, const char *name, const char *claimed)
{
    size_t length;
    const char *base, *begin;
    int64_t when;

    if (claimed == NULL)
        return NULL;
    length = strlen(claimed);
    while (length > 0 && claimed[length - 1] == '/')
        length--;
    base = arena_copy(arena, claimed, length);
    base = arena_copy(arena, base, name_length(base));
    begin = strrchr(base, '/');
    base = begin == NULL ? base : begin + 1;
    return snapshot_name_is_candidate(base, &when) && strcmp(base, name) != 0 ? base : NULL;
}
