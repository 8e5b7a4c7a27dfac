/* A name for a process that no later process shares: pid, start time, boot and pid namespace. */
#ifndef SYS_PROCESS_NAME_H
#define SYS_PROCESS_NAME_H

#include <stdbool.h>

enum { PROCESS_NAME_SIZE = 120 };

/* "1234.567890@<boot id>/<namespace>" of this process: pid, start time in clock ticks since boot (proc(5), stat, field
 * 22), boot, inode of the pid namespace. */
const char *process_name(char to[PROCESS_NAME_SIZE]);

/* Whether the process of that name, on this machine, is known to have ended. False for one of another pid namespace (a
 * container) of this boot, and for what is no such name: nobody's death is concluded from what cannot be seen. */
bool process_is_gone(const char *name);

#endif
