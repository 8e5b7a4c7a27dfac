/* Adding to purges.jsonl. */
#include "engine/purge_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs.h"

#define PURGE_FILE "purges.jsonl"

static int write_all(int fd, const char *bytes, size_t size, struct err *err)
{
    size_t done = 0;

    while (done < size) {
        ssize_t step = write(fd, bytes + done, size - done);

        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return err_errno(err, ERR_IO, errno, "\"" PURGE_FILE "\" cannot be written");
        done += (size_t)step;
    }
    return 0;
}

/* A crash may have left half a line: what comes next must not become a part of it. */
static int end_torn_line(int fd, struct err *err)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last = '\n';

    if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n')
        return write_all(fd, "\n", 1, err);
    return 0;
}

int purge_file_append(const struct host_directory *directory, const char *lines, size_t size, struct err *err)
{
    FD_SCOPED folder = -1;
    FD_SCOPED fd = -1;

    if (fs_make_dir(directory->fd, ".pobsync", 0700, true, err) < 0)
        return -1;
    folder = fs_open_dir(directory->fd, ".pobsync", true, err);
    if (folder < 0)
        return -1;
    fd = openat(folder, PURGE_FILE, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "\"%s/.pobsync/" PURGE_FILE "\" cannot be opened",
                         directory->path);
    if (end_torn_line(fd, err) < 0 || write_all(fd, lines, size, err) < 0 || fs_sync(fd, PURGE_FILE, err) < 0)
        return -1;
    return fs_sync(folder, ".pobsync", err);
}
