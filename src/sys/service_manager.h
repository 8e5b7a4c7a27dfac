/* Telling the service manager how we are, as sd_notify(3) describes the protocol: a datagram to $NOTIFY_SOCKET. */
#ifndef SYS_SERVICE_MANAGER_H
#define SYS_SERVICE_MANAGER_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…", one a line. Nothing happens when no manager listens, and a failure
 * is nothing that the caller could do anything about. */
void service_manager_tell(const char *message);

/* How often WATCHDOG=1 is expected at least, in milliseconds; 0: it is not. The half of it is a good rhythm. */
int64_t service_manager_watchdog_ms(void);

#endif
