/* A prune as a step of a run, with the host's lock held: of a run of its own (service_retention.c), and of a backup that
 * went well. What decides is plan/; here rows and directories meet. */
#ifndef SERVICE_PRUNE_STEP_H
#define SERVICE_PRUNE_STEP_H

#include "engine/host_directory.h"
#include "model/host.h"
#include "plan/retention.h"
#include "service/purge.h"

enum { PRUNE_KINDS = 2 };

struct prune_step {
    struct service *service;
    const struct host *host;
    const struct config *config; /* effective; its keep_* are the policy */
    const struct host_directory *directory;
    enum snapshot_kind kinds[PRUNE_KINDS];
    const char *plan_ids[PRUNE_KINDS]; /* of the plans that were shown; NULL: any */
    size_t kind_count;
    int64_t max_delete; /* of all kinds together; negative: the setting */
    bool unasked;       /* nobody asked for it, and no good backup came before */
    int64_t now;        /* not before the end of the newest snapshot, or the clock seems to have gone back */
    int64_t run;        /* whose step it is: its base is not in use any more; 0: none yet */

    /* What came of it. */
    struct retention plans[PRUNE_KINDS];
    struct snapshot *snapshots; /* all of the host */
    size_t snapshot_count;
    struct purge_item *doomed;
    size_t doomed_count;
};

/* The kinds of "scheduled", "manual" or "all"; ERR_INVALID for another word. */
int prune_step_kinds(struct prune_step *step, const char *word, struct err *err);

/* Makes the plans, from rows alone: needs neither directory nor lock. */
int prune_step_plan(struct prune_step *step, struct err *err);

/* Within the caller's transaction: makes the plans, and marks what they delete (purge_mark()), for `run`. ERR_REFUSED,
 * with nothing marked, when anything stands against it: another plan than was shown, more than max_delete, a doubt
 * (plan/prune_guard.h, the clock), a directory that is not what its row says. */
int prune_step_mark(struct prune_step *step, struct err *err);

#endif
