/* Paths of any length below a directory, piece by piece. */
#include "sys/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fs.h"

/* Longer than the longest name, so that each piece ends at a slash. */
enum { PIECE_SIZE = 2048 };

static int open_piece(int dirfd, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };

    return (int)syscall(SYS_openat2, dirfd, path[0] == '\0' ? "." : path, &how, sizeof how);
}

/* The last slash in the first PIECE_SIZE bytes, NULL when there is none. */
static const char *last_slash(const char *path)
{
    for (size_t i = PIECE_SIZE - 1; i > 0; i--)
        if (path[i] == '/')
            return path + i;
    return NULL;
}

static int open_beneath(int dirfd, const char *path, int flags)
{
    FD_SCOPED at = -1;

    while (strlen(path) >= PIECE_SIZE) {
        const char *slash = last_slash(path);
        char piece[PIECE_SIZE];
        int next;

        if (slash == NULL) {
            errno = ENAMETOOLONG;
            return -1;
        }
        snprintf(piece, sizeof piece, "%.*s", (int)(slash - path), path);
        next = open_piece(at >= 0 ? at : dirfd, piece, O_PATH | O_DIRECTORY);
        if (next < 0)
            return -1;
        fs_close(&at);
        at = next;
        path = slash + 1;
    }
    return open_piece(at >= 0 ? at : dirfd, path, flags);
}

int beneath_look(int dirfd, const char *path, struct stat *stat)
{
    int fd = open_beneath(dirfd, path, O_PATH | O_NOFOLLOW);

    if (fd >= 0 && fstat(fd, stat) < 0)
        fs_close(&fd);
    return fd;
}

int beneath_dir(int dirfd, const char *path)
{
    return open_beneath(dirfd, path, O_RDONLY | O_DIRECTORY);
}

int beneath_reopen(int handle)
{
    char path[48];

    /* The handle's own link leads to the very file, and nobody can put another one in its place. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int beneath_file(int dirfd, const char *path, struct stat *stat)
{
    FD_SCOPED handle = beneath_look(dirfd, path, stat);

    if (handle < 0)
        return -1;
    if (!S_ISREG(stat->st_mode)) {
        errno = S_ISDIR(stat->st_mode) ? EISDIR : S_ISLNK(stat->st_mode) ? ELOOP : EINVAL;
        return -1;
    }
    return beneath_reopen(handle);
}
