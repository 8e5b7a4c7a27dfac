/* Files by descriptor: opening, making, reading, writing, renaming. */
#include "sys/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/random.h"

void fs_close(int *fd)
{
    int errnum = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = errnum;
}

/* An ERR_IO of errno, which stays. */
static int __attribute__((format(printf, 2, 3))) fail(struct err *err, const char *format, ...)
{
    int errnum = errno;
    char sentence[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    err_errno(err, ERR_IO, errnum, "%s", sentence);
    errno = errnum;
    return -1;
}

static int open_resolved(int dirfd, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve,
    };

    return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
}

int fs_open_root(const char *path, struct err *err)
{
    int fd;

    if (path[0] != '/') {
        errno = EINVAL;
        return err_set(err, ERR_INVALID, "\"%s\" is not an absolute path", path);
    }
    fd = open_resolved(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd >= 0)
        return fd;
    fail(err, "cannot open the directory \"%s\"", path);
    if (errno == ELOOP) {
        err_hint(err, "a part of it is a symbolic link; give the path that it leads to");
        errno = ELOOP;
    }
    return -1;
}

int fs_open_dir(int dirfd, const char *path, bool same_mount, struct err *err)
{
    int fd = open_resolved(dirfd, path, O_RDONLY | O_DIRECTORY,
                           RESOLVE_BENEATH | (same_mount ? RESOLVE_NO_XDEV : 0));

    return fd >= 0 ? fd : fail(err, "cannot open the directory \"%s\"", path);
}

static int check_regular(int fd, const char *path, struct err *err)
{
    struct stat stat;

    if (fstat(fd, &stat) < 0)
        return fail(err, "cannot look at \"%s\"", path);
    if (S_ISREG(stat.st_mode))
        return 0;
    errno = S_ISDIR(stat.st_mode) ? EISDIR : EINVAL;
    return err_set(err, ERR_IO, "\"%s\" is not a regular file", path);
}

int fs_open_file(int dirfd, const char *path, struct err *err)
{
    /* O_PATH first: to open a device can have an effect. */
    FD_SCOPED handle = open_resolved(dirfd, path, O_PATH, RESOLVE_BENEATH);
    FD_SCOPED file = -1;
    int fd;

    if (handle < 0)
        return fail(err, "cannot open \"%s\"", path);
    if (check_regular(handle, path, err) < 0)
        return -1;
    file = open_resolved(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, RESOLVE_BENEATH);
    if (file < 0)
        return fail(err, "cannot open \"%s\"", path);
    if (check_regular(file, path, err) < 0)
        return -1;
    fd = file;
    file = -1;
    return fd;
}

int fs_make_dir(int dirfd, const char *name, mode_t mode, bool exist_ok, struct err *err)
{
    struct stat stat;

    if (mkdirat(dirfd, name, mode) < 0) {
        if (errno != EEXIST || !exist_ok)
            return fail(err, "cannot make the directory \"%s\"", name);
        if (fstatat(dirfd, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
            return fail(err, "cannot look at \"%s\"", name);
        if (!S_ISDIR(stat.st_mode)) {
            errno = ENOTDIR;
            return fail(err, "cannot make the directory \"%s\"", name);
        }
    }
    /* Also when it was there: whoever made it may have died before this line. */
    return fs_sync(dirfd, name, err);
}

int fs_make_path(const char *path, mode_t mode, struct err *err)
{
    FD_SCOPED at = -1;
    const char *part = path;

    if (path[0] != '/') {
        errno = EINVAL;
        return err_set(err, ERR_INVALID, "\"%s\" is not an absolute path", path);
    }
    at = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        BUF_SCOPED name = BUF_EMPTY;
        bool is_last;
        int next;

        part += strspn(part, "/");
        if (*part == '\0')
            return 0;
        buf_add(&name, part, strcspn(part, "/"));
        part += name.size;
        is_last = part[strspn(part, "/")] == '\0';
        if (mkdirat(at, name.data, is_last ? mode : 0755) < 0 ? errno != EEXIST : fsync(at) < 0)
            break;
        next = openat(at, name.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fs_close(&at);
        at = next;
    }
    return fail(err, "cannot make the directory \"%s\"", path);
}

int fs_read_file(int dirfd, const char *path, size_t limit, struct buf *content, struct err *err)
{
    FD_SCOPED fd = fs_open_file(dirfd, path, err);
    char bytes[16 * 1024];

    buf_clear(content);
    if (fd < 0)
        return -1;
    for (;;) {
        ssize_t got = read(fd, bytes, sizeof bytes);

        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(err, "cannot read \"%s\"", path);
        if ((size_t)got > limit - content->size) {
            errno = EFBIG;
            return err_set(err, ERR_INVALID, "\"%s\" is larger than the %zu bytes that it may have", path,
                           limit);
        }
        buf_add(content, bytes, (size_t)got);
    }
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Writes the temporary file and puts it in its place; whatever fails, the caller removes what is left. */
static int write_and_rename(int dirfd, const char *temporary, const char *name, const void *data, size_t size,
                            mode_t mode)
{
    FD_SCOPED fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd < 0 || write_all(fd, data, size) < 0 || fsync(fd) < 0)
        return -1;
    /* If we die here: the old content stands, beside it a whole NAME.*.tmp that nobody reads. After the
     * rename and before the sync of the directory: a power cut gives the old content or the new one. */
    return renameat(dirfd, temporary, dirfd, name);
}

int fs_write_file(int dirfd, const char *name, const void *data, size_t size, mode_t mode, struct err *err)
{
    char temporary[NAME_MAX + 1];
    int length = snprintf(temporary, sizeof temporary, "%s.%08x.tmp", name, random_u32());

    if (length >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return fail(err, "cannot write \"%s\"", name);
    }
    if (write_and_rename(dirfd, temporary, name, data, size, mode) < 0) {
        int errnum = errno;

        /* If we die here: the old content stands, and a NAME.*.tmp that nobody reads stays behind. */
        unlinkat(dirfd, temporary, 0);
        errno = errnum;
        return fail(err, "cannot write \"%s\"", name);
    }
    return fs_sync(dirfd, name, err);
}

int fs_rename_new(int from_dirfd, const char *from, int to_dirfd, const char *to, struct err *err)
{
    /* If we die here: the rename was done as a whole or not at all; which of the two survives a power cut is
     * up to the caller, who syncs both directories. */
    if (renameat2(from_dirfd, from, to_dirfd, to, RENAME_NOREPLACE) == 0)
        return 0;
    fail(err, "cannot rename \"%s\" to \"%s\"", from, to);
    if (errno == EINVAL) {
        err_hint(err, "the file system lacks RENAME_NOREPLACE; ext4, xfs and btrfs have it");
        errno = EINVAL;
    }
    return -1;
}

int fs_sync(int fd, const char *what, struct err *err)
{
    return fsync(fd) == 0 ? 0 : fail(err, "cannot sync \"%s\"", what);
}

int fs_sync_all(int fd, const char *what, struct err *err)
{
    return syncfs(fd) == 0 ? 0 : fail(err, "cannot sync the file system of \"%s\"", what);
}

static void close_stream(DIR **stream)
{
    if (*stream != NULL)
        closedir(*stream);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int fs_list_names(struct arena *arena, int dirfd, size_t limit, struct list *names, bool *more,
                  struct err *err)
{
    /* A descriptor of its own: that of the caller has a position, which a duplicate would share. */
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream __attribute__((cleanup(close_stream))) = fd < 0 ? NULL : fdopendir(fd);

    *names = (struct list){0};
    *more = false;
    if (stream == NULL) {
        fs_close(&fd);
        return fail(err, "cannot read a directory");
    }
    for (;;) {
        const struct dirent *entry;

        errno = 0;
        entry = readdir(stream);
        if (entry == NULL && errno != 0)
            return fail(err, "cannot read a directory to its end");
        if (entry == NULL)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (names->count == limit) {
            *more = true;
            break;
        }
        list_add(arena, names, entry->d_name);
    }
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    return 0;
}
