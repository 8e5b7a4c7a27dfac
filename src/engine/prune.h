/*
 * Taking snapshots off their final names. What is to go is named by host, kind and name alone and reached from the host
 * directory's descriptor; nothing that was recorded as a path is ever used, and nothing that a metadata file says gives
 * a right to delete. The caller holds the host's lock and has recorded the row as `deleting` before.
 */
#ifndef ENGINE_PRUNE_H
#define ENGINE_PRUNE_H

#include "engine/host_directory.h"
#include "model/snapshot.h"

/* Whether the directory is what the row says: a name of a snapshot, a real directory on the same file system and
 * mount as the host directory, nothing mounted in it, and no metadata of another host or name. ERR_NOT_FOUND when it
 * is not there, ERR_REFUSED with a sentence when it is something else, ERR_IO when that was not found out. */
int prune_check(struct arena *arena, const struct host_directory *directory, const struct snapshot *snapshot,
                struct err *err);

/* Renames the directories of `snapshots` into the trash, each after another look by prune_check(), and syncs. One that
 * is not there any more is fine. *buried counts. */
int prune_bury(struct arena *arena, const struct host_directory *directory, const struct snapshot *snapshots,
               size_t count, int64_t *buried, struct err *err);

#endif
