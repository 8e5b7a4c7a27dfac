/* Schedules as documents: one, all, and a preview of an expression that nobody has saved. */
#ifndef SERVICE_DOCUMENT_SCHEDULE_H
#define SERVICE_DOCUMENT_SCHEDULE_H

#include <jansson.h>

#include "service/service.h"

enum { SCHEDULE_PREVIEW = 5, SCHEDULE_PREVIEW_MAX = 100 };

/* {"cron","words","zone","next":[{"at","local","remark"}…]}: the next `count` times after now. "at" is UTC, "local" what
 * the clocks of the zone show ("2027-03-28 03:00"), "remark" what a change of the clocks does to it, or null. ERR_INVALID
 * for an expression that cannot be read (with the column) or never fires, ERR_NOT_FOUND for an unknown zone. What
 * command line, API and web page show before and after saving. */
int document_schedule_preview(struct service *service, const char *cron, const char *zone, int count,
                              json_t **document, struct err *err);

/* {"host","scheduled":bool,"host_enabled", the fields (cron, prune, timezone, grace_seconds, enabled), "words",
 * "zone","zone_origin" (schedule, host, global, default),"next":[as above],"created_at","changed_at","last_slot_at",
 * "error"}. Without a schedule "scheduled" is false and all but the host are null. "error" says why the expression or
 * the zone in the database cannot be used (any more), null when they can. */
int document_schedule(struct service *service, const char *host, json_t **document, struct err *err);

/* {"as_of","items":[…],"unscheduled":[names of the hosts without one]}. An item: host, host_enabled, the fields, words,
 * zone, next_at, last_run {id, state, cause, started_at, ended_at} (the newest backup of the host that began) or null,
 * error. Those that cannot be used come first, then by their next time, then those that are disabled. */
int document_schedules(struct service *service, json_t **document, struct err *err);

#endif
