/* Bodies with gzip, as browsers and monitoring systems ask for them. */
#ifndef WEB_GZIP_H
#define WEB_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Whether an Accept-Encoding header (NULL: none) takes it. */
bool gzip_is_accepted(const char *header);

/* Adds the bytes, packed quickly rather than well. */
void gzip_pack(struct buf *packed, const void *bytes, size_t size);

#endif
