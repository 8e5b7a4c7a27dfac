/* Making one entry. */
#include "engine/file_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/arena.h"
#include "sys/attributes.h"
#include "sys/beneath.h"
#include "sys/fs.h"
#include "sys/stop.h"

enum { PIECE_SIZE = 1 << 20 };

static int fail(const char *what, const char *name, struct err *err)
{
    int errnum = errno;

    err_errno(err, ERR_IO, errnum, "%s \"%s\"", what, name);
    errno = errnum;
    return -1;
}

/* Bytes [at, end) by the kernel, which shares them where the file system can. */
static int copy_range(int from, int to, off_t at, off_t end)
{
    while (at < end) {
        size_t wanted = end - at > PIECE_SIZE ? PIECE_SIZE : (size_t)(end - at);
        off_t out = at;
        ssize_t got = copy_file_range(from, &at, to, &out, wanted, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0) { /* it is shorter than it was */
            errno = EIO;
            return -1;
        }
        if (stop_requested() != 0) {
            errno = EINTR;
            return -1;
        }
    }
    return 0;
}

/* The same through memory, where the kernel cannot. */
static int copy_bytes(int from, int to, off_t at, off_t end)
{
    char piece[64 * 1024];

    while (at < end) {
        size_t wanted = end - at > (off_t)sizeof piece ? sizeof piece : (size_t)(end - at);
        ssize_t got = pread(from, piece, wanted, at), put;

        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return -1;
        }
        for (ssize_t done = 0; done < got; done += put) {
            put = pwrite(to, piece + done, (size_t)(got - done), at + done);
            if (put < 0)
                return -1;
        }
        at += got;
        if (stop_requested() != 0) {
            errno = EINTR;
            return -1;
        }
    }
    return 0;
}

static int copy_extent(int from, int to, off_t at, off_t end)
{
    if (copy_range(from, to, at, end) == 0)
        return 0;
    return errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP
               ? copy_bytes(from, to, at, end)
               : -1;
}

/* From data to data; what lies between stays a hole. */
static int copy_content(int from, int to, off_t size)
{
    off_t at = 0;

    while (at < size) {
        off_t data = lseek(from, at, SEEK_DATA), hole;

        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        if (data < 0)
            data = at; /* this file system knows no holes */
        hole = lseek(from, data, SEEK_HOLE);
        if (hole < 0 || hole > size)
            hole = size;
        if (copy_extent(from, to, data, hole) < 0)
            return -1;
        at = hole;
    }
    return ftruncate(to, size);
}

static int make_file(int source_fd, const char *name, const struct stat *stat, int target_fd, const char *to,
                     struct err *err)
{
    struct stat now;
    FD_SCOPED from = beneath_file(source_fd, name, &now);
    FD_SCOPED file = -1;

    if (from < 0)
        return fail("cannot read", name, err);
    file = openat(target_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return fail("cannot make", name, err);
    return copy_content(from, file, stat->st_size) < 0 ? fail("cannot copy", name, err) : 0;
}

static int make_link(int source_fd, const char *name, int target_fd, const char *to, struct err *err)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(source_fd, name, target, sizeof target - 1);

    if (size < 0)
        return fail("cannot read", name, err);
    target[size] = '\0';
    return symlinkat(target, target_fd, to) < 0 ? fail("cannot make", name, err) : 0;
}

int file_copy_make(int source_fd, const char *name, const struct stat *stat, int target_fd, const char *to,
                   struct err *err)
{
    int result;

    if (S_ISREG(stat->st_mode))
        result = make_file(source_fd, name, stat, target_fd, to, err);
    else if (S_ISLNK(stat->st_mode))
        result = make_link(source_fd, name, target_fd, to, err);
    else
        result = mknodat(target_fd, to, (stat->st_mode & S_IFMT) | 0600, stat->st_rdev) < 0
                     ? fail("cannot make", name, err)
                     : 0;
    if (result < 0) {
        int errnum = errno;

        /* If we die here: a part stays under its temporary name, which is never taken for a file. */
        if (errnum != EEXIST)
            unlinkat(target_fd, to, 0);
        errno = errnum;
        return -1;
    }
    return file_copy_dress(source_fd, name, stat, target_fd, to, err);
}

/* Owner first: a change of it takes setuid and capabilities away. */
static int dress(int source_fd, const char *name, const struct stat *stat, int target_fd, const char *to,
                 struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct attributes attributes;

    if (fchownat(target_fd, to, stat->st_uid, stat->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return fail("cannot set the owner of", name, err);
    if (attributes_read(&arena, source_fd, name, &attributes, err) < 0 ||
        attributes_write(target_fd, to, &attributes, err) < 0)
        return -1;
    /* A name that turns into a link is followed by fchmodat(): it is our own, in a directory that we have made or were
     * told to write into. */
    if (!S_ISLNK(stat->st_mode) && fchmodat(target_fd, to, stat->st_mode & 07777, 0) < 0)
        return fail("cannot set the mode of", name, err);
    return 0;
}

int file_copy_dress(int source_fd, const char *name, const struct stat *stat, int target_fd, const char *to,
                    struct err *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, stat->st_mtim};
    int result = dress(source_fd, name, stat, target_fd, to, err);

    if (utimensat(target_fd, to, times, AT_SYMLINK_NOFOLLOW) < 0 && result == 0)
        result = fail("cannot set the time of", name, err);
    if (result < 0)
        err->code = ERR_PARTIAL;
    return result;
}
