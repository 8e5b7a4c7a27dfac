/* What each day was like: strips of a month for all hosts, a calendar of a year for one (plan/calendar.h). Days are those of
 * the zone of the host's schedule, or of the host. */
#ifndef SERVICE_DOCUMENT_CALENDAR_H
#define SERVICE_DOCUMENT_CALENDAR_H

#include <jansson.h>

#include "service/service.h"

enum { STRIP_DAYS = 30, CALENDAR_WEEKS = 52 };

/* {"items":[{"host","to": date of the last day,"days":[30 × "none", "ahead", "ok", "running", "warning", "missed" or
 * "failed"]}…]}, by name, the oldest day first. */
int document_strips(struct service *service, json_t **document, struct err *err);

/* Whole weeks from a Monday on, up to today: {"host","zone","as_of","from","to","counts":{"ok",…: days},"days":[{"date",
 * "weekday": 1 Monday to 7,"result","best": of what ran, or null,"runs","before": the host was not there yet,"snapshots":
 * {"scheduled","manual","incomplete","keep","delete"}}…]}; keep and delete are what retention says of that day's now.
 * ERR_NOT_FOUND. */
int document_calendar(struct service *service, const char *name, json_t **document, struct err *err);

#endif
