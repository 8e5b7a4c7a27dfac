/* Purges: what was deleted, by whom, when, why and how large. Rows are added and completed, never taken away. */
#ifndef STORE_STORE_PURGE_H
#define STORE_STORE_PURGE_H

#include "base/arena.h"
#include "db/db.h"
#include "model/snapshot.h"

struct purge {
    int64_t id;
    int64_t at;
    const char *actor, *origin;
    int64_t host_id;      /* 0: the host has been removed */
    const char *host;     /* its name */
    int64_t snapshot_id;  /* 0: its record has gone with the host's */
    const char *snapshot; /* its name */
    enum snapshot_kind kind;
    const char *status;                   /* what the snapshot was: "success", NULL for an incomplete one */
    int64_t snapshot_started_at;          /* 0: not known */
    int64_t files, bytes, new_bytes;      /* of the snapshot, -1: not known */
    const char *reason;                   /* the rule, or what a person said */
    const char *plan;                     /* id of the plan, or NULL */
    int64_t run_id;                       /* 0: none known */
    int64_t removed_at;                   /* when its files had gone, 0: not yet */
    int64_t removed_entries, freed_bytes; /* -1: not known */
};

/* Records that a snapshot is to go. `purge` says all but id, removed_at and the figures of the removal. */
int store_purge_add(struct db *db, const struct purge *purge, struct err *err);

/* Records one that an earlier database recorded, as its file tells, with its id where that is free: 1, or 0 when it is
 * recorded already (host, snapshot, time), or -1. */
int store_purge_restore(struct db *db, const struct purge *purge, struct err *err);

/* Whether it is: 1, 0, or -1. */
int store_purge_is_recorded(struct db *db, const struct purge *purge, struct err *err);

/* Of a host, or of all with host_id 0, newest first, at most `limit`; those before id `before`, 0 = from the newest on. */
int store_purge_list(struct arena *arena, struct db *db, int64_t host_id, int64_t before, int64_t limit,
                     struct purge **purges, size_t *count, struct err *err);

/* Those of a host that its directory does not tell of yet, oldest first. */
int store_purge_unnoted(struct arena *arena, struct db *db, int64_t host_id, struct purge **purges,
                        size_t *count, struct err *err);

/* The directory of the host tells of all up to this id. */
int store_purge_set_noted(struct db *db, int64_t host_id, int64_t last_id, struct err *err);

/* The files of the snapshot have gone: completes its newest purge, unless that is complete, which the directory of the
 * host is to tell as well, and adds `freed` to the
 * figures of the run that deleted it. -1: nothing is known of how much it was. A snapshot without a purge is fine. */
int store_purge_set_removed(struct db *db, int64_t snapshot_id, int64_t at, int64_t entries, int64_t freed,
                            struct err *err);

#endif
