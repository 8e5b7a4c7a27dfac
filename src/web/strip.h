/* A strip of days as a picture that says in words what it shows. */
#ifndef WEB_STRIP_H
#define WEB_STRIP_H

#include <jansson.h>

#include "service/service.h"

/* {"label": "30 days up to 2026-11-26: 28 ok, 1 failed (2026-11-20)","width","paths":[{"kind","d"}…]} of an item of
 * document_strips(). A new reference. */
json_t *strip_picture(const json_t *item);

/* document_strips(), each item with its "picture". */
int strip_document(struct service *service, json_t **document, struct err *err);

/* Puts a "strip" into each of the hosts: the picture of the item with its name, or null. `strips` is only read. */
void strip_add(json_t *hosts, const json_t *strips);

#endif
