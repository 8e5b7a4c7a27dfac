/* Starting, watching and ending the parts. */
#include "daemon/supervisor.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/service_manager.h"
#include "sys/stop.h"

enum {
    PARTS_MAX = 8,
    PAUSE_MS = 1000,      /* before the first new start; doubled each time */
    PAUSE_MAX_MS = 60000, /* at most */
    STEADY_MS = 60000,    /* who has lived for so long begins with short pauses again */
    TICK_MS = 1000,
    LOOK_MS = 100,
    STOP_MS = 11000 /* all in all; then what is left is killed */
};

struct part {
    const struct supervisor_part *what;
    struct child child;
    int64_t started_ms; /* when it was started last */
    int64_t pause_ms;   /* before it is started again */
    int64_t again_ms;   /* when that is, while it is down */
};

struct supervisor {
    struct part parts[PARTS_MAX];
    size_t count;
    struct service_manager manager;
};

static int start_part(struct part *part, struct err *err)
{
    if (child_start(part->what->argv, part->what->user, &part->child, err) < 0)
        return err_in(err, "%s", part->what->name);
    part->started_ms = clock_boot_ms();
    log_info("%s begins (process %d)", part->what->name, (int)part->child.pid);
    return 0;
}

static void plan_restart(struct part *part)
{
    int64_t now = clock_boot_ms();

    if (part->pause_ms == 0 || now - part->started_ms >= STEADY_MS)
        part->pause_ms = PAUSE_MS;
    else if (part->pause_ms < PAUSE_MAX_MS)
        part->pause_ms = part->pause_ms * 2 < PAUSE_MAX_MS ? part->pause_ms * 2 : PAUSE_MAX_MS;
    part->again_ms = now + part->pause_ms;
}

static void note_end(struct part *part, int status)
{
    char how[64];

    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "ended with status %d", WEXITSTATUS(status));
    plan_restart(part);
    log_warning("%s %s and is started again in %lld s", part->what->name, how,
                (long long)(part->pause_ms / 1000));
}

static void look_after(struct part *part)
{
    struct err err;
    int status;

    if (part->child.pid > 0) {
        if (child_reap(&part->child, &status))
            note_end(part, status);
        return;
    }
    if (clock_boot_ms() < part->again_ms || start_part(part, &err) == 0)
        return;
    plan_restart(part);
    log_error("%s; tried again in %lld s", err.message, (long long)(part->pause_ms / 1000));
}

static size_t part_events(const struct supervisor *supervisor, struct pollfd fds[PARTS_MAX])
{
    for (size_t i = 0; i < supervisor->count; i++)
        fds[i] = (struct pollfd){.fd = supervisor->parts[i].child.pidfd, .events = POLLIN};
    return supervisor->count;
}

static void watch(struct supervisor *supervisor)
{
    struct pollfd fds[PARTS_MAX];

    while (stop_requested() == 0) {
        for (size_t i = 0; i < supervisor->count; i++)
            look_after(&supervisor->parts[i]);
        service_manager_live(&supervisor->manager);
        stop_poll(fds, part_events(supervisor, fds), service_manager_wait_ms(&supervisor->manager, TICK_MS));
    }
}

/* Asks the part to end and waits until then; false when it has not ended at `until`. */
static bool end_part(struct part *part, int64_t until)
{
    int status;

    child_signal(&part->child, SIGTERM);
    while (part->child.pid > 0 && !child_reap(&part->child, &status)) {
        struct pollfd fd = {.fd = part->child.pidfd, .events = POLLIN};

        if (clock_boot_ms() >= until)
            return false;
        poll(&fd, 1, LOOK_MS);
    }
    return true;
}

/* In order, so that nothing is enqueued for a worker that is going; all of them against one clock. */
static void end_parts(struct supervisor *supervisor)
{
    int64_t until = clock_boot_ms() + STOP_MS;

    service_manager_tell("STOPPING=1");
    for (size_t i = 0; i < supervisor->count; i++) {
        struct part *part = &supervisor->parts[i];
        int status;

        if (end_part(part, until))
            continue;
        log_warning("%s does not end: it is killed", part->what->name);
        child_signal(&part->child, SIGKILL);
        while (!child_reap(&part->child, &status))
            poll(&(struct pollfd){.fd = part->child.pidfd, .events = POLLIN}, 1, LOOK_MS);
    }
    log_info("everything has ended");
}

int supervisor_run(const struct supervisor_part *parts, size_t count, struct err *err)
{
    struct supervisor supervisor = {.count = count};
    int result = 0;

    assert(count <= PARTS_MAX);
    for (size_t i = 0; i < count; i++)
        supervisor.parts[i] = (struct part){.what = &parts[i], .child = CHILD_NONE};
    for (size_t i = 0; result == 0 && i < count; i++)
        result = start_part(&supervisor.parts[i], err);
    if (result == 0) {
        service_manager_begin(&supervisor.manager);
        watch(&supervisor);
    }
    end_parts(&supervisor);
    return result;
}
