/* A snapshot: one directory below the host directory, and what is known about it. */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

enum snapshot_kind { KIND_SCHEDULED, KIND_MANUAL, KIND_INCOMPLETE, KIND__MAX };

enum snapshot_status {
    SNAPSHOT_UNKNOWN, /* incomplete ones have none */
    SNAPSHOT_SUCCESS,
    SNAPSHOT_WARNING,
    SNAPSHOT_PARTIAL,
    SNAPSHOT_CLAIMED,
    SNAPSHOT_DELETING,
    SNAPSHOT_DELETED,
    SNAPSHOT__MAX
};

struct snapshot {
    int64_t id;
    int64_t host_id;
    const char *host;
    int64_t run_id; /* 0 = none known */
    enum snapshot_kind kind;
    const char *name;
    enum snapshot_status status;
    int64_t started_at, ended_at;                               /* 0 = not known */
    int64_t base_id;                                            /* 0 = none or gone */
    const char *base;                                           /* its name, kept when it has gone */
    int64_t files, directories, bytes, linked_files, new_bytes; /* -1 = not known */
    bool pinned;
    const char *pin_reason;
    bool confirmed;
    const char *held_reason; /* NULL = not held */
    int64_t missing_since;   /* 0 = on disk */
};

const char *snapshot_kind_name(enum snapshot_kind kind);       /* "scheduled" */
const char *snapshot_kind_directory(enum snapshot_kind kind);  /* "scheduled", ".incomplete" */
const char *snapshot_status_name(enum snapshot_status status); /* NULL for unknown */
enum snapshot_kind snapshot_kind_parse(const char *name);      /* KIND__MAX when unknown */
enum snapshot_status snapshot_status_parse(const char *name);  /* NULL gives unknown, else SNAPSHOT__MAX */

/* One may rely on it: success or warning, not held, confirmed, on disk, final. */
bool snapshot_is_good(const struct snapshot *snapshot);

#endif
