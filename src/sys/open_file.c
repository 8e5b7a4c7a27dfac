/* Open files by /proc: proc_pid_fd(5), proc_tid_children(5). */
#include "sys/open_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/fs.h"

enum { PROC_NAME = 64, CHILDREN_MAX = 4096 };

static void close_stream(DIR **stream)
{
    if (*stream != NULL)
        closedir(*stream);
}

/* What a link of /proc points to, or false. */
static bool read_target(int at, const char *name, char to[PATH_MAX])
{
    ssize_t size = readlinkat(at, name, to, PATH_MAX - 1);

    if (size <= 0)
        return false;
    to[size] = '\0';
    return true;
}

static const char *file_of(struct arena *arena, long process, const char *above)
{
    DIR *stream __attribute__((cleanup(close_stream))) = NULL;
    size_t length = strlen(above);
    char place[PROC_NAME], target[PATH_MAX];
    const struct dirent *entry;
    struct stat status;

    snprintf(place, sizeof place, "/proc/%ld/fd", process);
    stream = opendir(place);
    while (stream != NULL && (entry = readdir(stream)) != NULL)
        if (read_target(dirfd(stream), entry->d_name, target) && strncmp(target, above, length) == 0 &&
            target[length] == '/' && fstatat(dirfd(stream), entry->d_name, &status, 0) == 0 &&
            S_ISREG(status.st_mode) && status.st_nlink > 0)
            return arena_strdup(arena, target + length + 1);
    return NULL;
}

const char *open_file_below(struct arena *arena, pid_t process, int directory_fd)
{
    char place[PROC_NAME], above[PATH_MAX], children[CHILDREN_MAX];
    const char *found;
    ssize_t size;

    snprintf(place, sizeof place, "/proc/self/fd/%d", directory_fd);
    if (!read_target(AT_FDCWD, place, above))
        return NULL;
    found = file_of(arena, (long)process, above);
    if (found != NULL)
        return found;
    snprintf(place, sizeof place, "/proc/%ld/task/%ld/children", (long)process, (long)process);
    FD_SCOPED fd = open(place, O_RDONLY | O_CLOEXEC);

    size = fd < 0 ? -1 : read(fd, children, sizeof children - 1);
    children[size < 0 ? 0 : size] = '\0';
    for (char *at = children, *end; found == NULL; at = end) {
        long child = strtol(at, &end, 10);

        if (end == at)
            break;
        found = file_of(arena, child, above);
    }
    return found;
}
