/* pobsync scheduler */
#include "base/log.h"
#include "base/parse.h"
#include "cli/commands.h"
#include "daemon/scheduler.h"

enum { INTERVAL_DEFAULT = 60, INTERVAL_MAX = 3600 };

static int run(struct call *call, struct err *err)
{
    struct scheduler_options options = {.loop = call_has(call, "loop"), .interval = INTERVAL_DEFAULT};
    const char *interval = call_value(call, "interval");

    if (interval != NULL && parse_int(interval, 1, INTERVAL_MAX, &options.interval, err) < 0)
        return err_in(err, "--interval");
    if (!call->quiet && call->verbose == 0)
        log_set_level(LOG_LEVEL_INFO);
    return scheduler_run(&options, err);
}

static const struct option_spec options[] = {
    {"loop", 0, NULL, "go on until a signal asks for the end, instead of one pass"},
    {"interval", 0, "SECONDS", "time between two passes, 1 to 3600 (default: 60)"},
    {0},
};

const struct command cmd_scheduler = {
    .name = "scheduler",
    .summary = "put what is due into the queue",
    .options = options,
    .details =
        "Looks at every schedule; of the times that have come since the last pass the newest is enqueued, once, "
        "however many schedulers there are. A worker does the work: pobsync worker, or pobsync up for both.",
    .examples = "pobsync scheduler\npobsync scheduler --loop --interval 60",
    .long_running = true,
    .run = run,
};
