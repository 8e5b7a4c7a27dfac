/* When to tell. The texts are in alert_text.c. */
#include "plan/alert.h"

const char *alert_event_name(enum alert_event event)
{
    static const char *const names[] = {
        [ALERT_NONE] = "none",   [ALERT_RAISED] = "raised",       [ALERT_CHANGED] = "changed",
        [ALERT_LASTS] = "lasts", [ALERT_RECOVERED] = "recovered",
    };

    return (unsigned)event < ALERT_EVENT__MAX ? names[event] : "none";
}

enum standing { STANDS_BAD, STANDS_WELL, STANDS_UNCERTAIN, STANDS_PAUSED };

static enum standing standing_of(const struct alert_facts *facts)
{
    if (facts->health == HEALTH_PAUSED)
        return STANDS_PAUSED;
    if (facts->by_root || (facts->health == HEALTH_FAILED && facts->retry_waits))
        return STANDS_UNCERTAIN;
    switch (facts->health) {
    case HEALTH_FAILED:
    case HEALTH_MISSED:
    case HEALTH_UNKNOWN:
        return facts->attention ? STANDS_BAD : STANDS_UNCERTAIN;
    case HEALTH_WARNING:
        return facts->attention && !facts->failures_only ? STANDS_BAD : STANDS_WELL;
    case HEALTH_NEVER:
        return facts->attention && !facts->failures_only ? STANDS_BAD : STANDS_UNCERTAIN;
    case HEALTH_OK:
        return STANDS_WELL;
    case HEALTH_LATE:
    case HEALTH_PAUSED:
    case HEALTH__MAX:
        break;
    }
    return STANDS_UNCERTAIN;
}

static enum alert_event plan_bad(const struct alert_facts *facts, const struct alert_told *before,
                                 struct alert_told *after)
{
    enum alert_event event = ALERT_NONE;

    if (!before->known)
        event = ALERT_RAISED;
    else if (before->health != facts->health)
        event = ALERT_CHANGED;
    else if (facts->now - before->at >= ALERT_REPEAT_SECONDS)
        event = ALERT_LASTS;
    if (event != ALERT_NONE)
        *after = (struct alert_told){true, facts->health, facts->since, facts->now};
    else if (before->at > facts->now)
        after->at = facts->now; /* the clock went back: the day counts from here */
    return event;
}

enum alert_event alert_plan(const struct alert_facts *facts, const struct alert_told *before,
                            struct alert_told *after)
{
    *after = *before;
    switch (standing_of(facts)) {
    case STANDS_BAD:
        return plan_bad(facts, before, after);
    case STANDS_WELL:
        *after = (struct alert_told){0};
        return before->known ? ALERT_RECOVERED : ALERT_NONE;
    case STANDS_PAUSED:
        *after = (struct alert_told){0};
        return ALERT_NONE;
    case STANDS_UNCERTAIN:
        break;
    }
    return ALERT_NONE;
}

int64_t alert_pause(int64_t tries)
{
    static const int64_t pauses[] = {60, 120, 300, 900, 1800};
    enum { LONGEST = 3600 };

    if (tries < 1)
        return pauses[0];
    return (size_t)tries <= sizeof pauses / sizeof pauses[0] ? pauses[tries - 1] : LONGEST;
}
