/* pobsync worker */
#include "base/log.h"
#include "base/parse.h"
#include "cli/commands.h"
#include "daemon/worker.h"

enum { JOBS_MAX = 64 };

static int run(struct call *call, struct err *err)
{
    struct worker_options options = {.once = call_has(call, "once")};
    const char *jobs = call_value(call, "jobs");

    if (jobs != NULL && parse_int(jobs, 1, JOBS_MAX, &options.jobs, err) < 0)
        return err_in(err, "--jobs");
    if (!call->quiet && call->verbose == 0)
        log_set_level(LOG_LEVEL_INFO);
    return worker_run(&options, err);
}

static const struct option_spec options[] = {
    {"jobs", 0, "N", "do at most N runs at the same time (default: the setting parallel_runs)"},
    {"once", 0, NULL, "end when nothing is due any more, instead of waiting for more"},
    {0},
};

const struct command cmd_worker = {
    .name = "worker",
    .summary = "do what waits in the queue",
    .options = options,
    .details =
        "Takes runs that are due, one after the other, each in a process of its own. Several workers may work "
        "on the same queue; together they do no more runs at once than the setting parallel_runs allows, and "
        "one run of a host at a time. A worker that begins puts right what dead runs have left. When it is "
        "asked to end (TERM, INT), its runs end as cancelled and are taken up again by the next worker.",
    .examples = "pobsync worker\npobsync worker --once --jobs 4",
    .long_running = true,
    .run = run,
};
