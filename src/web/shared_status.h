/*
 * The status, made once for all who ask at the same time: dashboards on a wall and a monitoring system that asks for a
 * thousand hosts each get the same document. It is never older than the question: who comes while one is being made
 * waits for the next one, which began after he asked.
 */
#ifndef WEB_SHARED_STATUS_H
#define WEB_SHARED_STATUS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "service/service.h"

struct shared_status;

struct shared_status *shared_status_new(void);
void shared_status_free(struct shared_status **shared); /* nobody may be asking any more; NULL is fine */

/* document_status(). The document belongs to others as well: read it, change nothing. New reference. */
int shared_status_document(struct shared_status *shared, struct service *service, json_t **document,
                           struct err *err);

/* The same as JSON text with a newline, `packed`: with gzip; in the arena. */
int shared_status_text(struct shared_status *shared, struct service *service, bool packed,
                       struct arena *arena, const char **text, size_t *size, struct err *err);

#endif
