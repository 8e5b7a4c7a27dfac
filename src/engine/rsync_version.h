/* Which rsync this server has. Below 3.2.4 rsync does not quote remote paths by itself: such a one is never run. */
#ifndef ENGINE_RSYNC_VERSION_H
#define ENGINE_RSYNC_VERSION_H

#include <stdbool.h>

#include "base/err.h"

struct rsync_version {
    int major, minor, patch;
};

/* The first line of `rsync --version` ("rsync  version 3.5.0  protocol version 32"). False when it is none. */
bool rsync_version_parse(const char *text, struct rsync_version *version);

/* Asks the program. ERR_INVALID when it is not there, is not rsync, or is older than 3.2.4. */
int rsync_version_require(const char *binary, struct rsync_version *version, struct err *err);

#endif
