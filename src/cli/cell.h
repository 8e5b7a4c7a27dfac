/* Members of documents as text for people. What is not known says so; it is never blank and never 0. */
#ifndef CLI_CELL_H
#define CLI_CELL_H

#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"

#define CELL_NONE "-"

/* A string, printable; "-" when it is null or absent. Numbers and booleans are written as they are. */
const char *cell_text(struct arena *arena, const json_t *object, const char *key);

/* "13 h ago", from a time of RFC 3339; "-" for null. */
const char *cell_ago(struct arena *arena, const json_t *object, const char *key, int64_t now);

/* "2026-11-22 21:00" (UTC); "-" for null. */
const char *cell_minute(struct arena *arena, const json_t *object, const char *key);

/* "48 GiB"; "unknown" for null. */
const char *cell_bytes(struct arena *arena, const json_t *object, const char *key);

/* "310882"; "unknown" for null. */
const char *cell_count(struct arena *arena, const json_t *object, const char *key);

/* How long it is from one time to the other; "-" when one is null. */
const char *cell_span(struct arena *arena, const json_t *object, const char *from, const char *to);

/* "99%": a part of a whole, rounded down so that 100% means all; "unknown" when one is null, "-" of nothing. */
const char *cell_share(struct arena *arena, const json_t *object, const char *part, const char *whole);

/* An integer, or -1 when it is null or absent. */
int64_t cell_number(const json_t *object, const char *key);

/* Seconds of a time of RFC 3339, or -1 when it is null or absent. */
int64_t cell_time(const json_t *object, const char *key);

#endif
