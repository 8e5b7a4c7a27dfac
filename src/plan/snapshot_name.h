/*
 * The names of snapshots. Ours are `YYYYMMDD-HHMMSSZ__XXXXXXXX` (UTC and eight hex digits); a candidate for discovery
 * is any name that begins with `YYYYMMDD-HHMMSS`, with or without `Z`, with anything behind it.
 */
#ifndef PLAN_SNAPSHOT_NAME_H
#define PLAN_SNAPSHOT_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum { SNAPSHOT_NAME_SIZE = 26 + 1 };

/* The name of a new snapshot: the later of `now` and one second after the time in `newest` (NULL when there is none),
 * so that names increase even when the clock steps back. */
void snapshot_name_plan(char to[SNAPSHOT_NAME_SIZE], int64_t now, const char *newest, uint32_t random);

/* Whether it is a name of our own grammar. */
bool snapshot_name_is_ours(const char *name);

/* Whether it could be a snapshot of ours or of an older installation; gives its time. */
bool snapshot_name_is_candidate(const char *name, int64_t *when);

#endif
