/*
 * Restoring to a directory of this server: planned first, then done. What stands there is left alone unless it may be
 * replaced; engine/tree_copy.h says how.
 */
#ifndef SERVICE_SERVICE_RESTORE_H
#define SERVICE_SERVICE_RESTORE_H

#include <stdbool.h>

#include <jansson.h>

#include "service/service.h"

struct restore_request {
    const char *host, *snapshot, *path; /* model/place.h */
    const char *to; /* absolute; made if absent. Of a directory, the content goes right into it */
    bool replace;   /* files that stand there and differ give way */
};

/* {"host","snapshot","path","to","exists":bool,"create","replace","same","keep","unreadable","bytes","free_bytes",
 * "standing":[paths of the first that differ and stand there],"problems":[sentences]}. Nothing is written, the target
 * not made. ERR_NOT_FOUND for what is not there, ERR_INVALID for a target in the backup root or the state directory. */
int service_restore_plan(struct service *service, const struct restore_request *request, json_t **document,
                         struct err *err);

/* Does it. The document is the same, of what was done: "created","replaced","same","kept","failed","bytes". *exit_status
 * is that of ERR_PARTIAL when something was kept or failed. ERR_REFUSED when there is not enough room. The audit has it
 * before the first byte is written. */
int service_restore_apply(struct service *service, const struct restore_request *request, json_t **document,
                          int *exit_status, struct err *err);

#endif
