/*
 * What every request to a server elsewhere has in common, whether it is mail or web: limits of time, protocols that are
 * listed, no redirect, certificates that are checked, an end when we are asked to stop, and errors that hold no secret.
 * libcurl may start a thread to look up a name: do not start programs (sys/spawn.h, sys/child.h) while a request is on
 * its way.
 */
#ifndef SYS_OUTGOING_H
#define SYS_OUTGOING_H

#include <curl/curl.h>

#include "base/err.h"

struct outgoing {
    CURL *curl;
    char detail[CURL_ERROR_SIZE]; /* what libcurl says about its last failure */
};

#define OUTGOING_CLOSED ((struct outgoing){0})
#define OUTGOING_SCOPED __attribute__((cleanup(outgoing_close))) struct outgoing

/* `protocols`: "http,https". `ca_file`: certificates to check with, NULL: those of this server. */
int outgoing_open(struct outgoing *outgoing, const char *protocols, const char *ca_file, int64_t timeout_ms,
                  struct err *err);
void outgoing_close(struct outgoing *outgoing);

/* Does it. ERR_INTERRUPTED when asked to stop, ERR_UNREACHABLE when there was no whole conversation; `peer` ("mail
 * server \"a.example\"") begins the sentence. */
int outgoing_perform(struct outgoing *outgoing, const char *peer, struct err *err);

/* Refuses a text that would become more than one line on the wire: ERR_INVALID; `what` begins the sentence. NULL is
 * fine. */
int outgoing_require_line(const char *what, const char *text, struct err *err);

#endif
