/* pobsync send-alerts */
#include "base/log.h"
#include "cli/commands.h"
#include "service/service_alert.h"

static int run(struct call *call, struct err *err)
{
    struct service *service;
    struct alert_delivery delivery;

    log_set_level(LOG_LEVEL_INFO);
    service = call_service(call, err);
    if (service == NULL || (call_has(call, "ping") && service_alert_ping(service, err) < 0))
        return -1;
    return service_alert_deliver(service, false, &delivery, err);
}

static const struct option_spec options[] = {
    {"ping", 0, NULL, "ask for the ping address first: the pass was a good one"},
    {0},
};

const struct command cmd_send_alerts = {
    .name = "send-alerts",
    .summary = "send what waits, in the process that the scheduler has started for it",
    .options = options,
    .long_running = true,
    .hidden = true,
    .run = run,
};
