/* The scheduler's loop. */
#include "daemon/scheduler.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "service/room_sample.h"
#include "service/root_files.h"
#include "service/service_alert.h"
#include "service/service_scheduler.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/service_manager.h"
#include "sys/stop.h"

enum { LOOK_MS = 100, SENDER_STOP_MS = 5000 };

/* The pass, and what it tells about the hosts, in memory of its own. Alerts are only written down here. */
static int pass_apart(struct service *service, struct arena *life, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct scheduler_result result;
    struct err sample;
    int passed;

    service->arena = &arena;
    service->now = clock_now();
    passed = service_scheduler_pass(service, &result, err);
    if (passed == 0 && service_alert_evaluate(service, NULL, NULL, err) < 0)
        passed = err_in(err, "alerts");
    root_files_follow(service);
    if (room_sample_take(service, &sample) < 0)
        log_warning("what is free was not noted: %s", sample.message);
    service->arena = life;
    return passed;
}

/* What waits is sent by a child: a mail server that hangs holds up no pass. While one is at it, no other is started. */
static void start_sender(struct child *sender, bool passed)
{
    const char *const argv[] = {"pobsync", "send-alerts", passed ? "--ping" : NULL, NULL};
    struct err err;
    int status;

    if (sender->pid > 0 && !child_reap(sender, &status))
        return;
    if (child_start(argv, NULL, sender, &err) < 0)
        log_warning("%s", err.message);
}

static void wait_for_sender(struct child *sender, int64_t timeout_ms)
{
    int64_t until = clock_boot_ms() + timeout_ms;
    int status;

    while (sender->pid > 0 && !child_reap(sender, &status) && clock_boot_ms() < until)
        poll(&(struct pollfd){.fd = sender->pidfd, .events = POLLIN}, 1, LOOK_MS);
}

static void end_sender(struct child *sender)
{
    child_signal(sender, SIGTERM);
    wait_for_sender(sender, SENDER_STOP_MS);
    child_signal(sender, SIGKILL);
}

/* Until the wall clock shows the next full multiple of the interval: a run that is due at 02:15 begins then. */
static void wait_for_next(int64_t interval, struct service_manager *manager)
{
    int64_t until = clock_boot_ms() + (interval - clock_now() % interval) * 1000, left;

    while (stop_requested() == 0 && (left = until - clock_boot_ms()) > 0) {
        service_manager_live(manager);
        stop_poll(NULL, 0, service_manager_wait_ms(manager, left));
    }
}

static void loop(struct service *service, struct arena *life, int64_t interval)
{
    BUF_SCOPED trouble = BUF_EMPTY;
    struct child sender = CHILD_NONE;
    struct service_manager manager;

    service_manager_begin(&manager);
    while (stop_requested() == 0) {
        struct err err = {0};
        int result = pass_apart(service, life, &err);

        /* Said once, not with each pass. */
        if (result < 0 && strcmp(buf_text(&trouble), err.message) != 0)
            log_error("%s", err.message);
        buf_clear(&trouble);
        if (result < 0)
            buf_add_text(&trouble, err.message);
        start_sender(&sender, result == 0);
        wait_for_next(interval, &manager);
    }
    end_sender(&sender);
}

static int pass_once(struct service *service, struct arena *life, struct err *err)
{
    enum { PATIENCE_MS = 120000 };
    struct child sender = CHILD_NONE;

    if (pass_apart(service, life, err) < 0)
        return -1;
    start_sender(&sender, true);
    wait_for_sender(&sender, PATIENCE_MS);
    end_sender(&sender);
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
    if (options->loop)
        loop(&service, &life, options->interval);
    else
        result = pass_once(&service, &life, err);
    service_close(&service);
    log_info("scheduler ends");
    return result;
}
