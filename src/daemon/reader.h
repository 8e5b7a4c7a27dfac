/*
 * The reader: a process that may read what lies below the backup root, and nothing more. It answers requests
 * (service/reader_request.h) over a socket in the state directory, each in a child of its own, bounded in size and
 * time, for users that may ask: root, our own, and the one that the web runs as. Files and archives are handed over as
 * descriptors. Who reads what is in the audit before the answer goes out.
 */
#ifndef DAEMON_READER_H
#define DAEMON_READER_H

#include "base/err.h"

struct reader_options {
    const char *web_user; /* who else may ask; NULL: nobody */
};

/* Until a signal asks for the end. -1 when it could not begin. */
int reader_run(const struct reader_options *options, struct err *err);

#endif
