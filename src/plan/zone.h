/*
 * A time zone, read from the bytes of a TZif file (RFC 8536 and 9636, versions 1 to 4). glibc knows one zone a process,
 * and we need one a schedule. Nothing here reads a file (sys/zone_file.h does) or a clock.
 */
#ifndef PLAN_ZONE_H
#define PLAN_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/when.h"
#include "plan/zone_rule.h"

struct zone {
    const char *name; /* "Europe/Amsterdam" */
    size_t change_count;
    const struct zone_change *changes; /* strictly ascending */
    struct zone_type first; /* before the first change; always, when there is neither change nor rule */
    bool has_rule;
    struct zone_rule rule; /* from the last change on */
};

/* UTC, which needs no file. */
extern const struct zone zone_universal;

/* Reads the content of a TZif file. The zone lives in `arena`. ERR_INVALID, with what is wrong, for anything that is
 * not well-formed, and for a file that counts leap seconds ("right/…"): our time does not. */
int zone_parse(struct arena *arena, const char *name, const void *bytes, size_t size, struct zone *zone,
               struct err *err);

/* What the clocks show at a moment. Valid as long as the zone. */
const struct zone_type *zone_offset(const struct zone *zone, int64_t utc);

/* A time between two changes of the clocks that holds `utc`. */
struct zone_span {
    int64_t begin; /* INT64_MIN: since ever */
    int64_t end;   /* the first moment after it; INT64_MAX: for good */
    const struct zone_type *type;
};
struct zone_span zone_span(const struct zone *zone, int64_t utc);

/* The local calendar and clock. */
struct civil zone_local(const struct zone *zone, int64_t utc);

/* The same as seconds, as if the local clock were UTC: what when_civil() takes apart. */
int64_t zone_local_seconds(const struct zone *zone, int64_t utc);

/* The moments at which the clocks show a local time. */
struct zone_moments {
    int count;     /* 0: the clocks leap over it · 1 · 2: they are set back and show it twice */
    int64_t at[2]; /* the earliest and the latest; filled up to count */
    /* With count 0 or 2, the change of the clocks that is the reason: when it is, and offsets before and after. */
    int64_t change;
    int32_t offset_before, offset_after;
};

/* `local` as zone_local_seconds() gives it, in the years 1 to 9999. */
struct zone_moments zone_utc(const struct zone *zone, int64_t local);

#endif
