/* The runs by which a server and a host are set up from pages: marking the backup root, making a host's key, accepting
 * its host key. Each is what a command does, done by a worker because a page neither starts programs nor writes files. */
#ifndef SERVICE_SETUP_RUN_H
#define SERVICE_SETUP_RUN_H

#include "model/run.h"
#include "service/service.h"

/* Does the work of a run whose job is root, key or host_key; fills state, cause, message and result of the run, which
 * the caller ends. A refusal of the host key is a failed run. */
int setup_run(struct service *service, struct run *run, struct err *err);

#endif
