/*
 * What the metadata beside a snapshot claims: our own meta.json, or the meta.yaml (also meta/meta.yaml) of an older
 * installation, or nothing. One reader for both, because JSON is YAML; ours is read by its own parser first. A claim
 * gives no right to delete, names no other host and makes nothing good (engine.md I-24): it says what to compare a look
 * of our own with. Fields that are not known here are kept with the text.
 */
#ifndef ENGINE_SNAPSHOT_CLAIM_H
#define ENGINE_SNAPSHOT_CLAIM_H

#include "engine/snapshot_meta.h"

struct snapshot_claim {
    const char *text;    /* all of the file as it is, valid UTF-8; NULL: no file, or none that can be kept */
    const char *problem; /* why the file says nothing: a sentence; NULL: there is none, or it was read */
    bool ours;           /* a complete meta.json of ours: `meta` holds */
    struct snapshot_meta meta;   /* of ours */
    const char *host, *name;     /* NULL: not claimed */
    enum snapshot_kind kind;     /* KIND__MAX: not claimed */
    enum snapshot_status status; /* success, warning or partial; SNAPSHOT_UNKNOWN: none of these is claimed */
    int64_t started_at, ended_at; /* 0: not claimed, or no time */
    const char *base;             /* a name or a path, as it stands; NULL */
    const char *held_reason;      /* of ours; NULL */
    struct run_stats stats;
};

/* Reads what lies in the directory of a snapshot. Nothing that it finds is an error: it is a `problem`. */
void snapshot_claim_load(struct arena *arena, int snapshot_fd, struct snapshot_claim *claim);

/* The reader alone, for `file` ("meta.json", "meta.yaml") of `size` bytes. */
void snapshot_claim_parse(struct arena *arena, const char *file, const char *text, size_t size,
                          struct snapshot_claim *claim);

#endif
