/*
 * What comes from the environment (product.md §3): the variables themselves win over /etc/pobsync/pobsync.env
 * (another file with POBSYNC_ENV_FILE), which every role reads itself so that service and shell agree.
 */
#ifndef SERVICE_ENVIRONMENT_H
#define SERVICE_ENVIRONMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct environment {
    const char *env_file;   /* the file that was looked for */
    bool env_file_read;     /* it was there */
    const char *home;       /* POBSYNC_HOME, default /var/lib/pobsync; absolute */
    const char *database;   /* POBSYNC_DATABASE, default sqlite://$POBSYNC_HOME/pobsync.db; on a server with
                             * POBSYNC_DATABASE_PASSWORD_FILE as its option password_file */
    const char *fixed_root; /* POBSYNC_BACKUP_ROOT_FIXED, NULL: not fixed */
    const char *listen;     /* POBSYNC_LISTEN, default 127.0.0.1:8010 */
    bool allow_http;        /* POBSYNC_ALLOW_HTTP=1 */
    /* Where each of the three comes from: "default", "file", "environment". */
    const char *home_origin, *database_origin, *fixed_root_origin;
};

/* ERR_INVALID for a file that cannot be parsed (line number in the message) or values that make no sense. */
int environment_load(struct arena *arena, struct environment *environment, struct err *err);

#endif
