/* Whether a snapshot that was found on disk counts as what its metadata claims, by a look of our own at its tree. A pure
 * function: metadata alone never makes anything good. */
#ifndef PLAN_CONFIRM_H
#define PLAN_CONFIRM_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/run.h"
#include "model/snapshot.h"

struct confirm_facts {
    const char *host, *name; /* of the record */
    bool has_metadata;       /* a file is there */
    const char *problem;     /* it could not be read: a sentence; NULL: it was, or there is none */
    bool ours;               /* it is a meta.json of ours, whose figures come from the same scan */
    const char *claimed_host, *claimed_name;
    enum snapshot_status claimed; /* success, warning or partial, else SNAPSHOT_UNKNOWN */
    struct run_stats figures;     /* that it claims */
    const char *scan_problem;     /* the tree could not be read: a sentence; NULL: it was */
    struct run_stats scan;
};

struct confirm {
    enum snapshot_status status; /* what it counts as; SNAPSHOT_CLAIMED: it stays claimed */
    const char *why;             /* it stays claimed: a part of a sentence */
};

/* A tree that cannot be read, or that is empty, stays claimed, and so does one whose metadata is about another snapshot,
 * cannot be read, claims no end, or says other figures than our scan. Without metadata a tree that can be read counts
 * as a success. */
struct confirm confirm_plan(struct arena *arena, const struct confirm_facts *facts);

#endif
