/* The names of states, causes and jobs, and which state may follow which. */
#include "model/run.h"

#include <stddef.h>
#include <string.h>

static const char *const states[] = {
#define STATE_ROW(state, name) [state] = name,
    RUN_STATE_LIST(STATE_ROW)
#undef STATE_ROW
};

static const struct {
    const char *name;
    enum err_code error;
    const char *hint;
} causes[] = {
#define CAUSE_ROW(cause, name, error, hint) [cause] = {name, error, hint},
    CAUSE_LIST(CAUSE_ROW)
#undef CAUSE_ROW
};

static const char *const jobs[] = {
#define JOB_ROW(job, name) [job] = name,
    JOB_LIST(JOB_ROW)
#undef JOB_ROW
};

const char *run_state_name(enum run_state state)
{
    return (unsigned)state < RUN_STATE__MAX ? states[state] : "unknown";
}

const char *cause_name(enum cause cause)
{
    return causes[(unsigned)cause < CAUSE__MAX ? cause : CAUSE_INTERNAL].name;
}

const char *job_name(enum job job)
{
    return (unsigned)job < JOB__MAX ? jobs[job] : "unknown";
}

const char *cause_hint(enum cause cause)
{
    return causes[(unsigned)cause < CAUSE__MAX ? cause : CAUSE_INTERNAL].hint;
}

enum err_code cause_error(enum cause cause)
{
    return causes[(unsigned)cause < CAUSE__MAX ? cause : CAUSE_INTERNAL].error;
}

enum run_state run_state_parse(const char *name)
{
    enum run_state state = RUN_QUEUED;

    while (state < RUN_STATE__MAX && (name == NULL || strcmp(states[state], name) != 0))
        state++;
    return state;
}

enum cause cause_parse(const char *name)
{
    enum cause cause = CAUSE_NONE;

    while (cause < CAUSE__MAX && strcmp(causes[cause].name, name == NULL ? "" : name) != 0)
        cause++;
    return cause;
}

enum job job_parse(const char *name)
{
    enum job job = JOB_BACKUP;

    while (job < JOB__MAX && (name == NULL || strcmp(jobs[job], name) != 0))
        job++;
    return job;
}

bool job_takes_host(enum job job)
{
    switch (job) {
    case JOB_BACKUP:
    case JOB_PRUNE:
    case JOB_DELETE:
    case JOB_RESTORE:
        return true;
    case JOB_DRY_RUN:
    case JOB_TEST:
    case JOB_DISCOVER:
    case JOB_MAINTENANCE:
    case JOB_ROOT:
    case JOB_KEY:
    case JOB_HOST_KEY:
    case JOB_NOTIFY:
    case JOB_SPACE:
    case JOB__MAX:
        break;
    }
    return false;
}

bool job_takes_place(enum job job)
{
    return job_takes_host(job) || job == JOB_DRY_RUN;
}

bool run_has_ended(enum run_state state)
{
    return state != RUN_QUEUED && state != RUN_RUNNING;
}

bool run_may_become(enum run_state from, enum run_state to)
{
    if ((unsigned)to >= RUN_STATE__MAX)
        return false;
    if (from == RUN_QUEUED)
        return to == RUN_RUNNING || to == RUN_FAILED || to == RUN_CANCELLED;
    return from == RUN_RUNNING && run_has_ended(to);
}
