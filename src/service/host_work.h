/* The directory of a host open for work of our own: settings, the right root, the lock, and what dead runs left put
 * right. For everything but a backup, which has more to say about each of these steps. */
#ifndef SERVICE_HOST_WORK_H
#define SERVICE_HOST_WORK_H

#include "engine/host_directory.h"
#include "model/root.h"
#include "service/host_settings.h"
#include "service/recovery.h"

struct host_work {
    struct host_settings settings;
    int root_fd;
    struct host_directory directory;
    struct recovery recovery;
};

#define HOST_WORK_CLOSED ((struct host_work){.root_fd = -1, .directory = HOST_DIRECTORY_CLOSED})
#define HOST_WORK_SCOPED __attribute__((cleanup(host_work_close))) struct host_work

/* `what` goes into the lock: "prune of web1". `keeps_incomplete`: what lies in .incomplete/ stays there.
 * ERR_NOT_FOUND for an unknown host, ERR_ROOT when the root or the host directory is not what it
 * should be, ERR_BUSY while somebody works there. */
int host_work_open(struct service *service, const char *host, const char *what, bool keeps_incomplete,
                   void (*notice)(void *context, const char *line), void *context, struct host_work *work,
                   struct err *err);

/* Lets the next run of the host begin. The directory stays open. */
void host_work_unlock(struct host_work *work);

void host_work_close(struct host_work *work);

#endif
