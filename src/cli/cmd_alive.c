/* pobsync alive */
#include "cli/commands.h"
#include "service/service_alive.h"

static int run(struct call *call, struct err *err)
{
    struct service *service = &call->service;

    if (service_open_unmigrated(service, call->arena, "cli", err) < 0)
        return -1;
    call->service_is_open = true;
    if (service_alive(service, call_word(call, 0), err) < 0)
        return -1;
    call_note(call, "the %s is at work", call_word(call, 0));
    return 0;
}

const struct command cmd_alive = {
    .name = "alive",
    .summary = "whether a part of pobsync is at work",
    .operands = "web|reader|scheduler|worker",
    .details =
        "For health checks: of the web whether it answers, with its database; of the reader whether it takes "
        "connections; of the scheduler whether its last pass is recent; of a worker whether one of this machine "
        "or container has just given a sign of life. How the hosts are is told by status --check.",
    .exits = "1 when it is not.",
    .examples = "pobsync alive web\npobsync alive worker",
    .run = run,
};
