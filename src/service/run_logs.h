/* The logs of runs in $POBSYNC_HOME/runs, when the runs have ended. */
#ifndef SERVICE_RUN_LOGS_H
#define SERVICE_RUN_LOGS_H

#include "service/service.h"

struct run_logs_tidied {
    int packed, dropped;
    int failed;            /* could not be packed or dropped */
    const char *complaint; /* about the first of these, or NULL */
};

/* Compresses the logs of runs that ended a day ago, and drops those that ended `keep_logs_days` (global setting; 0: never)
 * ago. A log without a row goes by its own time. -1 when the directory or the database cannot be read. */
int run_logs_tidy(struct service *service, struct run_logs_tidied *tidied, struct err *err);

#endif
