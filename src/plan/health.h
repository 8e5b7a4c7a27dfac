/*
 * How a host is (health) and what is going on there (activity): two answers, so that a running job never hides a
 * failure. A pure function of rows and now; everything that shows a health asks here.
 */
#ifndef PLAN_HEALTH_H
#define PLAN_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/run.h"
#include "model/snapshot.h"
#include "plan/cron.h"
#include "plan/zone.h"

/* The worst first: what is true and comes first is the health. */
enum health {
    HEALTH_FAILED,  /* the last run failed */
    HEALTH_MISSED,  /* a run was due, the grace has passed, and none began */
    HEALTH_UNKNOWN, /* the root or the host directory cannot be read, or the clock went back */
    HEALTH_WARNING, /* a snapshot is held, the last run had warnings or was partial, the newest good one is too old */
    HEALTH_LATE,  /* a run was due, none began, and the grace lasts */
    HEALTH_NEVER, /* there is no good snapshot */
    HEALTH_OK,
    HEALTH_PAUSED, /* a person disabled the host; hides all the others */
    HEALTH__MAX
};

enum activity { ACTIVITY_IDLE, ACTIVITY_QUEUED, ACTIVITY_RUNNING, ACTIVITY_PRUNING, ACTIVITY__MAX };

const char *health_name(enum health health);       /* "failed" */
const char *activity_name(enum activity activity); /* "idle" */

struct health_facts {
    int64_t now;
    bool enabled;
    int64_t created_at; /* of the host */
    /* Of the host, of every job and state, the newest first. Backups that ended and were not cancelled decide; the more
     * there are, the further back `since` can reach. */
    const struct run *runs;
    size_t run_count;
    const char *unreadable; /* why the root or the host directory cannot be read: a sentence; NULL: it can */
    int64_t unreadable_since;
    int64_t due_at; /* health_due(); 0: no schedule */
    int64_t grace_seconds;
    int64_t last_good_at;        /* when the newest good snapshot began; 0: there is none */
    int64_t max_age_seconds;     /* 0: no limit */
    const struct snapshot *held; /* the newest one that is held; NULL: none */
};

struct health_report {
    enum health health;
    enum health beneath; /* what it would be if the host were enabled; the same as health when it is */
    int64_t since;       /* 0: not known, as of a pause */
    const char *reason;  /* a sentence, of what lies beneath when paused */
    bool
        retry_pending; /* the last run failed, and is in the queue again or running: whoever alerts may wait */
};

struct health_report health_plan(struct arena *arena, const struct health_facts *facts);

/* What a person has to look at: failed, missed, unknown, warning, and never when it lasts for more than a day. */
bool health_needs_attention(const struct health_report *report, int64_t now);

/* The first time after the last backup began at which one was or will be due; 0: never again. A cancelled run, and one
 * that has not begun, is none: a slot that waits in the queue for too long is missed. `scheduled_since`: when the
 * schedule was made or last changed, or the host enabled; what was due before does not count. */
int64_t health_due(const struct run *runs, size_t run_count, const struct cron *cron, const struct zone *zone,
                   int64_t scheduled_since);

/* How far apart the times of a schedule are at most within the next week or so: what "older than three intervals" is
 * measured with. The greatest distance and not the next one, so that a schedule of working hours is not too old each night,
 * and one of working days not each Monday. 0: it never fires again. */
int64_t health_interval(const struct cron *cron, const struct zone *zone, int64_t now);

/* The most telling of the runs that have not ended. */
enum activity health_activity(const struct run *runs, size_t run_count);

#endif
