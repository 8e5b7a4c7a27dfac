/* pobsync run-job: one run, in the process that a worker has started for it. */
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "cli/commands.h"
#include "service/service_run.h"

static bool has_other_parent(void *context)
{
    return getppid() != *(const pid_t *)context;
}

static int run(struct call *call, struct err *err)
{
    pid_t parent = getppid();
    struct service *service;
    int64_t id, token;

    if (parse_int(call_word(call, 0), 1, INT64_MAX, &id, err) < 0 ||
        parse_int(call_word(call, 1), 1, INT64_MAX, &token, err) < 0)
        return -1;
    log_set_level(LOG_LEVEL_INFO);
    service = call_service(call, err);
    return service == NULL ? -1 : service_run_execute(service, id, token, has_other_parent, &parent, err);
}

const struct command cmd_run_job = {
    .name = "run-job",
    .summary = "do one run that a worker has claimed",
    .operands = "RUN TOKEN",
    .long_running = true,
    .hidden = true,
    .run = run,
};
