/* The work of the night that belongs to no host. */
#ifndef SERVICE_SERVICE_MAINTENANCE_H
#define SERVICE_SERVICE_MAINTENANCE_H

#include "model/run.h"
#include "service/service.h"

/* How the work ended. */
struct maintenance {
    enum run_state
        state; /* success; warning: a part failed; failed: there is no copy of the database, or it is damaged */
    enum cause cause;
    const char *message; /* what was done, or what went wrong; a sentence */
};

/* Checks and copies the database, then sees to old logs. A part that fails keeps no other from being done. */
void service_maintenance(struct service *service, struct maintenance *maintenance);

#endif
