/*
 * Points in time are int64_t seconds since 1970-01-01 00:00:00 UTC, proleptic Gregorian, no leap seconds. Nothing
 * here reads a clock or knows a zone. Source of the calendar arithmetic: H. Hinnant, "chrono-compatible low-level
 * date algorithms" (days_from_civil, civil_from_days).
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct civil {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour, minute, second;
    int weekday; /* 0 = Sunday; filled by when_civil(), ignored by when_from_civil() */
};

/* Enough for every text that the functions below write. */
enum { WHEN_TEXT = 64 };

struct civil when_civil(int64_t when);
int64_t when_from_civil(const struct civil *civil);

/* "2026-11-22T21:00:05Z" */
const char *when_rfc3339(char to[WHEN_TEXT], int64_t when);

/* "2026-11-22 21:00" (UTC), for people. */
const char *when_minute(char to[WHEN_TEXT], int64_t when);

/* "20261122-210005Z", the first part of a snapshot's name. */
const char *when_compact(char to[WHEN_TEXT], int64_t when);

/* Reads "2026-11-22T21:00:05Z" (also with an offset "+01:00", a blank instead of the T, and a fraction, which is
 * dropped). ERR_INVALID for anything else, impossible dates included. */
int when_parse_rfc3339(const char *text, int64_t *when, struct err *err);

/* "13 h ago", "in 7 min", "just now"; from 7 days on the date itself. */
const char *when_ago(char to[WHEN_TEXT], int64_t when, int64_t now);

/* "2 d 4 h", "3 min 12 s", "0 s": at most two units. */
const char *when_duration(char to[WHEN_TEXT], int64_t seconds);

#endif
