/* The web server as a process: pages and API until it is asked to stop. */
#ifndef WEB_WEB_SERVER_H
#define WEB_WEB_SERVER_H

#include <stdbool.h>

#include "base/err.h"

struct web_options {
    const char *listen;            /* "127.0.0.1:8010"; a socket from systemd wins */
    const char *certificate, *key; /* paths of PEM files; NULL: no TLS */
    bool allow_http;               /* listen without TLS beyond loopback */
};

/* Returns when a signal asks for the end (sys/stop.h must be installed), within a few seconds. */
int web_serve(const struct web_options *options, struct err *err);

#endif
