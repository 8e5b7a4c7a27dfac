/* Comparing two files that have no inode in common. */
#include "engine/same_file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sys/attributes.h"
#include "sys/beneath.h"
#include "sys/fs.h"
#include "sys/stop.h"

enum { PIECE_SIZE = 64 * 1024 };

bool same_rights(const struct stat *a, const struct stat *b)
{
    return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

bool same_target(int a_dirfd, int b_dirfd, const char *name)
{
    char a[PATH_MAX], b[PATH_MAX];
    ssize_t a_size = readlinkat(a_dirfd, name, a, sizeof a), b_size = readlinkat(b_dirfd, name, b, sizeof b);

    return a_size >= 0 && a_size == b_size && memcmp(a, b, (size_t)a_size) == 0;
}

/* Fills the piece, but at the end of the file. */
static ssize_t read_piece(int fd, char piece[PIECE_SIZE], off_t at)
{
    size_t done = 0;

    while (done < PIECE_SIZE) {
        ssize_t got = pread(fd, piece + done, PIECE_SIZE - done, at + (off_t)done);

        if (got < 0 && errno != EINTR)
            return -1;
        if (got == 0)
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)done;
}

static int same_bytes(int a_dirfd, int b_dirfd, const char *name, bool *same, struct err *err)
{
    struct stat stat;
    FD_SCOPED a_fd = beneath_file(a_dirfd, name, &stat);
    FD_SCOPED b_fd = beneath_file(b_dirfd, name, &stat);
    char a[PIECE_SIZE], b[PIECE_SIZE];

    if (a_fd < 0 || b_fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot open it");
    for (off_t at = 0;; at += PIECE_SIZE) {
        ssize_t a_size = read_piece(a_fd, a, at), b_size = read_piece(b_fd, b, at);

        if (a_size < 0 || b_size < 0)
            return err_errno(err, ERR_IO, errno, "cannot read it");
        *same = a_size == b_size && memcmp(a, b, (size_t)a_size) == 0;
        if (!*same || a_size < PIECE_SIZE)
            return 0;
        if (stop_requested() != 0)
            return err_set(err, ERR_INTERRUPTED, "cancelled while comparing");
    }
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int same_attributes(int a_dirfd, int b_dirfd, const char *name, bool *same, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct attributes a, b;

    if (attributes_read(&arena, a_dirfd, name, &a, err) < 0 ||
        attributes_read(&arena, b_dirfd, name, &b, err) < 0)
        return -1;
    *same = attributes_equal(&a, &b);
    return 0;
}

int same_file(int a_dirfd, const struct stat *a, int b_dirfd, const struct stat *b, const char *name,
              bool *content, bool *rest, struct err *err)
{
    *rest = false;
    if (S_ISLNK(a->st_mode))
        *content = same_target(a_dirfd, b_dirfd, name);
    else if (!S_ISREG(a->st_mode))
        *content = a->st_rdev == b->st_rdev;
    else
        *content = a->st_size == b->st_size;
    if (S_ISREG(a->st_mode) && *content && a->st_size > 0 &&
        same_bytes(a_dirfd, b_dirfd, name, content, err) < 0)
        return -1;
    if (!*content || !same_rights(a, b) || !same_time(&a->st_mtim, &b->st_mtim))
        return 0;
    return same_attributes(a_dirfd, b_dirfd, name, rest, err);
}
