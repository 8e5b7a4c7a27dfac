/* Time zones by name. */
#include "service/zone_cache.h"

#include <string.h>

#include "base/buf.h"
#include "sys/zone_file.h"

struct zone_cache_entry {
    struct zone zone;
    struct zone_cache_entry *older;
};

static int read_zone(struct zone_cache *cache, const char *name, struct zone *zone, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;

    if (zone_file_read(name, &content, err) < 0)
        return -1;
    return zone_parse(cache->arena, arena_strdup(cache->arena, name), buf_text(&content), content.size, zone,
                      err);
}

int zone_cache_load(struct zone_cache *cache, const char *name, const struct zone **zone, struct err *err)
{
    struct zone_cache_entry *entry = cache->newest;

    *zone = &zone_universal;
    if (strcmp(name, "UTC") == 0)
        return 0;
    while (entry != NULL && strcmp(entry->zone.name, name) != 0)
        entry = entry->older;
    if (entry == NULL) {
        entry = arena_alloc(cache->arena, sizeof *entry);
        if (read_zone(cache, name, &entry->zone, err) < 0)
            return -1;
        entry->older = cache->newest;
        cache->newest = entry;
    }
    *zone = &entry->zone;
    return 0;
}
