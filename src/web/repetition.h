/*
 * Changes that a program may ask for again. It sends a key of its own with a POST (Idempotency-Key); when the answer got
 * lost, it sends the same again and gets the answer of the first time, and nothing is done twice. A key is remembered
 * for a day. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
#ifndef WEB_REPETITION_H
#define WEB_REPETITION_H

#include <stdbool.h>

struct visit;

/* Before a change: true when this is the second time, or the key cannot be used: the visit is answered. */
bool repetition_begin(struct visit *visit);

/* After it: keeps the answer, or forgets the key when nothing was done for a reason that may go away. */
void repetition_end(struct visit *visit);

#endif
