/*
 * Changes of what somebody has read before: a document has a tag, its answer tells it (ETag), and a change that names the tag
 * (If-Match, or the field "tag" of a form) is refused when the document has become another one meanwhile. RFC 9110, 13.1.
 */
#ifndef WEB_PRECONDITION_H
#define WEB_PRECONDITION_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"

struct visit;

/* The tag of the document, with its quotes, in the arena of the visit. */
const char *precondition_tag(const struct visit *visit, const json_t *document);

/* Whether a list of tags, as in If-Match, has this one or is "*". A weak tag is none of ours. */
bool precondition_matches(const char *list, const char *tag);

/* Adds the ETag of a route's document that has one; true when the client has it already: answered with 304. */
bool precondition_answer(struct visit *visit, const json_t *document);

/* Lets the service check what this request demands, when it changes something. */
void precondition_demand(struct visit *visit);

#endif
