/* Whether a part of this installation is at work: for whatever watches over it, as the health check of a container. */
#ifndef SERVICE_SERVICE_ALIVE_H
#define SERVICE_SERVICE_ALIVE_H

#include "service/service.h"

/* web: it answers at its address, and its database too. reader: it takes connections. scheduler: its last pass is recent.
 * worker: one that sees the same processes as we do, so one of the same container, has just given a sign of life.
 * ERR_FAILED says what was expected; ERR_USAGE for another part. */
int service_alive(struct service *service, const char *part, struct err *err);

#endif
