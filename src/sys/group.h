/* The processes of a process group, as /proc shows them. */
#ifndef SYS_GROUP_H
#define SYS_GROUP_H

#include <sys/types.h>

/* Sends `signal` (0: none) to every living process of the group whose environment has `marker` ("NAME=value";
 * NULL: to every one). Zombies do not count. Each is held by a pidfd while it is looked at, so that a pid
 * that changes hands is never hit. Returns how many there are. */
int group_signal(pid_t group, const char *marker, int signal);

#endif
