/*
 * What a backup run comes to, as a pure function of how rsync ended, what our own scan found and what the last good
 * snapshot held. rsync's text decides nothing but which sentence explains a failure (it can be forged by the host).
 */
#ifndef PLAN_OUTCOME_H
#define PLAN_OUTCOME_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/run.h"
#include "model/snapshot.h"

/* How the program ended. */
enum rsync_end {
    RSYNC_EXITED,
    RSYNC_KILLED,
    RSYNC_TOO_LONG,
    RSYNC_SILENT,
    RSYNC_NO_SPACE,
    RSYNC_NO_INODES,
    RSYNC_CANCELLED
};

/* What was noticed in the text of rsync and ssh; see engine/rsync_output.h, which finds them. */
enum rsync_sign {
    SIGN_SOURCE_MISSING = 1 << 0, /* change_dir of the source root failed: no such file */
    SIGN_SOURCE_DENIED = 1 << 1,  /* … permission denied */
    SIGN_NO_SPACE = 1 << 2,       /* No space left on device, Disk quota exceeded */
    SIGN_TOO_MANY_LINKS = 1 << 3, /* EMLINK */
    SIGN_AUTH = 1 << 4,           /* Permission denied (publickey…) */
    SIGN_HOST_KEY = 1 << 5,       /* Host key verification failed */
    SIGN_UNREACHABLE = 1 << 6,    /* could not resolve, refused, no route, timed out */
    SIGN_NOT_CLEAN = 1 << 7,      /* protocol version mismatch -- is your shell clean? */
    SIGN_NO_RSYNC = 1 << 8,       /* rsync: command not found on the remote */
    SIGN_IO_ERROR = 1 << 9,       /* Input/output error, Read-only file system */
    SIGN_OUT_OF_MEMORY = 1 << 10,
    SIGN_REFUSED_BY_RRSYNC = 1 << 11
};

struct outcome_facts {
    enum rsync_end end;
    int exit_status; /* when it exited */
    int signal;      /* when it was killed */
    unsigned signs;
    const char *first_error; /* printable first error line, or NULL */
    bool scanned;            /* stats hold our own scan */
    struct run_stats stats;
    /* Linking to a base was expected. */
    bool had_base;
    /* Why no base could be used although there are earlier good snapshots, or NULL. */
    const char *no_base_reason;
    bool room_inodes_gone; /* the root has no free inode now: tells ENOSPC of inodes from that of bytes */
    const struct snapshot *last_good; /* of the host, NULL: none */
    bool allow_empty;
    int64_t max_runtime_seconds, timeout_seconds;
};

struct outcome {
    enum run_state state;
    enum cause cause;
    bool publish;                /* the tree gets its final name */
    enum snapshot_status status; /* of the published snapshot */
    const char *held_reason;     /* NULL: not held */
    const char *message;         /* a sentence */
};

/* rsync 0 → success · 24 → warning · 23 → partial, but failed when nothing at all was received, nothing was scanned, or
 * our own side was full · all else → failed. Empty (no files; directories do not count) or shrunk by more than half
 * (files or bytes, against the last good one): published but held, a partial one too. A full copy where links were
 * expected: warning, said. */
struct outcome outcome_plan(struct arena *arena, const struct outcome_facts *facts);

#endif
