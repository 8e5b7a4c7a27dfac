/*
 * `.trash/` of a host directory: what is renamed there is no snapshot any more, and is removed whenever there is time
 * for it. Whoever removes holds a lock on the trash alone, so that a run of the host need not wait for it; whoever finds
 * that lock taken leaves the work to the other.
 */
#ifndef ENGINE_TRASH_H
#define ENGINE_TRASH_H

#include "engine/host_directory.h"
#include "sys/fs_remove_pool.h"

/* Makes the trash, so that it is there when the disk is full. */
int trash_make(const struct host_directory *directory, struct err *err);

/* Renames the directory `name` of `from`, which `from_name` tells, into the trash; needs the host's lock. Neither
 * directory is synced: trash_sync(). A name that is not there is fine. */
int trash_bury(const struct host_directory *directory, int from, const char *from_name, const char *name,
               struct err *err);

/* Makes what was buried last over a power cut: the trash, and `from`. */
int trash_sync(const struct host_directory *directory, int from, const char *from_name, struct err *err);

/* Whether the directory that was buried as `name` is still in the trash. */
bool trash_holds(const struct host_directory *directory, const char *name);

/* Whether the entry `entry` of the trash is what was buried as `name`. */
bool trash_is_of(const char *entry, const char *name);

struct trash_report {
    bool busy;               /* somebody else empties it */
    struct fs_doomed *items; /* what there was; their descriptors are no longer open */
    size_t count;
};

/* Removes all that is in the trash. `wait`: until whoever empties it has ended, which may take long; ERR_INTERRUPTED
 * when asked to stop. The report is of what was done, also when it fails. Safe to repeat. */
int trash_empty(struct arena *arena, const struct host_directory *directory, bool wait,
                struct trash_report *report, struct err *err);

#endif
