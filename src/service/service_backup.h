/* The main job: one host, one run, one snapshot. In the foreground it makes a row of its own; a worker has claimed one. */
#ifndef SERVICE_SERVICE_BACKUP_H
#define SERVICE_SERVICE_BACKUP_H

#include <stdbool.h>

#include <jansson.h>

#include "engine/rsync_output.h"
#include "service/service.h"

enum backup_phase {
    PHASE_PREPARE,  /* root, lock, remains of earlier runs, base */
    PHASE_CONNECT,  /* until the first byte of progress */
    PHASE_TRANSFER, /* rsync works */
    PHASE_SCAN,     /* our own count of the result */
    PHASE_FINISH,   /* log, metadata, sync, final name */
    PHASE__MAX
};

const char *backup_phase_name(enum backup_phase phase);

struct backup_progress {
    enum backup_phase phase;
    const struct rsync_progress *rsync; /* NULL before the first progress line */
    int64_t elapsed_ms;
    int64_t usual_seconds; /* median of the last 7 good runs, -1: none */
    int64_t seen_at;       /* now */
    int64_t moved_at;      /* when a figure or the phase last changed */
    const char *path;      /* of the file that arrives, below the source root, any bytes; NULL: not known */
};

struct backup_request {
    const char *host;
    bool manual;     /* kind manual instead of scheduled */
    bool dry_run;    /* transfers nothing, records no snapshot */
    bool prune;      /* retention applies after a good run */
    bool foreground; /* may pin a host key at first contact */
    const char *trigger;
    /* The run that a worker has claimed for this; NULL: a row is made. Then a busy host is an end of that run too. */
    const struct run *claimed;
    /* Whether who asked for this has died meanwhile, so that a wish to stop came from there; may be NULL. */
    bool (*orphaned)(void *context);
    /* Called at each change of phase and about every second; may be NULL. */
    void (*progress)(void *context, const struct backup_progress *progress);
    /* A line for a person ("host key pinned: …", "removed the remains of …"); may be NULL. */
    void (*notice)(void *context, const char *line);
    void *context;
};

/* Runs it. 0 whenever there is a run row that tells how it ended: *document is then as document_run() (state, cause,
 * message, snapshot, stats, "hint", "failed_paths": [{path, reason}] at most 10,000 …) and *exit_status what the command
 * ends with (0, 1, 3, 7, 8, 9, 130). -1 when there is no row: unknown host, busy host (ERR_BUSY), bad settings. */
int service_backup(struct service *service, const struct backup_request *request, json_t **document,
                   int *exit_status, struct err *err);

#endif
