/* Points in time as people name them. */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdint.h>

#include "base/err.h"

/* "2026-11-22" (midnight, UTC), "2026-11-22T21:00:05Z", or how long ago: "7d", "12h". ERR_INVALID. */
int moment_parse(const char *text, int64_t now, int64_t *when, struct err *err);

#endif
