/* Reading a time zone's file. */
#include "sys/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum { NAME_SIZE_MAX = 64, FILE_SIZE_MAX = 64 * 1024 };

static bool is_name(const char *name)
{
    size_t size = strlen(name);

    return size >= 1 && size <= NAME_SIZE_MAX && strchr(LETTERS, name[0]) != NULL &&
           name[strspn(name, LETTERS "0123456789+_/-")] == '\0' && strstr(name, "//") == NULL &&
           name[size - 1] != '/';
}

/* Non-blocking, so that a FIFO in the directory cannot stop us. */
static int open_zone(const char *name, struct err *err)
{
    const char *directory = getenv("TZDIR");
    char path[PATH_MAX];
    int fd;

    if (directory == NULL || directory[0] != '/')
        directory = "/usr/share/zoneinfo";
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
        return err_set(err, ERR_IO, "the path of the directory of time zones in TZDIR is too long");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0)
        return fd;
    if (errno != ENOENT && errno != ENOTDIR)
        return err_errno(err, ERR_IO, errno, "cannot open \"%s\"", path);
    err_set(err, ERR_NOT_FOUND, "the time zone \"%s\" is not known on this server", name);
    return err_hint(err, "the names are those of the files below %s (package tzdata)", directory);
}

int zone_file_read(const char *name, struct buf *content, struct err *err)
{
    FD_SCOPED fd = -1;
    struct stat stat;
    char bytes[4096];
    size_t size = 0;

    if (!is_name(name))
        return err_set(err, ERR_INVALID,
                       "\"%s\" is not the name of a time zone such as Europe/Amsterdam or UTC", name);
    fd = open_zone(name, err);
    if (fd < 0)
        return -1;
    if (fstat(fd, &stat) < 0)
        return err_errno(err, ERR_IO, errno, "cannot look at the file of the time zone \"%s\"", name);
    if (!S_ISREG(stat.st_mode))
        return err_set(err, ERR_INVALID, "the time zone \"%s\" is not a regular file", name);
    while (true) {
        ssize_t got = read(fd, bytes, sizeof bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_IO, errno, "cannot read the file of the time zone \"%s\"", name);
        if (got == 0)
            return 0;
        size += (size_t)got;
        if (size > FILE_SIZE_MAX)
            return err_set(err, ERR_INVALID, "the file of the time zone \"%s\" has more than %d bytes", name,
                           FILE_SIZE_MAX);
        buf_add(content, bytes, (size_t)got);
    }
}

/* What the link leads to, behind ".../zoneinfo/"; NULL for what is no such link. */
static const char *linked_zone(struct arena *arena)
{
    static const char folder[] = "/zoneinfo/";
    char target[PATH_MAX];
    ssize_t size = readlink("/etc/localtime", target, sizeof target - 1);
    const char *name;

    if (size <= 0)
        return NULL;
    target[size] = '\0';
    name = strstr(target, folder);
    return name == NULL ? NULL : arena_strdup(arena, name + strlen(folder));
}

const char *zone_file_local(struct arena *arena)
{
    const char *name = getenv("TZ");

    if (name != NULL && name[0] == ':')
        name++;
    if (name == NULL || name[0] == '\0')
        name = linked_zone(arena);
    return name == NULL || !is_name(name) ? "UTC" : arena_strdup(arena, name);
}
