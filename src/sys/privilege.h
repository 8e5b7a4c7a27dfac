/* Giving up what a process does not need (capabilities(7), network_namespaces(7)). */
#ifndef SYS_PRIVILEGE_H
#define SYS_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/* Joins a group beside our own, where we may: what belongs to it is then ours to use without any capability. */
void privilege_join_group(gid_t group);

/* Keeps the right to read every file and directory (CAP_DAC_READ_SEARCH), where we have it, and gives up all other
 * capabilities, new privileges, and the network. What the system does not let us give up is kept: false when that is so.
 * The caller has one thread. */
bool privilege_keep_reading(void);

#endif
