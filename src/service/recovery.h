/*
 * Making rows and disk agree again after a run died, for one host, with its lock held. Idempotent: a second call finds
 * nothing. A `running` row of the host belongs to a dead run when the process that its worker column names has ended
 * (a worker that has just claimed a run has no lock yet), or when the caller knows that it has:
 *
 *   tree under its final name, meta.json and our own scan agree → the row ends as meta.json says (adopted)
 *   tree under its final name, they do not agree                → failed; the snapshot is recorded as claimed, not good
 *   tree in .incomplete/, or none                               → failed, cause killed
 */
#ifndef SERVICE_RECOVERY_H
#define SERVICE_RECOVERY_H

#include "engine/host_directory.h"
#include "model/host.h"
#include "model/run.h"
#include "service/service.h"

struct recovery {
    int adopted; /* runs whose snapshot was complete */
    int failed;  /* runs that ended as failed */
    /* What may serve as a second --link-dest, NULL if nothing; every other incomplete directory is in the trash. */
    const char *resume;
};

/* `dead`: a run that is known to be dead whatever its row says, 0: none. What was being deleted is taken off
 * its name (purge_bury()); that it cannot be keeps nobody from a backup. `notice` tells a person what was done; may be
 * NULL. */
int recovery_apply(struct service *service, const struct host *host, const struct host_directory *directory,
                   int64_t dead, void (*notice)(void *context, const char *line), void *context,
                   struct recovery *recovery, struct err *err);

/* The runs alone, without what lies in .incomplete/. */
int recovery_end_runs(struct service *service, const struct host *host,
                      const struct host_directory *directory, int64_t dead,
                      void (*notice)(void *context, const char *line), void *context,
                      struct recovery *recovery, struct err *err);

/* Whether who runs this is known to have ended. */
bool recovery_is_dead(const struct run *run);

/* Ends a running row as failed, because who ran it died. */
int recovery_end_as_killed(struct service *service, struct run *run, struct err *err);

/* Moves incomplete snapshots to the trash, all of `names` but `keep` (may be NULL), and marks their records. */
int recovery_discard(struct service *service, const struct host *host, const struct host_directory *directory,
                     const struct list *names, const char *keep, int *discarded, struct err *err);

#endif
