/* The scheduler's loop. */
#include "daemon/scheduler.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "service/service_scheduler.h"
#include "sys/clock.h"
#include "sys/stop.h"

/* In memory of its own. */
static int pass_apart(struct service *service, struct arena *life, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct scheduler_result result;
    int passed;

    service->arena = &arena;
    service->now = clock_now();
    passed = service_scheduler_pass(service, &result, err);
    service->arena = life;
    return passed;
}

/* Until the wall clock shows the next full multiple of the interval: a run that is due at 02:15 begins then. */
static void wait_for_next(int64_t interval)
{
    stop_poll(NULL, 0, (interval - clock_now() % interval) * 1000);
}

static int loop(struct service *service, struct arena *life, int64_t interval)
{
    BUF_SCOPED trouble = BUF_EMPTY;

    while (stop_requested() == 0) {
        struct err err = {0};
        int result = pass_apart(service, life, &err);

        /* Said once, not with each pass. */
        if (result < 0 && strcmp(buf_text(&trouble), err.message) != 0)
            log_error("%s", err.message);
        buf_clear(&trouble);
        if (result < 0)
            buf_add_text(&trouble, err.message);
        wait_for_next(interval);
    }
    return 0;
}

int scheduler_run(const struct scheduler_options *options, struct err *err)
{
    ARENA_SCOPED life = ARENA_EMPTY;
    struct service service;
    int result = service_open(&service, &life, "scheduler", err);

    if (result < 0)
        return -1;
    log_info("scheduler begins");
    result = options->loop ? loop(&service, &life, options->interval) : pass_apart(&service, &life, err);
    service_close(&service);
    log_info("scheduler ends");
    return result;
}
