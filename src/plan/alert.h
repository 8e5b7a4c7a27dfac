/*
 * When somebody is told, and what. A pure function of how a host is, what was last told of it, and now. One cause is told
 * once: hosts that are unknown because the backup root is lost are silent, the root itself is told as one subject.
 */
#ifndef PLAN_ALERT_H
#define PLAN_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "plan/health.h"

enum { ALERT_REPEAT_SECONDS = 24 * 3600 };

enum alert_event {
    ALERT_NONE,
    ALERT_RAISED,    /* it needs attention */
    ALERT_CHANGED,   /* it needs attention for another reason than was told */
    ALERT_LASTS,     /* it needed attention a day ago, and still does */
    ALERT_RECOVERED, /* it needed attention and is well again */
    ALERT_EVENT__MAX
};
const char *alert_event_name(enum alert_event event); /* "raised" */

/* What was last told of a subject. */
struct alert_told {
    bool known; /* false: nothing, or that it is well */
    enum health health;
    int64_t since;
    int64_t at;
};

struct alert_facts {
    enum health health;
    bool attention;     /* health_needs_attention() */
    bool failures_only; /* warnings and hosts that were never backed up are not told */
    bool by_root;       /* it is so because the backup root cannot be used */
    bool retry_waits;   /* the failed run is repeated soon */
    int64_t since;      /* since when it is so, 0: not known */
    int64_t now;
};

/* Which event it is, and in *after what is told then. What was told is kept as it is while nothing certain can be said:
 * while the root is lost, a failed run is about to be repeated, or a run is due and has not begun. A host that is paused
 * is forgotten, so that it is told anew when it is enabled and still in need. */
enum alert_event alert_plan(const struct alert_facts *facts, const struct alert_told *before,
                            struct alert_told *after);

/* One event, for the texts. */
struct alert {
    enum alert_event event;
    const char *host; /* NULL: the backup root */
    enum health health;
    bool was_told; /* `previous` is known */
    enum health previous;
    int64_t since;      /* 0: not known */
    const char *reason; /* a sentence */
};

/* The subject of a mail about some events, and its body: lines of at most 76 columns where words allow it. `server` is
 * the name of this machine. */
const char *alert_subject(struct arena *arena, const struct alert *alerts, size_t count);
const char *alert_body(struct arena *arena, const struct alert *alerts, size_t count, const char *server,
                       int64_t now);

/* How long to wait behind the failed attempt number `tries` (from 1): growing to an hour. */
int64_t alert_pause(int64_t tries);

#endif
