/* Names of processes. */
#include "sys/process_name.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fs.h"

enum { STAT_SIZE = 1024, FIELDS_BEFORE_START = 19 };

/* The start time of a process that is alive, 0 otherwise; a zombie has ended. The name of the program, in parentheses,
 * may hold anything: what follows its last ")" are the state and the fields from the fourth on. */
static uint64_t start_of(pid_t pid)
{
    char path[64], text[STAT_SIZE];
    uint64_t start = 0;
    FD_SCOPED fd = -1;
    const char *at;
    ssize_t size;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    at += 2;
    for (int i = 0; at != NULL && i < FIELDS_BEFORE_START; i++) {
        at = strchr(at, ' ');
        at = at == NULL ? NULL : at + 1;
    }
    return at != NULL && sscanf(at, "%" SCNu64, &start) == 1 ? start : 0;
}

/* The pid namespace we live in; 0 when /proc does not tell. */
static uint64_t namespace_of_us(void)
{
    struct stat stat_of;

    return stat("/proc/self/ns/pid", &stat_of) == 0 ? (uint64_t)stat_of.st_ino : 0;
}

const char *process_name(char to[PROCESS_NAME_SIZE])
{
    snprintf(to, PROCESS_NAME_SIZE, "%d.%" PRIu64 "@%s/%" PRIu64, (int)getpid(), start_of(getpid()),
             clock_boot_id(), namespace_of_us());
    return to;
}

bool process_is_gone(const char *name)
{
    uint64_t start, space;
    char boot_id[40];
    int pid;

    if (name == NULL ||
        sscanf(name, "%9d.%20" SCNu64 "@%39[^/]/%20" SCNu64, &pid, &start, boot_id, &space) != 4)
        return false;
    if (strcmp(boot_id, clock_boot_id()) != 0)
        return true;
    return space == namespace_of_us() && start_of(pid) != start;
}
