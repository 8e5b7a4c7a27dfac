/*
 * The backup root and its marker file, which proves that the right disk is mounted. Checking reads only; the marker is
 * written by root_mark() alone, which only the configuration calls. States and sentences: pages.md §2.5.
 *
 * The marker `.pobsync-root` is a JSON object: "uuid" of this root, "created" (RFC 3339), "installation" that marked
 * it, "epoch" of that installation's database at the time, "was_mount".
 */
#ifndef ENGINE_ROOT_H
#define ENGINE_ROOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/root.h"
#include "model/run.h"
#include "sys/fs.h"

#define ROOT_MARKER ".pobsync-root"

/* What was found. Texts are sentences without a final stop, in the arena. */
struct root_report {
    enum root_state state;
    const char *path;     /* NULL: unset */
    const char *found;    /* never NULL */
    const char *expected; /* NULL when ok */
    const char *hint;     /* NULL when ok */
    const char *uuid;     /* of the marker that is there, NULL: none that can be read */
    bool opened;          /* what follows is known */
    mode_t mode;          /* permission bits of the root itself */
    bool is_mount;        /* a mount of its own */
    bool nosuid, nodev;   /* options of the mount */
    const char *type;     /* "ext4" */
    struct fs_room room;
};

enum {
    ROOT_PATIENCE_MS = 2000,      /* somebody waits for the answer */
    ROOT_PATIENCE_RUN_MS = 10000, /* before work in it, and before anybody is told that it is lost */
    ROOT_FRESH_MS = 20            /* a page asks more than once, and many pages may be asked for */
};

struct root_question {
    const char *path;         /* NULL: none is configured */
    const struct root *known; /* the one that it must be, NULL: none was ever marked */
    const char *home;         /* POBSYNC_HOME, where the lock of those who ask lies */
    int64_t patience_ms;      /* how long the root has to answer; then its state is ROOT_IO_ERROR */
    int64_t fresh_ms;         /* how old an answer to this process may be */
    bool to_read; /* asked by who never writes there: whether others could is not theirs to tell */
};

/* Looks at the root, after a child has found that it answers at all (sys/answer.h). Fills the report, and gives a
 * descriptor of the directory if its state is ok, else -1. */
int root_open(struct arena *arena, const struct root_question *question, struct root_report *report);

/* The report of a root that is not ok as an error: ERR_ROOT. Returns -1. */
int root_refuse(const struct root_report *report, struct err *err);

/* Why a run failed that met this state; CAUSE_NONE for ok. */
enum cause root_cause(enum root_state state);

/* 0 when at least so much is free, else ERR_ROOT, and *cause is CAUSE_NO_SPACE or CAUSE_NO_INODES. A file system
 * without a fixed number of inodes always has enough of them. */
int root_require_room(const struct fs_room *room, int64_t min_free_bytes, int64_t min_free_inodes,
                      enum cause *cause, struct err *err);

/* Who marks a root, and how. */
struct root_claim {
    const char *home;         /* POBSYNC_HOME: neither may lie inside the other */
    const char *installation; /* our own id */
    int64_t epoch;            /* of our database */
    const struct root *known; /* the root in use, NULL: none */
    bool adopt; /* take what is there: a tree of snapshots without marker, the root of somebody else */
    int64_t now;
};

/* Marks the directory `path` as our root, unless it is already, and fills all of *root but its ids; its path has its
 * links resolved. A marker that is adopted keeps its uuid. ERR_ROOT when the directory is missing or cannot be used,
 * and when it is the known root without its marker: then a disk may not be mounted. ERR_REFUSED when it holds anything
 * but lost+found, or belongs to another installation, and `adopt` is not set. */
int root_mark(struct arena *arena, const char *path, const struct root_claim *claim, struct root *root,
              struct err *err);

#endif
