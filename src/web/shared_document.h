/*
 * A document about all hosts, such as the status, made once for all who ask at the same time: dashboards on a wall and a
 * monitoring system that asks for a thousand hosts each get the same one. It is never older than the question: who comes while one is being made
 * waits for the next one, which began after he asked.
 */
#ifndef WEB_SHARED_DOCUMENT_H
#define WEB_SHARED_DOCUMENT_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "service/service.h"

struct shared_document;

/* `make` makes it: document_status() and its like. */
struct shared_document *shared_document_new(int (*make)(struct service *service, json_t **document,
                                                        struct err *err));
void shared_document_free(struct shared_document **shared); /* nobody may be asking any more; NULL is fine */

/* The document belongs to others as well: read it, change nothing. New reference. */
int shared_document_take(struct shared_document *shared, struct service *service, json_t **document,
                         struct err *err);

/* The same as JSON text with a newline, `packed`: with gzip; in the arena. */
int shared_document_text(struct shared_document *shared, struct service *service, bool packed,
                         struct arena *arena, const char **text, size_t *size, struct err *err);

#endif
