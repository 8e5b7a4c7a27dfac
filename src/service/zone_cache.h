/* Time zones by name, each read from its file once: thousands of hosts share a handful. */
#ifndef SERVICE_ZONE_CACHE_H
#define SERVICE_ZONE_CACHE_H

#include "base/arena.h"
#include "base/err.h"
#include "plan/zone.h"

/* A zeroed struct with `arena` set is an empty one; it lives as long as the arena. */
struct zone_cache {
    struct arena *arena;
    struct zone_cache_entry *newest;
};

/* The zone; "UTC" needs no file. ERR_NOT_FOUND or ERR_INVALID for one that this server does not know (any more). */
int zone_cache_load(struct zone_cache *cache, const char *name, const struct zone **zone, struct err *err);

#endif
