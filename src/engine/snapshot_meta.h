/*
 * meta.json: what is known about a snapshot, beside its data. It is written when the run begins (status null), and once
 * more, complete, before the snapshot gets its final name; never afterwards. It lies beside data/, where no client can
 * write. Read back it is a claim: it gives no right to delete and names no other host.
 */
#ifndef ENGINE_SNAPSHOT_META_H
#define ENGINE_SNAPSHOT_META_H

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "model/run.h"
#include "model/snapshot.h"

enum { SNAPSHOT_META_MAX = 1 << 20 };

struct snapshot_meta {
    const char *host;
    const char *name;
    enum snapshot_kind kind;     /* the kind it is to have */
    enum snapshot_status status; /* SNAPSHOT_UNKNOWN while it runs */
    int64_t run;
    const char *installation;
    const char
        *boot_id; /* of the boot in which the run began: after another one nothing unsynced can be trusted */
    int64_t started_at, ended_at;
    const char *base;        /* name, NULL */
    const char *held_reason; /* NULL */
    const char *message;     /* NULL */
    enum cause cause;
    const char *source;    /* "root@web1.example.net:/" */
    struct list arguments; /* of rsync, for whoever wants to know how it was made */
    struct run_stats stats;
};

/* Writes `directory_fd`/meta.json durably. */
int snapshot_meta_save(int directory_fd, const struct snapshot_meta *meta, struct err *err);

/* Reads it. ERR_NOT_FOUND without a file, ERR_INVALID for one that is not ours or breaks a rule. */
int snapshot_meta_load(struct arena *arena, int directory_fd, struct snapshot_meta *meta, struct err *err);

/* The parser alone: `size` bytes of JSON. For fuzzing too. */
int snapshot_meta_parse(struct arena *arena, const char *text, size_t size, struct snapshot_meta *meta,
                        struct err *err);

#endif
