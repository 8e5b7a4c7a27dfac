/*
 * A bounded, read-only look at the directory of a host: everything in it, and in its three directories of snapshots. By
 * descriptors; no link is followed, no mount point is entered, and nothing but directories is ever opened. Nothing is
 * decided here: plan/discovery.h compares what was seen with the rows.
 */
#ifndef ENGINE_DISCOVERY_H
#define ENGINE_DISCOVERY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "model/snapshot.h"
#include "plan/discovery.h"
#include "plan/preflight.h"

struct discovery_limits {
    int64_t until_ms; /* clock_boot_ms() at which the look ends */
    size_t entries;
};

/* For what a person waits for (2 s, 20,000 entries), and for an import, which takes its time. `now_ms` is
 * clock_boot_ms(). */
struct discovery_limits discovery_limits_of_preflight(int64_t now_ms);
struct discovery_limits discovery_limits_of_import(int64_t now_ms);

struct discovery_look {
    enum look_end end;
    const char *problem; /* of one that is not LOOK_DONE: a part of a sentence */
    struct discovery_entry *entries;
    size_t count, room;
};

/* Looks at <root>/<host>. Whatever goes wrong is a finding, never an error. */
void discovery_look(struct arena *arena, int root_fd, const char *host, const struct discovery_limits *limits,
                    struct discovery_look *look);

/* Whether the directory of a finished snapshot is there: 1, 0, or -1 with ERR_IO. */
int discovery_is_there(int host_fd, enum snapshot_kind kind, const char *name, struct err *err);

/* The directories in the root that may be a host's: real ones that are not hidden, and not lost+found. At most `limit`;
 * *more tells that there are others. */
int discovery_directories(struct arena *arena, int root_fd, size_t limit, struct list *names, bool *more,
                          struct err *err);

#endif
