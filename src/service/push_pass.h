/* One pass of rsync over what is pushed: started, watched, its list of changes counted. */
#ifndef SERVICE_PUSH_PASS_H
#define SERVICE_PUSH_PASS_H

#include "base/list.h"
#include "engine/rsync_output.h"
#include "engine/run_log.h"
#include "engine/transfer.h"
#include "plan/rsync_push.h"
#include "service/service.h"

enum { PUSH_NAMED_MAX = 100 };

struct push_counts {
    int64_t create, replace, attributes, same; /* entries; the top directory does not count */
    int64_t bytes;                             /* of the content that goes over */
    struct list differ;                        /* the first that are not as in the snapshot, printable */
    struct list standing;                      /* of those the first that stand there */
};

struct push_pass {
    struct service *service;
    const struct config *config; /* of the host that it goes to */
    const struct push_places *places;
    const char *const *environment;
    struct run *run;     /* gives signs of life and tells how far it is; NULL: there is no row */
    struct run_log *log; /* NULL: none */
    int lock_fd;         /* -1: none */
    int64_t next_beat_ms, begun_ms;
    struct push_counts counts; /* of the last step */
    struct rsync_output output;
    struct transfer_result ended;
};

/* 0 however rsync ended (`ended`, `output`); -1 when it could not be started. A host where another restore goes on is asked
 * again for half a minute (push_pass_is_locked_out()). */
int push_pass_run(struct push_pass *pass, enum push_step step, struct err *err);

/* Whether what was asked of rsync was done: 0, or 23 and 24, with which some of it was not. */
bool push_pass_is_done(const struct push_pass *pass);

/* rrsync lets one writer at a time into its directory; the one before us may need a moment to go. */
bool push_pass_is_locked_out(const struct push_pass *pass);

void push_pass_release(struct push_pass *pass);

#endif
