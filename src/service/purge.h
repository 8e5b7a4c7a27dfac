/*
 * Deleting snapshots, in the order that a crash may interrupt anywhere (engine.md I-8): the row says `deleting`, with
 * audit and purge record → the directory is renamed into the trash, durably → the trash is emptied → the row says
 * `deleted`. Everything behind the first step is done for all rows that stand so, whoever put them there: that is how a
 * crash is recovered from, and there is no other code for it.
 */
#ifndef SERVICE_PURGE_H
#define SERVICE_PURGE_H

#include <stdbool.h>

#include "engine/host_directory.h"
#include "model/host.h"
#include "service/service.h"

struct purge_item {
    const struct snapshot *snapshot;
    const char *reason;
};

struct purge_order {
    const struct host *host;
    const char *action; /* of the audit: "snapshot.prune" */
    const char *plan;   /* id, or NULL */
    int64_t run;
    const struct purge_item *items;
    size_t count;
};

/* Step one, in the caller's transaction. */
int purge_mark(struct service *service, const struct purge_order *order, struct err *err);

/* Step two, with the host's lock held: takes everything that is `deleting` off its name, and lets the files in the host
 * directory tell. Quick, however large the snapshots are. *buried (may be NULL) counts. */
int purge_bury(struct service *service, const struct host *host, const struct host_directory *directory,
               int64_t *buried, struct err *err);

struct purge_report {
    bool busy; /* somebody else empties the trash, and records it */
    int64_t snapshots, entries, freed_bytes;
};

/* Steps three and four. Takes time, and needs no lock of the host: let that go before. `wait`: for somebody else who
 * empties the trash (trash_empty()). The report tells what was done, also when it fails. */
int purge_empty(struct service *service, const struct host *host, const struct host_directory *directory,
                bool wait, struct purge_report *report, struct err *err);

#endif
