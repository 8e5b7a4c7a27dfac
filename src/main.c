/* The program's entry: finds the command, runs it, prints the error, ends with its exit status. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/option.h"
#include "cli/problem.h"
#include "sys/stop.h"

/* Members of the group pobsync share the state directory; nobody else sees it. */
enum { UMASK = 0007 };

/* Bytes at the end of the heap that are kept for the next allocation. */
enum { HEAP_KEPT = 1 << 20 };

/* A reader that has gone ("pobsync runs | head") shows as EPIPE when we write, and does not end a backup. */
static void ignore_broken_pipes(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
}

/* SQLite takes and gives back some 150 KiB for each transaction. With glibc's limit of 128 KiB every one of them
   moves the end of the heap twice, and the page faults of that were a third of the time of a discovery. */
static void keep_heap(void)
{
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
}

static void set_log_level(const struct call *call)
{
    if (call->quiet)
        log_set_level(LOG_LEVEL_ERROR);
    else if (call->verbose > 0)
        log_set_level(call->verbose > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
}

/* Help comes before everything that a command could complain about. */
static int run_call(struct call *call, struct err *err)
{
    struct page page = {.arena = call->arena, .out = &call->out};

    if (call->wish == CALL_VERSION) {
        buf_add_text(&call->out, "pobsync " POBSYNC_VERSION "\n");
        return 0;
    }
    if (call->wish == CALL_HELP && call->command != NULL && !call->command->hidden) {
        help_command(&page, call->command);
        return 0;
    }
    if (call->wish == CALL_HELP) {
        help_program(&page);
        return 0;
    }
    if (call->command == NULL) {
        help_short(&page);
        fputs(buf_text(&call->out), stderr);
        buf_clear(&call->out);
        return err_exit_status(ERR_USAGE);
    }
    if (call->command->long_running)
        stop_install();
    return call->command->run(call, err);
}

/* Standard output is written at the end, so that a command that fails prints nothing half. */
static int finish(struct call *call, int exit_status, struct err *err)
{
    call_flush(call);
    if (call->out_errno == 0 || call->out_errno == EPIPE)
        return exit_status;
    return err_errno(err, ERR_IO, call->out_errno, "standard output cannot be written");
}

int main(int argc, char **argv)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct call call = {.arena = &arena};
    struct err err = {0};
    int exit_status;

    umask(UMASK);
    prctl(PR_SET_NAME, "pobsync"); /* a part of `up` has come from /proc/self/exe and would be "exe" in ps */
    ignore_broken_pipes();
    keep_heap();
    exit_status = option_parse(argc, argv, &call, &err);
    if (exit_status == 0) {
        set_log_level(&call);
        terminal_init(&call.terminal, call.color);
        exit_status = run_call(&call, &err);
    }
    if (exit_status >= 0)
        exit_status = finish(&call, exit_status, &err);
    if (exit_status < 0) {
        call_flush(&call);
        problem_print(&err, call.json || option_wants_json(argc, argv));
        exit_status = err_exit_status(err.code);
    }
    call_release(&call);
    return exit_status;
}
