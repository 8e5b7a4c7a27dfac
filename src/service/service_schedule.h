/* Changing when a host is due. Each change is one transaction with its audit row; host.json follows. */
#ifndef SERVICE_SERVICE_SCHEDULE_H
#define SERVICE_SERVICE_SCHEDULE_H

#include <stddef.h>

#include <jansson.h>

#include "service/service.h"
#include "service/service_config.h"

/* Makes the schedule of a host or changes it, field by field (those of model/schedule.h). ERR_INVALID for an expression
 * that cannot be read (with the column) or never fires, a zone that is not known, and for a new schedule without an
 * expression; nothing is changed then. What was due before a change of expression, zone or enabled does not count
 * any more. Within a transaction of the caller host.json is left to him. *document: as document_schedule(), plus "created": bool, "changed": [names]. */
int service_schedule_change(struct service *service, const char *host, const struct config_change *changes,
                            size_t count, json_t **document, struct err *err);

/* ERR_NOT_FOUND when there is none. *document: {"host","removed": true}. */
int service_schedule_remove(struct service *service, const char *host, json_t **document, struct err *err);

#endif
