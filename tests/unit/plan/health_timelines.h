/* The table of timelines for health: what happened to a host, and what is to be said of it. After <cmocka.h>. */
#ifndef TESTS_UNIT_PLAN_HEALTH_TIMELINES_H
#define TESTS_UNIT_PLAN_HEALTH_TIMELINES_H

#include <stdio.h>
#include <string.h>

#include "plan/health.h"

enum { RUNS_MAX = 8, RUN_TAKES = 600, DAY = 86400 };

/*
 * A timeline. Times are UTC, "11-22 02:15" of 2026 or "2027-03-28 02:15". Runs are listed as they happened, the oldest
 * first: a letter and when they began (or were asked for, when they never did); they take ten minutes.
 * S success · W warning · P partial · F failed · C cancelled · q cancelled before it began · H warning, held ·
 * R running · Q queued · d dry run that failed · t test that failed · p prune that failed · r prune running
 */
struct timeline {
    const char *what;
    const char *now;
    const char *cron; /* NULL: no schedule */
    const char *runs[RUNS_MAX];
    const char *good;       /* last good; NULL: none */
    const char *unreadable; /* since 11-20 00:00 */
    const char *held;       /* a held snapshot that ended then */
    const char *zone;       /* NULL: UTC */
    int grace_minutes;      /* 0: 60 */
    int max_age_hours;      /* 0: none */
    bool paused;
    enum health health, beneath;
    const char *since;  /* NULL: not known */
    const char *reason; /* a part of it */
};

static inline int64_t at(const char *text)
{
    char full[64];
    int64_t when = 0;
    struct err err;

    if (text == NULL)
        return 0;
    snprintf(full, sizeof full, "%s%s:00Z", strlen(text) < 16 ? "2026-" : "", text);
    if (when_parse_rfc3339(full, &when, &err) < 0)
        fail_msg("%s", err.message);
    return when;
}

static inline struct run run_of(const char *text)
{
    int64_t when = at(text + 2);
    struct run run = {
        .job = JOB_BACKUP, .requested_at = when, .started_at = when, .ended_at = when + RUN_TAKES};

    switch (text[0]) {
    case 'S':
        run.state = RUN_SUCCESS;
        break;
    case 'W':
        run.state = RUN_WARNING;
        run.message = "3 files vanished";
        break;
    case 'P':
        run.state = RUN_PARTIAL;
        break;
    case 'H':
        run.state = RUN_WARNING;
        run.cause = CAUSE_SOURCE_SHRUNK;
        break;
    case 'F':
        run.state = RUN_FAILED;
        run.message = "the host is down";
        break;
    case 'C':
        run.state = RUN_CANCELLED;
        break;
    case 'q':
        run.state = RUN_CANCELLED;
        run.started_at = 0;
        break;
    case 'R':
        run.state = RUN_RUNNING;
        run.ended_at = 0;
        break;
    case 'Q':
        run.state = RUN_QUEUED;
        run.started_at = run.ended_at = 0;
        break;
    case 'd':
        run.job = JOB_DRY_RUN;
        run.state = RUN_FAILED;
        break;
    case 't':
        run.job = JOB_TEST;
        run.state = RUN_FAILED;
        break;
    case 'p':
        run.job = JOB_PRUNE;
        run.state = RUN_FAILED;
        break;
    case 'r':
        run.job = JOB_PRUNE;
        run.state = RUN_RUNNING;
        run.ended_at = 0;
        break;
    default:
        fail_msg("\"%s\" is no run", text);
    }
    return run;
}

static const char daily[] = "15 2 * * *";

#define OK .health = HEALTH_OK, .beneath = HEALTH_OK
#define IS(name) .health = HEALTH_##name, .beneath = HEALTH_##name

static const struct timeline timelines[] = {
    /* the beginning */
    {"a new host",
     "11-01 00:10",
     NULL,
     {NULL},
     IS(NEVER),
     .since = "11-01 00:00",
     .reason = "no good snapshot"},
    {"its first run is to come", "11-01 00:10", daily, {NULL}, IS(NEVER), .since = "11-01 00:00"},
    {"its first run is due", "11-01 02:15", daily, {NULL}, IS(LATE), .since = "11-01 02:15"},
    {"its first run never came", "11-01 03:15", daily, {NULL}, IS(MISSED), .since = "11-01 03:15"},
    {"the first run runs", "11-01 02:20", daily, {"R 11-01 02:15"}, IS(NEVER), .since = "11-01 00:00"},
    {"the first run failed", "11-01 03:00", daily, {"F 11-01 02:15"}, IS(FAILED), .since = "11-01 02:25"},
    {"the first run was partial",
     "11-01 03:00",
     daily,
     {"P 11-01 02:15"},
     IS(WARNING),
     .since = "11-01 02:25"},
    {"the first run was cancelled",
     "11-01 02:40",
     daily,
     {"C 11-01 02:15"},
     IS(LATE),
     .since = "11-01 02:15"},
    {"only a test failed", "11-01 00:10", NULL, {"t 11-01 00:05"}, IS(NEVER), .since = "11-01 00:00"},

    /* every day */
    {"all is well",
     "11-22 12:00",
     daily,
     {"S 11-21 02:15", "S 11-22 02:15"},
     "11-22 02:15",
     OK,
     .since = "11-21 02:25",
     .reason = "9 h 45 min old"},
    {"well since the failure ended",
     "11-22 12:00",
     daily,
     {"S 11-19 02:15", "F 11-20 02:15", "S 11-21 02:15", "S 11-22 02:15"},
     "11-22 02:15",
     OK,
     .since = "11-21 02:25"},
    {"one second is not due yet",
     "11-22 02:14",
     daily,
     {"S 11-21 02:15"},
     "11-21 02:15",
     OK,
     .since = "11-21 02:25"},
    {"due",
     "11-22 02:15",
     daily,
     {"S 11-21 02:15"},
     "11-21 02:15",
     IS(LATE),
     .since = "11-22 02:15",
     .reason = "due at 2026-11-22 02:15 UTC"},
    {"in the last minute of the grace",
     "11-22 03:14",
     daily,
     {"S 11-21 02:15"},
     "11-21 02:15",
     IS(LATE),
     .since = "11-22 02:15"},
    {"the grace is over",
     "11-22 03:15",
     daily,
     {"S 11-21 02:15"},
     "11-21 02:15",
     IS(MISSED),
     .since = "11-22 03:15",
     .reason = "due at 2026-11-22 02:15 UTC and none has begun"},
    {"a longer grace",
     "11-22 06:00",
     daily,
     {"S 11-21 02:15"},
     "11-21 02:15",
     .grace_minutes = 240,
     IS(LATE),
     .since = "11-22 02:15"},
    {"no schedule, nothing is due",
     "11-30 00:00",
     NULL,
     {"S 11-21 02:15"},
     "11-21 02:15",
     OK,
     .since = "11-21 02:25"},
    {"by hand before it was due",
     "11-22 02:20",
     daily,
     {"S 11-21 02:15", "S 11-22 01:00"},
     "11-22 01:00",
     IS(LATE),
     .since = "11-22 02:15"},
    {"by hand after it was missed",
     "11-22 12:00",
     daily,
     {"S 11-21 02:15", "S 11-22 11:00"},
     "11-22 11:00",
     OK,
     .since = "11-21 02:25"},

    /* the server was down */
    {"down for three days",
     "11-25 12:00",
     daily,
     {"S 11-22 02:15"},
     "11-22 02:15",
     IS(MISSED),
     .since = "11-23 03:15",
     .reason = "due at 2026-11-23 02:15 UTC"},
    {"back, and catching up",
     "11-25 12:05",
     daily,
     {"S 11-22 02:15", "R 11-25 12:01"},
     "11-22 02:15",
     OK,
     .since = "11-22 02:25"},
    {"back, and caught up",
     "11-25 13:00",
     daily,
     {"S 11-22 02:15", "S 11-25 12:01"},
     "11-25 12:01",
     OK,
     .since = "11-22 02:25"},
    {"catching up, and too old all the same",
     "11-25 12:05",
     daily,
     {"S 11-22 02:15", "R 11-25 12:01"},
     "11-22 02:15",
     .max_age_hours = 72,
     IS(WARNING),
     .since = "11-25 02:15",
     .reason = "3 d 9 h old, more than 3 d"},

    /* the host was away */
    {"away for a night",
     "11-22 12:00",
     daily,
     {"S 11-21 02:15", "F 11-22 02:15"},
     "11-21 02:15",
     IS(FAILED),
     .since = "11-22 02:25",
     .reason = "the last run failed: the host is down"},
    {"away for three nights",
     "11-24 12:00",
     daily,
     {"S 11-21 02:15", "F 11-22 02:15", "F 11-23 02:15", "F 11-24 02:15"},
     "11-21 02:15",
     IS(FAILED),
     .since = "11-22 02:25",
     .reason = "the last 3 runs failed: the host is down"},
    {"away, with retries that were cancelled",
     "11-22 12:00",
     daily,
     {"F 11-22 02:15", "C 11-22 02:30", "F 11-22 03:00", "q 11-22 04:00"},
     NULL,
     IS(FAILED),
     .since = "11-22 02:25",
     .reason = "the last 2 runs failed"},
    {"away, and the next is due",
     "11-23 02:30",
     daily,
     {"S 11-21 02:15", "F 11-22 02:15"},
     "11-21 02:15",
     IS(FAILED),
     .since = "11-22 02:25"},
    {"failed outranks missed",
     "11-24 12:00",
     daily,
     {"F 11-22 02:15"},
     "11-21 02:15",
     IS(FAILED),
     .since = "11-22 02:25"},
    {"back",
     "11-22 12:00",
     daily,
     {"F 11-21 02:15", "S 11-22 02:15"},
     "11-22 02:15",
     OK,
     .since = "11-22 02:25"},

    /* what is going on hides nothing */
    {"running after a failure",
     "11-22 02:20",
     daily,
     {"F 11-21 02:15", "R 11-22 02:15"},
     "11-20 02:15",
     IS(FAILED),
     .since = "11-21 02:25"},
    {"running after a warning",
     "11-22 02:20",
     daily,
     {"W 11-21 02:15", "R 11-22 02:15"},
     "11-21 02:15",
     IS(WARNING),
     .since = "11-21 02:25",
     .reason = "the last run ended with warnings: 3 files vanished"},
    {"it waits in the queue",
     "11-22 02:40",
     daily,
     {"S 11-21 02:15", "Q 11-22 02:15"},
     "11-21 02:15",
     IS(LATE),
     .since = "11-22 02:15"},
    {"it waits for too long",
     "11-22 04:00",
     daily,
     {"S 11-21 02:15", "Q 11-22 02:15"},
     "11-21 02:15",
     IS(MISSED),
     .since = "11-22 03:15"},
    {"yesterday's still runs",
     "11-22 04:00",
     daily,
     {"S 11-20 02:15", "R 11-21 02:15"},
     "11-20 02:15",
     IS(MISSED),
     .since = "11-22 03:15"},

    /* what does not touch it */
    {"cancelled after success",
     "11-21 12:00",
     daily,
     {"S 11-21 02:15", "C 11-21 11:00"},
     "11-21 02:15",
     OK,
     .since = "11-21 02:25"},
    {"cancelled after failure",
     "11-21 12:00",
     daily,
     {"F 11-21 02:15", "C 11-21 11:00"},
     "11-20 02:15",
     IS(FAILED),
     .since = "11-21 02:25"},
    {"the cancelled one was the one that was due",
     "11-22 04:00",
     daily,
     {"S 11-21 02:15", "C 11-22 02:15"},
     "11-21 02:15",
     IS(MISSED),
     .since = "11-22 03:15"},
    {"cancelled in the queue",
     "11-22 02:40",
     daily,
     {"S 11-21 02:15", "q 11-22 02:15"},
     "11-21 02:15",
     IS(LATE),
     .since = "11-22 02:15"},
    {"a dry run and a prune that failed",
     "11-21 12:00",
     daily,
     {"S 11-21 02:15", "d 11-21 03:00", "p 11-21 04:00"},
     "11-21 02:15",
     OK,
     .since = "11-21 02:25"},

    /* warnings */
    {"partial for two nights",
     "11-22 12:00",
     daily,
     {"S 11-20 02:15", "P 11-21 02:15", "P 11-22 02:15"},
     "11-20 02:15",
     IS(WARNING),
     .since = "11-21 02:25",
     .reason = "the last 2 runs could not copy everything"},
    {"held",
     "11-22 12:00",
     daily,
     {"S 11-21 02:15", "H 11-22 02:15"},
     "11-21 02:15",
     .held = "11-22 02:25",
     IS(WARNING),
     .since = "11-22 02:25",
     .reason = "is held: the source has shrunk"},
    {"held once, and well again, but nobody looked",
     "11-23 12:00",
     daily,
     {"H 11-22 02:15", "S 11-23 02:15"},
     "11-23 02:15",
     .held = "11-22 02:25",
     IS(WARNING),
     .since = "11-22 02:25"},
    {"released",
     "11-22 12:00",
     daily,
     {"S 11-21 02:15", "H 11-22 02:15"},
     "11-22 02:15",
     OK,
     .since = "11-21 02:25"},
    {"too old without a schedule",
     "11-25 02:16",
     NULL,
     {"S 11-22 02:15"},
     "11-22 02:15",
     .max_age_hours = 72,
     IS(WARNING),
     .since = "11-25 02:15"},
    {"as old as it may be",
     "11-25 02:15",
     NULL,
     {"S 11-22 02:15"},
     "11-22 02:15",
     .max_age_hours = 72,
     OK,
     .since = "11-22 02:25"},
    {"missed outranks too old",
     "11-25 04:00",
     daily,
     {"S 11-22 02:15"},
     "11-22 02:15",
     .max_age_hours = 24,
     IS(MISSED),
     .since = "11-23 03:15"},
    {"warning outranks late",
     "11-22 02:20",
     daily,
     {"W 11-21 02:15"},
     "11-21 02:15",
     IS(WARNING),
     .since = "11-21 02:25"},
    {"good ones that were found, no run of ours",
     "11-22 12:00",
     NULL,
     {NULL},
     "11-22 02:15",
     OK,
     .since = "11-22 02:15"},
    {"every good one is gone",
     "11-22 12:00",
     daily,
     {"S 11-22 02:15"},
     NULL,
     IS(NEVER),
     .since = "11-01 00:00"},

    /* what cannot be seen is never green */
    {"the root is lost",
     "11-22 12:00",
     daily,
     {"S 11-22 02:15"},
     "11-22 02:15",
     .unreadable = "not mounted",
     IS(UNKNOWN),
     .since = "11-20 00:00",
     .reason = "not mounted"},
    {"the root is lost, and a run failed",
     "11-22 12:00",
     daily,
     {"F 11-22 02:15"},
     "11-21 02:15",
     .unreadable = "not mounted",
     IS(FAILED),
     .since = "11-22 02:25"},
    {"the root is lost, and a run is missed",
     "11-22 12:00",
     daily,
     {"S 11-20 02:15"},
     "11-20 02:15",
     .unreadable = "not mounted",
     IS(MISSED),
     .since = "11-21 03:15"},
    {"the root is lost, and a run is late",
     "11-22 02:20",
     daily,
     {"S 11-21 02:15"},
     "11-21 02:15",
     .unreadable = "not mounted",
     IS(UNKNOWN),
     .since = "11-20 00:00"},
    {"the root is lost, and nothing was ever there",
     "11-01 00:10",
     NULL,
     {NULL},
     .unreadable = "not mounted",
     IS(UNKNOWN),
     .since = "11-20 00:00"},
    {"the clock went back",
     "11-22 12:00",
     daily,
     {"S 11-30 02:15"},
     "11-30 02:15",
     IS(UNKNOWN),
     .reason = "the clock went back: a run began at 2026-11-30 02:15 UTC"},
    {"another machine is five minutes ahead",
     "11-22 02:11",
     daily,
     {"S 11-21 02:15", "R 11-22 02:15"},
     "11-21 02:15",
     OK,
     .since = "11-21 02:25"},

    /* paused */
    {"paused",
     "11-25 12:00",
     daily,
     {"S 11-22 02:15"},
     "11-22 02:15",
     .paused = true,
     .health = HEALTH_PAUSED,
     .beneath = HEALTH_MISSED,
     .reason = "was due"},
    {"paused after a failure",
     "11-22 12:00",
     daily,
     {"F 11-22 02:15"},
     NULL,
     .paused = true,
     .health = HEALTH_PAUSED,
     .beneath = HEALTH_FAILED},
    {"paused with a lost root",
     "11-22 12:00",
     NULL,
     {NULL},
     "11-22 02:15",
     .paused = true,
     .unreadable = "not mounted",
     .health = HEALTH_PAUSED,
     .beneath = HEALTH_UNKNOWN},

    /* the two nights, in Amsterdam: 02:15 is left out, and comes twice */
    {"spring: due at the leap",
     "2027-03-28 00:59",
     daily,
     {"S 2027-03-27 01:15"},
     "2027-03-27 01:15",
     OK,
     .zone = "Europe/Amsterdam",
     .since = "2027-03-27 01:25"},
    {"spring: late from the leap on",
     "2027-03-28 01:00",
     daily,
     {"S 2027-03-27 01:15"},
     "2027-03-27 01:15",
     .zone = "Europe/Amsterdam",
     IS(LATE),
     .since = "2027-03-28 01:00"},
    {"spring: done at the leap, next tomorrow",
     "2027-03-28 12:00",
     daily,
     {"S 2027-03-27 01:15", "S 2027-03-28 01:00"},
     "2027-03-28 01:00",
     OK,
     .zone = "Europe/Amsterdam",
     .since = "2027-03-27 01:25"},
    {"autumn: due the first time",
     "10-25 00:15",
     daily,
     {"S 10-24 00:15"},
     "10-24 00:15",
     IS(LATE),
     .zone = "Europe/Amsterdam",
     .since = "10-25 00:15"},
    {"autumn: not due a second time",
     "10-25 02:30",
     daily,
     {"S 10-24 00:15", "S 10-25 00:15"},
     "10-25 00:15",
     OK,
     .zone = "Europe/Amsterdam",
     .since = "10-24 00:25"},
    {"autumn: the day after",
     "10-26 02:15",
     daily,
     {"S 10-25 00:15"},
     "10-25 00:15",
     IS(MISSED),
     .zone = "Europe/Amsterdam",
     .since = "10-26 02:15"},
};
enum { TIMELINES = sizeof timelines / sizeof timelines[0] };

#endif
