/* What snapshots take on disk, as it was measured last, and what was free over time. */
#ifndef STORE_STORE_SPACE_H
#define STORE_STORE_SPACE_H

#include "base/arena.h"
#include "db/db.h"

/* One snapshot's figures (engine/space.h), in bytes. */
struct snapshot_space {
    int64_t snapshot_id;
    int64_t bytes, new_bytes, exclusive_bytes, directory_bytes;
};

struct host_space {
    int64_t host_id;
    const char *host;
    int64_t measured_at; /* 0: never */
    int64_t bytes;       /* of all its snapshots together, then; -1: never measured */
    int64_t unread;      /* entries that could not be looked at */
    int64_t sum;         /* of the snapshots that are still there, each alone; -1: never measured */
    int64_t snapshots;   /* that are there now and final */
    int64_t measured;    /* of them */
    int64_t recent;      /* new bytes of those begun at `since` or later, as their runs counted; 0: none */
};

/* Every host of the installation, by name. */
int store_space_list(struct arena *arena, struct db *db, int64_t since, struct host_space **rows,
                     size_t *count, struct err *err);

/* One host. */
int store_space_load(struct arena *arena, struct db *db, int64_t host_id, int64_t since,
                     struct host_space *space, struct err *err);

/* The figures of its snapshots that are there, in no order. */
int store_space_snapshots(struct arena *arena, struct db *db, int64_t host_id, struct snapshot_space **rows,
                          size_t *count, struct err *err);

/* In place of all figures of the host; of `space` host_id, measured_at, bytes and unread are read. In a transaction. */
int store_space_save(struct db *db, const struct host_space *space, const struct snapshot_space *rows,
                     size_t count, struct err *err);

struct room_sample {
    int64_t taken_at;
    int64_t bytes_free, bytes_total;
    int64_t inodes_free, inodes_total; /* -1: their number is not fixed */
};

/* When the newest sample of the root was taken; 0: never. -1 for a failure. */
int64_t store_room_newest(struct db *db, int64_t root_id, struct err *err);

/* One at a time that is there already is left out. */
int store_room_add(struct db *db, int64_t root_id, const struct room_sample *sample, struct err *err);

/* Those taken at `since` or later, the oldest first. */
int store_room_list(struct arena *arena, struct db *db, int64_t root_id, int64_t since,
                    struct room_sample **rows, size_t *count, struct err *err);

/* Forgets those taken before. */
int store_room_expire(struct db *db, int64_t before, struct err *err);

#endif
