/* Confirming claimed snapshots: the tree of each is scanned, and what that comes to is recorded (plan/confirm.h). */
#ifndef SERVICE_DISCOVER_CONFIRM_H
#define SERVICE_DISCOVER_CONFIRM_H

#include "service/survey.h"

struct discover_confirm {
    struct list confirmed; /* names */
    struct list refused;   /* "NAME: why it stays claimed" */
};

/* Every claimed snapshot of the host that is on disk, each in its own transaction, oldest first. ERR_INTERRUPTED when
 * asked to stop: what was confirmed until then stays so. */
int discover_confirm(struct survey *survey, const struct host *host, struct discover_confirm *confirm,
                     struct err *err);

#endif
