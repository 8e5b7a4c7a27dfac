/* The queue as a document. */
#ifndef SERVICE_DOCUMENT_QUEUE_H
#define SERVICE_DOCUMENT_QUEUE_H

#include <jansson.h>

#include "service/service.h"

/* {"running":[run with "progress"…],"items":[queued run with "waits" (a sentence) and "position"…],"places":
 * {"used","limit"},"workers":[{"name","started_at","seen_at"}…],"scheduler": as document_scheduler(),"as_of"}. At most
 * `limit` of the queued ones (0: all), "next": true when there are more. */
int document_queue(struct service *service, int64_t limit, json_t **document, struct err *err);

/* The latest pass of the scheduler: {"passed_at","alive","schedules","enqueued","trouble"}, or null before the first. */
int document_scheduler(struct service *service, json_t **document, struct err *err);

#endif
