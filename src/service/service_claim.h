/*
 * What a worker does with the queue: claims runs, gives signs of life for them, hears that one is to end, settles one
 * whose child has died, and looks after the runs of workers that are gone. The processes are the worker's own affair
 * (daemon/worker.h).
 */
#ifndef SERVICE_SERVICE_CLAIM_H
#define SERVICE_SERVICE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/lease.h"
#include "service/service.h"
#include "sys/process_name.h"

/* Who claims: this process, on its node. */
struct claimant {
    int64_t node_id;
    char name[PROCESS_NAME_SIZE];
};

/* A run that is ours to do. */
struct claim {
    int64_t run, token;
    bool takes_place;
};

/* What a worker remembers of the runs of others between two looks. */
struct lease_book {
    struct lease *leases; /* malloc'd */
    size_t count;
};

/* Says who we are, and that we live. */
int service_claimant_begin(struct service *service, struct claimant *claimant, struct err *err);
int service_claimant_beat(struct service *service, const struct claimant *claimant, struct err *err);
int service_claimant_end(struct service *service, const struct claimant *claimant, struct err *err);

/* How many runs may go on at once on a backup root: the setting parallel_runs. */
int service_claim_places(struct service *service, int64_t *places, struct err *err);

/* Claims the next run that may begin, of the jobs that take a place (while one of `places` is free) or of the light
 * ones. 1: *claim is ours, durably · 0: nothing may begin · -1. */
int service_claim_next(struct service *service, const struct claimant *claimant, bool takes_place,
                       int64_t places, struct claim *claim, struct err *err);

/* Whether something is due, claimed by nobody. */
int service_claim_is_due(struct service *service, const struct claimant *claimant, struct err *err);

/* Whether the run is to go on: 1, or 0 when somebody asked for its end or it is no longer ours. `alive` also gives a sign
 * of life for it. */
int service_claim_goes_on(struct service *service, const struct claim *claim, bool alive, struct err *err);

/* The child that did it has ended: *told is a line for the log. A row that it left running is put right. */
int service_claim_settle(struct service *service, const struct claim *claim, const char **told,
                         struct err *err);

/* Recovers what others have left: runs whose worker is known to be gone, and those without a sign of life for a minute
 * while nobody holds the host's lock. What cannot be recovered now is tried again with the next look. */
int service_claim_watch(struct service *service, const struct claimant *claimant, const struct claim *own,
                        size_t own_count, struct lease_book *book, struct err *err);

#endif
