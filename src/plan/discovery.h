/*
 * What is on disk compared with what is recorded: a pure function of the entries of a host's directory and the rows of
 * its snapshots. Every entry falls into exactly one class, so that
 *
 *     found = new + recorded + unreadable + incomplete + ignored
 *
 * holds by itself and is asserted.
 */
#ifndef PLAN_DISCOVERY_H
#define PLAN_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/snapshot.h"

enum discovery_class {
    DISCOVERY_NEW,        /* a snapshot without a row */
    DISCOVERY_RECORDED,   /* a snapshot with its row */
    DISCOVERY_UNREADABLE, /* named like a snapshot, recorded or not, and cannot be read as one */
    DISCOVERY_INCOMPLETE, /* below .incomplete/, recorded or not */
    DISCOVERY_IGNORED,    /* anything else */
    DISCOVERY_CLASS__MAX
};

/* An entry of the host directory, or of one of its three directories of snapshots. */
struct discovery_entry {
    enum snapshot_kind kind; /* of the directory that holds it; KIND__MAX: the host directory itself */
    const char *name;
    bool candidate; /* a directory of its own file system, named like a snapshot */
    /* Of a candidate: why it cannot be read as a snapshot. Of any other: what it is instead. A part of a sentence, or
     * NULL: nothing is wrong, or nothing is known. */
    const char *problem;
    /* Filled by discovery_plan(). */
    enum discovery_class class;
    const struct snapshot
        *record; /* the row of the same snapshot, or NULL; of a deleted one too when it is new */
};

struct discovery_counts {
    size_t scheduled, manual, incomplete; /* candidates by the directory that holds them */
    size_t found, new, recorded, unreadable, ignored;
};

struct discovery_rows {
    const struct snapshot **items;
    size_t count;
};

struct discovery {
    struct discovery_counts counts;
    size_t live; /* rows of finished snapshots that should be on disk */
    /* Those of them that are not: all, and the ones that are not marked so yet. */
    struct discovery_rows missing, lost;
    struct discovery_rows back; /* marked as missing, and there */
};

/* `rows` are those of the host, deleted ones too. A row whose name ends in "/data" (of older data) is the snapshot that
 * holds this directory. A row and an entry are the same snapshot when name and kind are; an entry of a row that is not
 * finished yet is being published and counts as recorded. An entry whose name another kind's row or entry has is
 * ignored: a host has a name once. */
struct discovery discovery_plan(struct arena *arena, struct discovery_entry *entries, size_t entry_count,
                                const struct snapshot *rows, size_t row_count);

/* When a snapshot began: what its metadata claims (0: nothing) when that agrees with its name to a day, else the time in
 * its name. A time after `now` is never believed where there is an earlier one. */
int64_t discovery_started_at(const char *name, int64_t claimed, int64_t now);

/* The name of the base that metadata claims, by name or by path, also of the base's "data": a name of our grammar that
 * is not the snapshot's own, else NULL. */
const char *discovery_base(struct arena *arena, const char *name, const char *claimed);

#endif
