/* A change that a program asked for under a key of its own, and the answer that it got. */
#ifndef MODEL_API_REQUEST_H
#define MODEL_API_REQUEST_H

#include <stdint.h>

struct api_request {
    const char *account, *key;
    const char *fingerprint;         /* of what was asked */
    int64_t status;                  /* of HTTP; 0: in work, or whoever worked at it has died */
    const char *location;            /* NULL: none */
    const char *content_type, *body; /* NULL: none */
    int64_t created_at;
};

#endif
