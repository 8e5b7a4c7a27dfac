/* Doing what a row of the queue asks for: what a worker's child runs. */
#ifndef SERVICE_SERVICE_RUN_H
#define SERVICE_SERVICE_RUN_H

#include "service/service.h"

/* Does the work of a run that was claimed with this token, and ends its row. `orphaned` tells whether the worker that
 * started us has died. 0 whenever the row has ended, however; -1 when it could not be ended (another worker has it, or
 * the database fails): then recovery decides. */
int service_run_execute(struct service *service, int64_t id, int64_t token, bool (*orphaned)(void *context),
                        void *context, struct err *err);

#endif
