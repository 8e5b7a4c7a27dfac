/* Process groups by /proc; the layout of its files: proc(5). */
#include "sys/group.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/parse.h"
#include "sys/fs.h"

/* stat is shorter; environ is held to what execve(2) takes in practice, a longer one does not have our
 * marker. */
enum { STAT_MAX = 1024, ENVIRON_MAX = 4 * 1024 * 1024 };

static bool read_proc(int process_fd, const char *name, size_t limit, struct buf *content)
{
    FD_SCOPED fd = openat(process_fd, name, O_RDONLY | O_CLOEXEC);
    char bytes[4096];
    ssize_t got;

    buf_clear(content);
    if (fd < 0)
        return false;
    while ((got = read(fd, bytes, sizeof bytes)) > 0 && content->size + (size_t)got <= limit)
        buf_add(content, bytes, (size_t)got);
    return got >= 0;
}

/* "PID (NAME) STATE PPID PGRP ...", where NAME may hold anything, ")" too. */
static bool is_living_member(int process_fd, pid_t group)
{
    BUF_SCOPED content = BUF_EMPTY;
    const char *rest;
    char state;
    int parent, pgrp;

    if (!read_proc(process_fd, "stat", STAT_MAX, &content))
        return false;
    rest = strrchr(buf_text(&content), ')');
    return rest != NULL && sscanf(rest, ") %c %d %d", &state, &parent, &pgrp) == 3 && pgrp == group &&
           state != 'Z' && state != 'X';
}

static bool has_marker(int process_fd, const char *marker)
{
    BUF_SCOPED content = BUF_EMPTY;

    if (!read_proc(process_fd, "environ", ENVIRON_MAX, &content))
        return false;
    for (size_t at = 0; at < content.size; at += strlen(content.data + at) + 1)
        if (strcmp(content.data + at, marker) == 0)
            return true;
    return false;
}

static bool is_wanted(int process_fd, pid_t group, const char *marker)
{
    return is_living_member(process_fd, group) && (marker == NULL || has_marker(process_fd, marker));
}

static bool signal_process(int proc_fd, const char *name, pid_t group, const char *marker, int signal)
{
    FD_SCOPED process_fd = openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FD_SCOPED pidfd = -1;
    struct err ignored;
    int64_t pid;

    if (process_fd < 0 || !is_wanted(process_fd, group, marker))
        return false;
    if (signal == 0)
        return true;
    if (parse_int(name, 1, INT32_MAX, &pid, &ignored) < 0)
        return false;
    pidfd = pidfd_open((pid_t)pid, 0);
    /* The directory belongs to the process that was looked at: if it still answers, the pid was not given
     * away before it was opened. */
    if (pidfd < 0 || !is_wanted(process_fd, group, marker))
        return false;
    return pidfd_send_signal(pidfd, signal, NULL, 0) == 0;
}

static void close_stream(DIR **stream)
{
    if (*stream != NULL)
        closedir(*stream);
}

int group_signal(pid_t group, const char *marker, int signal)
{
    DIR *stream __attribute__((cleanup(close_stream))) = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    while (stream != NULL && (entry = readdir(stream)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            count += signal_process(dirfd(stream), entry->d_name, group, marker, signal);
    return count;
}
