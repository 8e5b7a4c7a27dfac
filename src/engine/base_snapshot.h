/*
 * The base of a run, held open: the snapshot whose files are hard-linked. rsync's --link-dest fails open, so everything
 * that could make it copy in silence is looked at before the run, and once more after it (engine.md, finding 2, I-4).
 */
#ifndef ENGINE_BASE_SNAPSHOT_H
#define ENGINE_BASE_SNAPSHOT_H

#include "engine/host_directory.h"
#include "model/snapshot.h"

struct base_snapshot {
    int data_fd;      /* its data directory; -1: no base */
    const char *name; /* NULL: none */
    enum snapshot_kind kind;
    const char *path; /* absolute, of the data directory */
};

#define BASE_SNAPSHOT_NONE ((struct base_snapshot){.data_fd = -1})
#define BASE_SNAPSHOT_SCOPED __attribute__((cleanup(base_snapshot_close))) struct base_snapshot

/* Opens the first of `candidates` that is there, a real directory, on the same file system and mount as the host
 * directory. *why tells about the first one that was not usable, NULL if there was none such. Not finding any is not
 * an error. */
void base_snapshot_open(struct arena *arena, const struct host_directory *directory,
                        const struct snapshot *const *candidates, size_t count, struct base_snapshot *base,
                        const char **why);

/* Whether it still stands where it stood: NULL, or a sentence. */
const char *base_snapshot_recheck(struct arena *arena, const struct host_directory *directory,
                                  const struct base_snapshot *base);

void base_snapshot_close(struct base_snapshot *base);

#endif
