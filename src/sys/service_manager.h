/* Telling the service manager how we are, as sd_notify(3) describes the protocol: a datagram to $NOTIFY_SOCKET. */
#ifndef SYS_SERVICE_MANAGER_H
#define SYS_SERVICE_MANAGER_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…", one a line. Nothing happens when no manager listens, and a failure
 * is nothing that the caller could do anything about. */
void service_manager_tell(const char *message);

/* Signs of life, as often as the manager wants them (WATCHDOG_USEC): twice in each of its intervals. */
struct service_manager {
    int64_t interval_ms; /* 0: it wants none */
    int64_t next_ms;     /* clock_boot_ms() */
};

/* Says that the work begins. */
void service_manager_begin(struct service_manager *manager);

/* Says that it goes on, when it is time for that. To be called by the loop that does the work, so that one which hangs
 * falls silent. */
void service_manager_live(struct service_manager *manager);

/* How long the loop may wait that wants to wait for wait_ms (-1: for ever). */
int64_t service_manager_wait_ms(const struct service_manager *manager, int64_t wait_ms);

/* For a child before it becomes another program: what is ours to tell is not its to tell. */
void service_manager_leave(void);

#endif
