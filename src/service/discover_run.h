/* A discovery that a worker does: what service_discover() records, and how the run ends by it. */
#ifndef SERVICE_DISCOVER_RUN_H
#define SERVICE_DISCOVER_RUN_H

#include "model/run.h"
#include "service/service.h"

/* Does it, for the run's host or, when it has none, for all; fills state, cause, message and result of the run, which
 * the caller ends. failed when the root or a host cannot be looked at, warning when claimed snapshots stay claimed. */
int discover_run(struct service *service, struct run *run, struct err *err);

#endif
