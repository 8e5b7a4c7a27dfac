/*
 * The report that comes before anything is imported, run or pruned: one state with what was found, what was expected
 * and what to do, as a pure function of the facts. And what each state forbids: everybody asks here.
 */
#ifndef PLAN_PREFLIGHT_H
#define PLAN_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/list.h"
#include "model/preflight.h"
#include "model/root.h"
#include "plan/discovery.h"

/* How a look at a host's directory ended. */
enum look_end {
    LOOK_DONE,
    LOOK_MISSING,    /* there is no such directory */
    LOOK_UNREADABLE, /* it, or one of its directories of snapshots, cannot be read */
    LOOK_TIMED_OUT,  /* the limit of time or entries was reached: what was seen is a part */
    LOOK_IO_ERROR,
    LOOK_END__MAX
};

struct preflight_facts {
    enum root_state root;
    const char *root_found, *root_expected, *root_hint; /* of a root that is not ok */
    const char *root_path, *host, *host_path;
    const char *root_note; /* what is worth knowing of a good root ("41% free"), or NULL */
    enum look_end look;
    const char *look_problem; /* of one that is not done */
    const struct discovery *discovery;
    struct list ignored;    /* "old (a file)" */
    struct list unreadable; /* "scheduled/20260101-000000Z (permission denied)" */
    struct list similar;    /* names of directories in the root that are like the host's */
};

struct preflight {
    enum preflight_state state;
    enum preflight_level level;
    const char *found;    /* a sentence without a final stop, as are the others */
    const char *expected; /* NULL when ok */
    const char *hint;     /* what to do, NULL when there is nothing to do */
};

struct preflight preflight_plan(struct arena *arena, const struct preflight_facts *facts);

/* The state of a host whose root is in this one; PREFLIGHT_FOUND when the root is ok. */
enum preflight_state preflight_root_state(enum root_state state);

/* Whether the state is a failure of the whole root, told once for all hosts. */
bool preflight_is_of_root(enum preflight_state state);

enum preflight_work { WORK_RUN, WORK_IMPORT, WORK_PRUNE, WORK_MARK_MISSING };

/* Whether a state leaves this work to be done. Every failure of the root stops all of it; a host that cannot be read
 * stops all that is its own; a look that did not come to its end stops imports and prunes. Records are not marked as
 * missing for a failure, nor where the directory is suddenly empty. */
bool preflight_allows(enum preflight_state state, enum preflight_work work);

/* "36 found: 2 new, 31 recorded, 1 unreadable, 2 incomplete, 0 ignored": the sum that holds. */
const char *preflight_sum(struct arena *arena, const struct discovery_counts *counts);

#endif
