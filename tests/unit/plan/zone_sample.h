/* Zones of this system for tests; the plan floor itself reads no files. */
#ifndef TESTS_UNIT_PLAN_ZONE_SAMPLE_H
#define TESTS_UNIT_PLAN_ZONE_SAMPLE_H

#include <stdio.h>

#include "base/arena.h"
#include "plan/zone.h"

/* The bytes of a zone's file; NULL when there is none. */
static inline unsigned char *zone_sample_bytes(struct arena *arena, const char *name, size_t *size)
{
    unsigned char *bytes = arena_alloc(arena, 65536);
    FILE *file = fopen(arena_printf(arena, "/usr/share/zoneinfo/%s", name), "re");

    if (file == NULL)
        return NULL;
    *size = fread(bytes, 1, 65536, file);
    fclose(file);
    return bytes;
}

static inline struct zone zone_sample(struct arena *arena, const char *name)
{
    size_t size = 0;
    unsigned char *bytes = zone_sample_bytes(arena, name, &size);
    struct zone zone = {0};
    struct err err = {.message = "no such file (package tzdata)"};

    if (bytes == NULL || zone_parse(arena, name, bytes, size, &zone, &err) < 0)
        fail_msg("%s: %s", name, err.message);
    return zone;
}

#endif
