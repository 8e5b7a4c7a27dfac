/*
 * A snapshot in the making: `.incomplete/<name>/` with data/, from an empty directory to its final name, and what runs
 * that died have left. The caller holds the host's lock.
 *
 * Order of a publication (engine.md I-1): log and metadata written → syncfs of the root → rename to the final name,
 * never over anything → fsync of both parents. Dying before the rename leaves an incomplete one; dying after it leaves
 * a complete one whose row is still `running`, which recovery adopts.
 */
#ifndef ENGINE_INCOMPLETE_H
#define ENGINE_INCOMPLETE_H

#include "base/arena.h"
#include "base/err.h"
#include "engine/host_directory.h"
#include "engine/run_log.h"
#include "engine/snapshot_meta.h"

struct incomplete {
    int fd;      /* .incomplete/<name> */
    int data_fd; /* .incomplete/<name>/data */
    const char *name;
    const char *data_path; /* absolute */
    bool spoiled;          /* a sync failed: what it holds may not be what was written */
    bool in_doubt;         /* it has its final name, perhaps not durably, and it could not be taken back */
};

#define INCOMPLETE_NONE ((struct incomplete){.fd = -1, .data_fd = -1})
#define INCOMPLETE_SCOPED __attribute__((cleanup(incomplete_close))) struct incomplete

/* Makes the directory with its first meta.json; and the trash, which a full disk would have no room for later. */
int incomplete_create(struct arena *arena, const struct host_directory *directory,
                      const struct snapshot_meta *meta, struct incomplete *incomplete, struct err *err);
void incomplete_close(struct incomplete *incomplete);

/* The publication, as described above. `meta` is the final one. A failure may leave a mark in `incomplete`. */
int incomplete_publish(const struct host_directory *directory, struct incomplete *incomplete,
                       const struct snapshot_meta *meta, struct run_log *log, struct err *err);

/* Whether nothing at all arrived in its data directory. */
bool incomplete_is_bare(const struct incomplete *incomplete);

/* What may serve as a second --link-dest: the newest of `names` whose run began in this boot (so that its files cannot
 * have been lost by a power cut) and that holds something. NULL when there is none. */
const char *incomplete_resumable(struct arena *arena, const struct host_directory *directory,
                                 const struct list *names);

/* Moves `.incomplete/<name>` to the trash, durably. A name that is not there is fine. */
int incomplete_discard(const struct host_directory *directory, const char *name, struct err *err);

#endif
