/* Giving up what a process does not need (capabilities(7), network_namespaces(7)). */
#ifndef SYS_PRIVILEGE_H
#define SYS_PRIVILEGE_H

#include <stdbool.h>

/* Keeps the right to read every file and directory (CAP_DAC_READ_SEARCH), where we have it, and gives up all other
 * capabilities, new privileges, and the network. What the system does not let us give up is kept: false when that is so.
 * The caller has one thread. */
bool privilege_keep_reading(void);

#endif
