/* What was asked for beyond job and kind: the JSON object of a run's row, as a struct. One place writes it and reads it. */
#ifndef SERVICE_RUN_REQUEST_H
#define SERVICE_RUN_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct run_request {
    bool prune;   /* of a backup: retention applies after a good run */
    bool confirm; /* of a discovery: claimed snapshots are scanned */
    /* Of a prune; the kind of the run is NULL for all. */
    bool has_limit;
    int64_t max_delete;             /* if has_limit */
    const char *plan, *manual_plan; /* ids of the plans that were shown, or NULL */
    bool adopt;                     /* of a root: a tree of snapshots without a marker is taken over */
    const char *path; /* of a root: its directory; of a restore: what of the snapshot, "" is all of it */
    const char *fingerprint; /* of a host key: the one to accept */
    /* Of a deletion. */
    const char *snapshot, *reason; /* name, NULL: all that never finished; NULL: none was given */
    /* Of a restore, with `snapshot` and `path`. */
    const char *to_host, *to; /* the host it goes to, and the directory there */
    bool plan_only;           /* nothing is written, the host is asked only */
    bool replace;             /* what stands there and differs gives way */
    const char *chosen;       /* of a measurement: snapshots that might go together, one a line */
};

/* The text for the row; NULL when nothing beyond the ordinary was asked for. */
const char *run_request_text(struct arena *arena, const struct run_request *request);

/* Reads what run_request_text() wrote; NULL is nothing. ERR_INVALID for anything else: the database is not trusted for
 * what is run. */
int run_request_parse(struct arena *arena, const char *text, struct run_request *request, struct err *err);

#endif
