/* The health of a host. */
#include "plan/health.h"

#include "base/when.h"

enum {
    DAY = 86400,
    /* A run may be written by another machine than the one that asks: so much later than now it can have begun. */
    CLOCK_TOLERANCE = 300,
    /* How far health_interval() looks: so many days, or times if there are more. */
    INTERVAL_DAYS = 8,
    INTERVAL_TIMES = 300,
};

static const char *const health_names[] = {
    [HEALTH_FAILED] = "failed",   [HEALTH_MISSED] = "missed", [HEALTH_UNKNOWN] = "unknown",
    [HEALTH_WARNING] = "warning", [HEALTH_LATE] = "late",     [HEALTH_NEVER] = "never",
    [HEALTH_OK] = "ok",           [HEALTH_PAUSED] = "paused",
};
static const char *const activity_names[] = {
    [ACTIVITY_IDLE] = "idle",
    [ACTIVITY_QUEUED] = "queued",
    [ACTIVITY_RUNNING] = "running",
    [ACTIVITY_PRUNING] = "pruning",
};

const char *health_name(enum health health)
{
    return (unsigned)health < HEALTH__MAX ? health_names[health] : "unknown";
}

const char *activity_name(enum activity activity)
{
    return (unsigned)activity < ACTIVITY__MAX ? activity_names[activity] : "unknown";
}

/* What is asked of the facts, and where the answer goes. */
struct question {
    struct arena *arena;
    const struct health_facts *facts;
    struct health_report *report;
};

/* Fills the report; true, so that a check can end with it. */
static bool answer(const struct question *question, enum health health, int64_t since, const char *reason)
{
    question->report->beneath = health;
    question->report->since = since;
    question->report->reason = reason;
    return true;
}

static bool decides(const struct run *run)
{
    return run->job == JOB_BACKUP && run_has_ended(run->state) && run->state != RUN_CANCELLED;
}

static const struct run *last_run(const struct health_facts *facts)
{
    for (size_t i = 0; i < facts->run_count; i++)
        if (decides(&facts->runs[i]))
            return &facts->runs[i];
    return NULL;
}

/* How a run counts: the warning that a snapshot was held ends with the hold. */
static enum run_state verdict_of(const struct run *run)
{
    bool was_held = run->cause == CAUSE_SOURCE_EMPTY || run->cause == CAUSE_SOURCE_SHRUNK;

    return run->state == RUN_WARNING && was_held ? RUN_SUCCESS : run->state;
}

/* How many runs, up to the last one, ended like it in a row, and when the first of them did. */
static int streak(const struct health_facts *facts, int64_t *since)
{
    const struct run *last = last_run(facts);
    int length = 0;

    for (size_t i = 0; i < facts->run_count; i++) {
        if (!decides(&facts->runs[i]))
            continue;
        if (verdict_of(&facts->runs[i]) != verdict_of(last))
            break;
        *since = facts->runs[i].ended_at;
        length++;
    }
    return length;
}

/* "the last run failed: …" or "the last 3 runs failed: …" */
static bool answer_last_run(const struct question *question, enum health health, const char *what)
{
    const struct run *last = last_run(question->facts);
    const char *message = last->message;
    int64_t since = 0;
    int length = streak(question->facts, &since);
    const char *subject =
        length == 1 ? "the last run" : arena_printf(question->arena, "the last %d runs", length);

    if (message == NULL || message[0] == '\0')
        return answer(question, health, since, arena_printf(question->arena, "%s %s", subject, what));
    return answer(question, health, since,
                  arena_printf(question->arena, "%s %s: %s", subject, what, message));
}

/* Whether the run is repeated, and when. */
static void tell_retry(const struct question *question, const struct run *failed)
{
    const struct health_facts *facts = question->facts;
    struct health_report *report = question->report;
    char due[WHEN_TEXT];

    for (size_t i = 0; i < facts->run_count; i++) {
        const struct run *run = &facts->runs[i];

        if (failed->id == 0 || run->retry_of != failed->id || run_has_ended(run->state))
            continue;
        report->retry_pending = true;
        report->reason = run->state == RUN_RUNNING
                             ? arena_printf(question->arena, "%s; it is being tried again", report->reason)
                             : arena_printf(question->arena, "%s; it will be tried again at %s UTC",
                                            report->reason, when_minute(due, run->due_at));
    }
}

static bool is_failed(const struct question *question)
{
    const struct run *last = last_run(question->facts);

    if (last == NULL || last->state != RUN_FAILED)
        return false;
    answer_last_run(question, HEALTH_FAILED, "failed");
    tell_retry(question, last);
    return true;
}

static bool is_due(const struct question *question, int64_t grace, enum health health)
{
    const struct health_facts *facts = question->facts;
    char due[WHEN_TEXT];

    /* Written so that a grace of any length cannot overflow. */
    if (facts->due_at == 0 || facts->now < facts->due_at || facts->now - facts->due_at < grace)
        return false;
    return answer(question, health, facts->due_at + grace,
                  arena_printf(question->arena, "a run was due at %s UTC and none has begun",
                               when_minute(due, facts->due_at)));
}

static bool is_missed(const struct question *question)
{
    return is_due(question, question->facts->grace_seconds, HEALTH_MISSED);
}

static bool is_unreadable(const struct question *question)
{
    return question->facts->unreadable != NULL &&
           answer(question, HEALTH_UNKNOWN, question->facts->unreadable_since, question->facts->unreadable);
}

/* Then nothing is due for as long as the clock is wrong, and silence would look like health. */
static bool is_out_of_time(const struct question *question)
{
    const struct health_facts *facts = question->facts;
    char began[WHEN_TEXT];

    for (size_t i = 0; i < facts->run_count; i++)
        if (facts->runs[i].started_at > facts->now &&
            facts->runs[i].started_at - facts->now > CLOCK_TOLERANCE)
            return answer(question, HEALTH_UNKNOWN, 0,
                          arena_printf(question->arena, "the clock went back: a run began at %s UTC",
                                       when_minute(began, facts->runs[i].started_at)));
    return false;
}

static bool is_held(const struct question *question)
{
    const struct snapshot *held = question->facts->held;

    return held != NULL && answer(question, HEALTH_WARNING, held->ended_at,
                                  arena_printf(question->arena, "the snapshot %s is held: %s", held->name,
                                               held->held_reason == NULL ? "" : held->held_reason));
}

static bool had_warnings(const struct question *question)
{
    const struct run *last = last_run(question->facts);

    if (last == NULL)
        return false;
    if (verdict_of(last) == RUN_PARTIAL)
        return answer_last_run(question, HEALTH_WARNING, "could not copy everything");
    return verdict_of(last) == RUN_WARNING &&
           answer_last_run(question, HEALTH_WARNING, "ended with warnings");
}

static bool is_too_old(const struct question *question)
{
    const struct health_facts *facts = question->facts;
    int64_t age = facts->now - facts->last_good_at;
    char is[WHEN_TEXT], allowed[WHEN_TEXT];

    if (facts->last_good_at == 0 || facts->max_age_seconds == 0 || age <= facts->max_age_seconds)
        return false;
    return answer(question, HEALTH_WARNING, facts->last_good_at + facts->max_age_seconds,
                  arena_printf(question->arena, "the newest good snapshot is %s old, more than %s",
                               when_duration(is, age), when_duration(allowed, facts->max_age_seconds)));
}

static bool is_late(const struct question *question)
{
    return is_due(question, 0, HEALTH_LATE);
}

static bool is_never(const struct question *question)
{
    return question->facts->last_good_at == 0 &&
           answer(question, HEALTH_NEVER, question->facts->created_at, "there is no good snapshot yet");
}

static bool is_ok(const struct question *question)
{
    const struct health_facts *facts = question->facts;
    int64_t since = facts->last_good_at;
    char age[WHEN_TEXT];

    streak(facts, &since);
    return answer(question, HEALTH_OK, since,
                  arena_printf(question->arena, "the newest good snapshot is %s old",
                               when_duration(age, facts->now - facts->last_good_at)));
}

struct health_report health_plan(struct arena *arena, const struct health_facts *facts)
{
    /* The worst first; the last is always true. */
    static bool (*const checks[])(const struct question *) = {
        is_failed,    is_missed,  is_unreadable, is_out_of_time, is_held,
        had_warnings, is_too_old, is_late,       is_never,       is_ok,
    };
    struct health_report report = {0};
    const struct question question = {arena, facts, &report};

    for (size_t i = 0; !checks[i](&question); i++)
        continue;
    report.health = report.beneath;
    if (!facts->enabled) {
        report.health = HEALTH_PAUSED;
        report.since = 0;
    }
    return report;
}

bool health_needs_attention(const struct health_report *report, int64_t now)
{
    switch (report->health) {
    case HEALTH_FAILED:
    case HEALTH_MISSED:
    case HEALTH_UNKNOWN:
    case HEALTH_WARNING:
        return true;
    case HEALTH_NEVER:
        return now - report->since > DAY;
    case HEALTH_LATE:
    case HEALTH_OK:
    case HEALTH_PAUSED:
    case HEALTH__MAX:
        break;
    }
    return false;
}

int64_t health_due(const struct run *runs, size_t run_count, const struct cron *cron, const struct zone *zone,
                   int64_t scheduled_since)
{
    int64_t after = scheduled_since, due;

    for (size_t i = 0; i < run_count; i++)
        if (runs[i].job == JOB_BACKUP && runs[i].state != RUN_CANCELLED && runs[i].started_at > after)
            after = runs[i].started_at;
    return cron_next(cron, zone, after, &due) ? due : 0;
}

int64_t health_interval(const struct cron *cron, const struct zone *zone, int64_t now)
{
    int64_t widest = 0, at, next;

    if (!cron_next(cron, zone, now, &at))
        return 0;
    for (int times = 0; times < INTERVAL_TIMES && cron_next(cron, zone, at, &next); times++) {
        if (next - at > widest)
            widest = next - at;
        at = next;
        if (at - now > INTERVAL_DAYS * DAY)
            break;
    }
    return widest;
}

enum activity health_activity(const struct run *runs, size_t run_count)
{
    enum activity activity = ACTIVITY_IDLE;

    for (size_t i = 0; i < run_count; i++) {
        enum activity its = ACTIVITY_IDLE;

        if (runs[i].state == RUN_RUNNING)
            its = runs[i].job == JOB_PRUNE ? ACTIVITY_PRUNING : ACTIVITY_RUNNING;
        else if (runs[i].state == RUN_QUEUED)
            its = ACTIVITY_QUEUED;
        /* A backup and its prune never run at once: the greater one is the one to tell. */
        if (its > activity)
            activity = its;
    }
    return activity;
}
