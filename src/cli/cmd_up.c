/* pobsync up */
#include "base/log.h"
#include "cli/commands.h"
#include "daemon/supervisor.h"
#include "sys/child.h"

static int run(struct call *call, struct err *err)
{
    const char *jobs = call_value(call, "jobs"), *listen = call_value(call, "listen");
    const char *web_user = call_value(call, "web-user");
    const char *const scheduler[] = {"pobsync", "scheduler", "--loop", NULL};
    const char *const web[] = {"pobsync", "serve", listen == NULL ? NULL : "--listen", listen, NULL};
    const char *const reader[] = {"pobsync", "reader", web_user == NULL ? NULL : "--web-user", web_user,
                                  NULL};
    const char *const worker[] = {"pobsync", "worker", jobs == NULL ? NULL : "--jobs", jobs, NULL};
    struct child_user user;
    /* The order in which they are ended: nothing is enqueued for a worker that is going. */
    const struct supervisor_part parts[] = {{"scheduler", scheduler, NULL},
                                            {"web", web, web_user == NULL ? NULL : &user},
                                            {"reader", reader, NULL},
                                            {"worker", worker, NULL}};
    const struct supervisor_part without_web[] = {{"scheduler", scheduler, NULL}, {"worker", worker, NULL}};
    const struct supervisor_part *chosen = parts;
    size_t count = sizeof parts / sizeof parts[0];

    if (call_has(call, "no-web") && call_has(call, "only-web"))
        return err_set(err, ERR_USAGE, "--no-web and --only-web leave nothing to run");
    if (call_has(call, "no-web")) {
        chosen = without_web;
        count = sizeof without_web / sizeof without_web[0];
    } else if (call_has(call, "only-web")) {
        chosen = &parts[1];
        count = 2;
    }
    if (!call->quiet && call->verbose == 0)
        log_set_level(LOG_LEVEL_INFO);
    if (web_user != NULL && child_user_find(web_user, &user, err) < 0)
        return err_in(err, "--web-user");
    /* What is wrong with environment or database is said here, once, instead of by each part again and again. */
    if (call_service(call, err) == NULL)
        return -1;
    service_close(&call->service);
    call->service_is_open = false;
    return supervisor_run(chosen, count, err);
}

static const struct option_spec options[] = {
    {"jobs", 0, "N", "do at most N runs at the same time (default: the setting parallel_runs)"},
    {"listen", 0, "ADDRESS:PORT",
     "where the web pages listen (default: POBSYNC_LISTEN, else 127.0.0.1:8010)"},
    {"no-web", 0, NULL, "scheduler and worker only"},
    {"only-web", 0, NULL, "web and reader only: the others run elsewhere"},
    {"web-user", 0, "USER",
     "run the web pages as that user, who sees the backup root through the reader only"},
    {0},
};

const struct command cmd_up = {
    .name = "up",
    .summary = "run scheduler, web, reader and worker under one process",
    .options = options,
    .details =
        "Starts again what ends, with growing pauses. TERM or INT end everything within 12 seconds; runs that "
        "go on end as cancelled and are taken up again with the next start. Tells systemd when it is ready, and "
        "that it lives, where the unit asks for it.",
    .examples = "pobsync up\npobsync up --jobs 4 --listen 127.0.0.1:8010\npobsync up --web-user pobsync-web",
    .long_running = true,
    .run = run,
};
