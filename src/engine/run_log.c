/* The run's log: bounded, flushed in pieces, compressed into the snapshot. */
#include "engine/run_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { FLUSH_SIZE = 32 << 10 };

const char *run_log_path(struct arena *arena, const char *home, int64_t run)
{
    return arena_printf(arena, "%s/runs/%lld.log", home, (long long)run);
}

int run_log_open(const char *home, int64_t run, struct run_log *log, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *path = run_log_path(&arena, home, run);

    log->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (log->fd < 0)
        return err_errno(err, ERR_IO, errno, "log \"%s\" cannot be written", path);
    return 0;
}

void run_log_flush(struct run_log *log)
{
    size_t done = 0;

    while (log->fd >= 0 && done < log->pending.size) {
        ssize_t step = write(log->fd, log->pending.data + done, log->pending.size - done);

        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            break;
        done += (size_t)step;
    }
    buf_clear(&log->pending);
}

static void add_line(struct run_log *log, bool is_error, const char *line)
{
    size_t before = log->pending.size;

    if (log->begun_ms == 0)
        log->begun_ms = clock_boot_ms();
    buf_printf(&log->pending, "%9.1f %c%s\n", (double)(clock_boot_ms() - log->begun_ms) / 1000.0,
               is_error ? '!' : ' ', line);
    log->size += (int64_t)(log->pending.size - before);
    if (log->pending.size >= FLUSH_SIZE)
        run_log_flush(log);
}

void run_log_line(struct run_log *log, bool is_error, const char *line)
{
    if (log->full)
        return;
    if (log->size + (int64_t)strlen(line) > RUN_LOG_MAX) {
        log->full = true;
        add_line(log, true, "the log ends here: it has grown beyond 64 MiB");
        return;
    }
    add_line(log, is_error, line);
}

void run_log_printf(struct run_log *log, const char *format, ...)
{
    char raw[2048], safe[4096];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    text_printable(safe, sizeof safe, raw, strlen(raw));
    run_log_line(log, false, safe);
}

void run_log_close(struct run_log *log)
{
    run_log_flush(log);
    buf_release(&log->pending);
    fs_close(&log->fd);
}

/* Feeds the whole log through zlib. */
static int compress_log(int from, gzFile to, struct err *err)
{
    char chunk[32 << 10];
    off_t offset = 0;

    for (;;) {
        ssize_t size = pread(from, chunk, sizeof chunk, offset);

        if (size < 0)
            return err_errno(err, ERR_IO, errno, "log of the run cannot be read");
        if (size == 0)
            return 0;
        if (gzwrite(to, chunk, (unsigned)size) != (int)size)
            return err_errno(err, ERR_IO, errno, "\"rsync.log.gz\" cannot be written");
        offset += size;
    }
}

int run_log_copy(struct run_log *log, int directory_fd, struct err *err)
{
    int fd, result;
    gzFile file;

    run_log_flush(log);
    fd = openat(directory_fd, "rsync.log.gz", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "\"rsync.log.gz\" cannot be written");
    file = gzdopen(fd, "wb1");
    if (file == NULL) {
        fs_close(&fd);
        return err_set(err, ERR_IO, "\"rsync.log.gz\" cannot be written: out of memory");
    }
    result = log->fd < 0 ? 0 : compress_log(log->fd, file, err);
    errno = 0;
    if (gzclose(file) != Z_OK && result == 0)
        result = err_errno(err, ERR_IO, errno == 0 ? EIO : errno, "\"rsync.log.gz\" cannot be written");
    return result;
}
