/*
 * Restoring to a host, this one or another: a run that pushes with rsync, by a key that is made for it, may write, and is
 * removed afterwards (pobsync key HOST --line restore). Planned first; what is replaced is kept aside on the host; at the
 * end the content of everything is compared with the snapshot. What was interrupted goes on when it is asked for again.
 */
#ifndef SERVICE_SERVICE_PUSH_H
#define SERVICE_SERVICE_PUSH_H

#include <stdbool.h>

#include <jansson.h>

#include "model/run.h"
#include "service/service.h"

struct push_request {
    const char *host, *snapshot, *path; /* model/place.h */
    const char *to_host;                /* NULL: the same */
    const char *to; /* an absolute directory of that host, made if absent; NULL: push_default_target() */
    bool replace;   /* what stands there and differs gives way, and is kept aside */
    const char *trigger;
    const struct run *claimed; /* the run that a worker has claimed for this; NULL: a row is made */
    bool (*orphaned)(void *context);
    void (*notice)(void *context, const char *line); /* a line for a person; may be NULL */
    void *context;
};

/* "/var/tmp/pobsync-restore-<snapshot>": the same each time, so that what was interrupted goes on. */
const char *push_default_target(struct arena *arena, const char *snapshot);

/* {"host","snapshot","path","to_host","to","create","replace","newer": those of "replace" that are newer on the host,
 * "same","may_replace": what was asked for,"attributes","keep": what stands there and would be left alone,"bytes","standing":[the first paths that differ]}.
 * Asks the host; nothing is written there, and no row made. ERR_NOT_FOUND when there is no key for a restore;
 * ERR_UNREACHABLE and others as the host answers, with *cause (CAUSE_NONE: it was not asked; may be NULL). What is free on the host's disk is not known: rsync does not tell. */
int service_push_plan(struct service *service, const struct push_request *request, json_t **document,
                      enum cause *cause, struct err *err);

/* Does it. 0 whenever there is a row that tells how it ended: *document is the run with "result"."receipt": "created","replaced",
 * "attributes","kept","failed","bytes","aside": directory with what was replaced, or null,"verified": bool,"differ":[the first paths
 * that are not as in the snapshot]. -1 when there is no row. */
int service_push(struct service *service, const struct push_request *request, json_t **document,
                 int *exit_status, struct err *err);

/* What a run of a restore has as its result; NULL is null. Takes the references. "key": as service_key_line(), of a run that
 * only planned. */
json_t *push_result(json_t *key, json_t *plan, json_t *done);

#endif
