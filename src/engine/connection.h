/*
 * The connection test: everything that a backup needs from the other side, stage by stage, each with its time and,
 * when red, what was found and its usual cause. Stages after a red one are skipped, and say so.
 */
#ifndef ENGINE_CONNECTION_H
#define ENGINE_CONNECTION_H

#include "base/arena.h"
#include "base/err.h"
#include "model/config.h"
#include "model/host.h"
#include "model/run.h"

enum connection_stage {
    STAGE_RESOLVE,        /* the address has an IP (skipped behind a jump host, like STAGE_TCP) */
    STAGE_TCP,            /* something listens on the ssh port */
    STAGE_HOST_KEY,       /* it shows the pinned key, or its first one */
    STAGE_LOGIN,          /* our key is accepted */
    STAGE_RSYNC,          /* rsync answers on the other side, and says its version where it can be known */
    STAGE_FORCED_COMMAND, /* what the key may do: rrsync (good), a shell (told) */
    STAGE_SOURCE,         /* the source root can be listed, and is not empty */
    STAGE__MAX
};

enum stage_level { STAGE_OK, STAGE_NOTE, STAGE_WARNING, STAGE_FAILED, STAGE_SKIPPED, STAGE_LEVEL__MAX };

struct stage_result {
    enum stage_level level;
    int64_t took_ms;   /* -1 when skipped; 0 where an earlier stage has brought the answer */
    const char *found; /* a sentence: what was found; printable */
    const char *hint;  /* the usual cause and what to do, or NULL */
};

struct connection_report {
    struct stage_result stages[STAGE__MAX];
    bool ok;             /* no stage failed */
    enum cause cause;    /* of the failure, CAUSE_NONE when ok */
    bool key_is_new;     /* no key was pinned before: the caller may pin `key` */
    struct host_key key; /* the key shown, when that stage was reached; else zeroed */
};

const char *connection_stage_name(enum connection_stage stage); /* "host_key" */
const char *stage_level_name(enum stage_level level); /* "ok", "note", "warning", "failed", "skipped" */

/* Runs the stages. `identity`: private key file. `pinned`: keys that were pinned, may be none: then the key that is
 * shown is used for the later stages of this test and reported as new. `stage_done` is called after each stage, for
 * live output; may be NULL. Each stage takes at most ConnectTimeout (20 s) and some seconds more. -1 only when the test
 * itself could not be made (bad settings, no ssh). */
int connection_test(struct arena *arena, const char *home, const char *host, const struct config *config,
                    const char *identity, const struct host_key *pinned, size_t pinned_count,
                    void (*stage_done)(void *context, enum connection_stage stage,
                                       const struct stage_result *result),
                    void *context, struct connection_report *report, struct err *err);

#endif
