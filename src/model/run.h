/* A run: one row of work. It is queued, then running, then ends once. */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RUN_STATE_LIST(X)                                                                                    \
    X(RUN_QUEUED, "queued")                                                                                  \
    X(RUN_RUNNING, "running")                                                                                \
    X(RUN_SUCCESS, "success")                                                                                \
    X(RUN_WARNING, "warning")                                                                                \
    X(RUN_PARTIAL, "partial")                                                                                \
    X(RUN_FAILED, "failed")                                                                                  \
    X(RUN_CANCELLED, "cancelled")

enum run_state {
#define RUN_STATE_ENUM(state, name) state,
    RUN_STATE_LIST(RUN_STATE_ENUM)
#undef RUN_STATE_ENUM
        RUN_STATE__MAX
};

/* Why a run ended as it did: the closed list of product.md §5. The error code gives the exit status of a command that
 * waited for such a run; the sentence says what to do. */
#define CAUSE_LIST(X)                                                                                             \
    X(CAUSE_NONE, "", ERR_FAILED, "")                                                                             \
    X(CAUSE_HOST_UNREACHABLE, "host_unreachable", ERR_UNREACHABLE,                                                \
      "check that the machine is up and that its address and ssh port are right: pobsync test-connection HOST")   \
    X(CAUSE_HOST_KEY_CHANGED, "host_key_changed", ERR_UNREACHABLE,                                                \
      "if the machine was reinstalled, compare the fingerprint on its console and accept it: "                    \
      "pobsync host-key HOST --accept SHA256:...")                                                                \
    X(CAUSE_HOST_KEY_UNKNOWN, "host_key_unknown", ERR_UNREACHABLE,                                                \
      "meet the host once from a terminal, so that its key is pinned: pobsync test-connection HOST")              \
    X(CAUSE_AUTH_FAILED, "auth_failed", ERR_UNREACHABLE,                                                          \
      "put the line that `pobsync key HOST` prints into authorized_keys of the remote user")                      \
    X(CAUSE_SOURCE_MISSING, "source_missing", ERR_FAILED,                                                         \
      "create the source root on the host, mount it, or correct it: "                                             \
      "pobsync configure-host HOST --source-root PATH")                                                           \
    X(CAUSE_SOURCE_EMPTY, "source_empty", ERR_REFUSED,                                                            \
      "see whether a file system is not mounted on the host; if the host may be empty: "                          \
      "pobsync release HOST SNAPSHOT --reason TEXT, or --allow-empty for good")                                   \
    X(CAUSE_SOURCE_SHRUNK, "source_shrunk", ERR_REFUSED,                                                          \
      "see what has gone from the host; if that is right: pobsync release HOST SNAPSHOT --reason TEXT")           \
    X(CAUSE_ROOT_MISSING, "root_missing", ERR_ROOT,                                                               \
      "mount or create the backup root, then run `pobsync check`")                                                \
    X(CAUSE_ROOT_WRONG, "root_wrong", ERR_ROOT, "attach the right disk, then run `pobsync check`")                \
    X(CAUSE_NO_SPACE, "no_space", ERR_ROOT,                                                                       \
      "free space on the backup root, or lower --min-free-bytes; older snapshots were not touched")               \
    X(CAUSE_NO_INODES, "no_inodes", ERR_ROOT,                                                                     \
      "free inodes on the backup root by removing snapshots, or lower --min-free-inodes")                         \
    X(CAUSE_TARGET_FULL, "target_full", ERR_FAILED,                                                               \
      "free space on the host, then restore again: it goes on where it stopped")                                  \
    X(CAUSE_TIMEOUT, "timeout", ERR_FAILED,                                                                       \
      "the host sent nothing for too long: look at its load and the network, or raise --timeout-seconds")         \
    X(CAUSE_TOO_LONG, "too_long", ERR_FAILED, "raise --max-runtime-seconds, or back up less: --excludes")         \
    X(CAUSE_PROTOCOL, "protocol", ERR_FAILED,                                                                     \
      "see that the remote shell prints nothing and that rsync is installed there: pobsync test-connection HOST") \
    X(CAUSE_IO_ERROR, "io_error", ERR_FAILED,                                                                     \
      "look at the log of the run and at the kernel's log for disk errors")                                       \
    X(CAUSE_OUT_OF_MEMORY, "out_of_memory", ERR_FAILED, "free memory on this server, then run again")             \
    X(CAUSE_KILLED, "killed", ERR_FAILED, "somebody or the kernel killed it; run again")                          \
    X(CAUSE_BUSY, "busy", ERR_BUSY, "wait for the other run of this host to end")                                 \
    X(CAUSE_CONFIG, "config", ERR_INVALID, "correct the setting that the message names")                          \
    X(CAUSE_INTERNAL, "internal", ERR_INTERNAL,                                                                   \
      "this is a defect of pobsync; please report it with the run's log")

enum cause {
#define CAUSE_ENUM(cause, name, code, hint) cause,
    CAUSE_LIST(CAUSE_ENUM)
#undef CAUSE_ENUM
        CAUSE__MAX
};

/* What a run does. */
#define JOB_LIST(X)                                                                                          \
    X(JOB_BACKUP, "backup")                                                                                  \
    X(JOB_DRY_RUN, "dry_run")                                                                                \
    X(JOB_TEST, "test")                                                                                      \
    X(JOB_PRUNE, "prune")                                                                                    \
    X(JOB_DELETE, "delete")                                                                                  \
    X(JOB_DISCOVER, "discover")                                                                              \
    X(JOB_MAINTENANCE, "maintenance")                                                                        \
    X(JOB_ROOT, "root")                                                                                      \
    X(JOB_KEY, "key")                                                                                        \
    X(JOB_HOST_KEY, "host_key")                                                                              \
    X(JOB_NOTIFY, "notify")                                                                                  \
    X(JOB_RESTORE, "restore")                                                                                \
    X(JOB_SPACE, "space")

enum job {
#define JOB_ENUM(job, name) job,
    JOB_LIST(JOB_ENUM)
#undef JOB_ENUM
        JOB__MAX
};

/* What is measured; -1 is "not known". Sizes in bytes. */
struct run_stats {
    int64_t files;        /* names of everything but directories in the snapshot, by our own scan */
    int64_t directories;  /* by our own scan, the top included */
    int64_t bytes;        /* sum of the sizes of regular files, by our own scan */
    int64_t linked_files; /* of those files, the ones that share their inode with the base */
    int64_t copied_same; /* regular files that look unchanged from the base and are nevertheless a new copy */
    int64_t new_inodes;  /* inodes this snapshot added */
    int64_t new_bytes;   /* bytes of regular files that are not shared with the base */
    int64_t sent;        /* over the wire, as rsync says */
    int64_t received;    /* over the wire, as rsync says */
    int64_t transferred; /* files that rsync transferred, as it says */
    int64_t failed_paths;                       /* paths that could not be read or written */
    int64_t rsync_exit;                         /* exit status, -1 when it was killed or never ran */
    int64_t connect_ms, transfer_ms, finish_ms; /* phases */
    int64_t deleted_snapshots;                  /* that the run took away */
    int64_t freed_bytes; /* what that gave back to the disk; not known before the trash has been emptied */
};
#define RUN_STATS_UNKNOWN                                                                                    \
    ((struct run_stats){-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})

/* When one began and what it is by now: all that a calendar needs. */
struct run_start {
    int64_t host_id;
    int64_t started_at;
    enum run_state state;
};

struct run {
    int64_t id;
    int64_t host_id; /* 0 = none */
    const char *host;
    enum job job;
    const char *kind; /* "scheduled", "manual", or NULL */
    const char *
        trigger; /* "cli": in the foreground; through the queue: "queue", "schedule", "retry", "web", "api" */
    enum run_state state;
    enum cause cause;
    const char *message;                        /* a sentence, or NULL */
    const char *snapshot;                       /* name, or NULL */
    const char *base;                           /* name of the base, or NULL */
    const char *actor;                          /* who asked */
    int64_t requested_at, started_at, ended_at; /* 0 = not yet */
    int64_t token;                              /* fencing token of the worker that has it */
    int64_t node_id;                            /* where it runs: the host's node */
    const char *request; /* what was asked for beyond job and kind, a JSON object, or NULL */
    int64_t due_at;      /* when it should begin: the order of the queue */
    int64_t slot_at;     /* the time of the schedule that it stands for, 0: none */
    int64_t retry_until; /* a failure may be repeated until then, 0: never */
    int64_t attempt;     /* 1 = the first */
    int64_t retry_of;    /* the run that it repeats, 0: none */
    int64_t cancel_at;   /* when somebody asked for its end, 0: nobody has */
    const char *cancel_by;
    int64_t place;        /* which of the node's parallel places it takes, from 1; 0: none */
    const char *worker;   /* who runs it, or NULL */
    int64_t heartbeat;    /* grows while who runs it lives */
    const char *result;   /* what it found beyond its figures, a JSON object, or NULL */
    const char *progress; /* how far it is while it runs, a JSON object, or NULL */
    struct run_stats stats;
};

/* One path that a partial run could not copy. */
struct run_path {
    const char *path; /* printable */
    const char *reason;
};

const char *run_state_name(enum run_state state);
const char *cause_name(enum cause cause);
const char *job_name(enum job job);
const char *cause_hint(enum cause cause);
enum err_code cause_error(enum cause cause);
/* The reverse, from what the database holds; the MAX value for what is not in the list. */
enum run_state run_state_parse(const char *name);
enum cause cause_parse(const char *name);
enum job job_parse(const char *name);

/* Whether it works in the host's directory, so that a host has one such run at a time. */
bool job_takes_host(enum job job);

/* Whether it moves so much that few may go on at once: it takes one of the node's places. */
bool job_takes_place(enum job job);

/* Whether a run may go from one state to the other: only forward, and out of an end never. */
bool run_may_become(enum run_state from, enum run_state to);
bool run_has_ended(enum run_state state);

#endif
