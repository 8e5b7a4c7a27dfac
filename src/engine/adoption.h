/*
 * Trees of another tool on disk: reading what is there, and making one a snapshot by renaming it. The caller holds the
 * host's lock.
 *
 * Order for each tree: `.incomplete/adopt-<name>/` with meta.json → rename of the tree to its data/ → our own scan → final
 * meta.json → syncfs → rename to scheduled/<name> → fsync of both parents. The name in .incomplete/ is no snapshot's, so
 * that no recovery takes it for what a dead run left: an old tree is never put into the trash. Who comes after a crash
 * finds it there, and goes on.
 */
#ifndef ENGINE_ADOPTION_H
#define ENGINE_ADOPTION_H

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "engine/host_directory.h"
#include "engine/run_log.h"
#include "engine/snapshot_meta.h"
#include "plan/adoption.h"

/* What adopted metadata says as its source begins with this: "adopted:/backups/old/daily.3/web1". */
#define ADOPTION_SOURCE "adopted:"

/* The entries of the tool's directory. At most 20,000 of them. */
int adoption_read(struct arena *arena, int fd, enum adoption_tool tool, struct adoption_entry **entries,
                  size_t *count, struct err *err);

/* backintime keeps backups in backintime/<machine>/<user>/<profile> below the path that is configured: goes down there
 * while there is one way only. *path and *fd change. ERR_INVALID when there are several. */
int adoption_descend(struct arena *arena, int *fd, const char **path, struct err *err);

/* Makes the staging directory with its first meta.json, and renames `source` (below `from_fd`) into it. Safe to repeat.
 * `meta` has name, host, source, started_at. */
int adoption_take(struct arena *arena, const struct host_directory *directory, int from_fd,
                  const char *source, const struct snapshot_meta *meta, struct err *err);

/* Names of snapshots whose tree has been taken and that have not got their final name, in order. */
int adoption_staged(struct arena *arena, const struct host_directory *directory, struct list *names,
                    struct err *err);

/* The sources of all that was adopted for the host, staged or published, without the word in front. */
int adoption_sources(struct arena *arena, const struct host_directory *directory, struct list *sources,
                     struct err *err);

/* Reads what a staged one says of itself, scans it, and publishes it. `base`: name of the scheduled snapshot to compare
 * with, NULL: none. A copy of the log so far goes with it. *meta is what it says in the end. */
int adoption_publish(struct arena *arena, const struct host_directory *directory, const char *name,
                     const char *base, struct run_log *log, struct snapshot_meta *meta, struct err *err);

/* The metadata of scheduled/<name> if it was adopted: 1, else 0, or -1. */
int adoption_load(struct arena *arena, const struct host_directory *directory, const char *name,
                  struct snapshot_meta *meta, struct err *err);

#endif
