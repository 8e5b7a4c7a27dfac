/* The records of snapshots. What a snapshot is worth is decided elsewhere; here its row only moves forward:
 * incomplete → published → deleting → deleted. */
#ifndef STORE_STORE_SNAPSHOT_H
#define STORE_STORE_SNAPSHOT_H

#include "base/arena.h"
#include "db/db.h"
#include "model/snapshot.h"

/* Adds a record and gives its id; ERR_EXISTS when the host has a snapshot of this name. */
int store_snapshot_insert(struct db *db, const struct snapshot *snapshot, int64_t *id, struct err *err);

/* ERR_NOT_FOUND for an unknown name; the hint names the snapshot that was probably meant. */
int store_snapshot_load(struct arena *arena, struct db *db, int64_t host_id, const char *name,
                        struct snapshot *snapshot, struct err *err);

/* The columns of a snapshot s and its host h, for statements of this floor; store_snapshot_read() steps such a one,
 * bound, to its end. */
#define SNAPSHOT_COLUMNS                                                                                               \
    "SELECT s.id, s.host_id, h.name, s.run_id, s.kind, s.name, s.status, s.started_at, s.ended_at, s.base_id, "        \
    "s.base_name, s.files, s.directories, s.bytes, s.linked_files, s.new_bytes, s.pinned, s.pin_reason, s.confirmed, " \
    "s.held_reason, s.missing_since"
#define SNAPSHOT_SELECT SNAPSHOT_COLUMNS " FROM snapshot s JOIN host h ON h.id = s.host_id"
int store_snapshot_read(struct arena *arena, struct db_stmt *stmt, struct snapshot **snapshots, size_t *count,
                        struct err *err);

/* Of one host, or of all with host_id 0, newest name first; `deleted`: those that were deleted as well. */
int store_snapshot_list(struct arena *arena, struct db *db, int64_t host_id, bool deleted,
                        struct snapshot **snapshots, size_t *count, struct err *err);

/* An incomplete one has got its final name: writes kind, status, ended_at, figures, confirmed, held_reason, nothing
 * else. ERR_REFUSED when it is not incomplete (any more). */
int store_snapshot_publish(struct db *db, const struct snapshot *snapshot, struct err *err);

/* No longer held; ERR_REFUSED when it was not held. */
int store_snapshot_release(struct db *db, int64_t id, struct err *err);

/* Pinned with a reason, or no longer (NULL). ERR_REFUSED for one that is being deleted or was. */
int store_snapshot_set_pin(struct db *db, int64_t id, const char *reason, struct err *err);

/* Records a snapshot that was found on disk, with the metadata that lies there (NULL: none) word for word. A row of the
 * same name that was deleted becomes that of the one that is back. ERR_EXISTS as above. */
int store_snapshot_import(struct db *db, const struct snapshot *snapshot, const char *metadata,
                          struct err *err);

/* Snapshots of the host that were found on disk get the id of the base that they name, where it is recorded and older
 * than they. */
int store_snapshot_link_bases(struct db *db, int64_t host_id, struct err *err);

/* A claimed one was looked at: writes status, figures and held_reason, and that it is confirmed. ERR_REFUSED when it is
 * not claimed (any more). */
int store_snapshot_confirm(struct db *db, const struct snapshot *snapshot, struct err *err);

/* What was decided about one that was found on disk, before its record was lost: pinned with a reason (NULL: not), held
 * for a reason (NULL: not). ERR_REFUSED when it is not claimed. */
int store_snapshot_decide(struct db *db, int64_t id, const char *pin_reason, const char *held_reason,
                          struct err *err);

/* It was not found on disk (`since`), or was found again (0). */
int store_snapshot_set_missing(struct db *db, int64_t id, int64_t since, struct err *err);

/* SNAPSHOT_DELETING before its files go, SNAPSHOT_DELETED behind that; both may be said twice. ERR_REFUSED for a step
 * back or one left out. */
int store_snapshot_set_status(struct db *db, int64_t id, enum snapshot_status status, struct err *err);

/* The greatest name that a host ever had, of any kind and status; NULL when it never had one. */
int store_snapshot_newest_name(struct arena *arena, struct db *db, int64_t host_id, const char **name,
                               struct err *err);

#endif
