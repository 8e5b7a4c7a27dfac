/* What there is to tell about runs to somebody who has looked before. */
#ifndef SERVICE_DOCUMENT_CHANGES_H
#define SERVICE_DOCUMENT_CHANGES_H

#include <jansson.h>

#include "service/service.h"

/* {"items":[{"run": as in document_runs(),"log_size": bytes of its log, null when there is none or it has been packed}…]}, by
 * id: each run that is queued or running, each of `known` (ids), and each that came after the id `after`, of these
 * the newest hundred. */
int document_changes(struct service *service, const int64_t *known, size_t known_count, int64_t after,
                     json_t **document, struct err *err);

#endif
