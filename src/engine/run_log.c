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
    return arena_printf(arena, "%s/runs/%lld" RUN_LOG_SUFFIX, home, (long long)run);
}

const char *run_log_packed_path(struct arena *arena, const char *home, int64_t run)
{
    return arena_printf(arena, "%s/runs/%lld" RUN_LOG_PACKED_SUFFIX, home, (long long)run);
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

/* Feeds the whole log through zlib; `name` is that of the target. */
static int compress_log(int from, gzFile to, const char *name, struct err *err)
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
            return err_errno(err, ERR_IO, errno, "\"%s\" cannot be written", name);
        offset += size;
    }
}

/* Writes the file `name` of the directory: the log behind `from` (-1: none), compressed. */
static int write_compressed(int from, int directory_fd, const char *name, mode_t mode, struct err *err)
{
    int result, fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    gzFile file;

    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be written", name);
    file = gzdopen(fd, "wb1");
    if (file == NULL) {
        fs_close(&fd);
        return err_set(err, ERR_IO, "\"%s\" cannot be written: out of memory", name);
    }
    result = from < 0 ? 0 : compress_log(from, file, name, err);
    errno = 0;
    if (gzclose(file) != Z_OK && result == 0)
        result = err_errno(err, ERR_IO, errno == 0 ? EIO : errno, "\"%s\" cannot be written", name);
    return result;
}

int run_log_copy(struct run_log *log, int directory_fd, struct err *err)
{
    run_log_flush(log);
    return write_compressed(log->fd, directory_fd, "rsync.log.gz", 0644, err);
}

/* The whole of it is on disk before it has its name. */
static int put_packed(int from, int runs_fd, const char *temporary, const char *packed, struct err *err)
{
    FD_SCOPED fd = -1;

    if (write_compressed(from, runs_fd, temporary, 0640, err) < 0)
        return -1;
    fd = fs_open_file(runs_fd, temporary, err);
    if (fd < 0 || fs_sync(fd, temporary, err) < 0)
        return -1;
    /* If we die here: the log is there as it was, and perhaps packed as well; the next night packs it again. */
    if (renameat(runs_fd, temporary, runs_fd, packed) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be written", packed);
    return fs_sync(runs_fd, packed, err);
}

int run_log_pack(int runs_fd, int64_t run, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *name = arena_printf(&arena, "%lld" RUN_LOG_SUFFIX, (long long)run);
    const char *packed = arena_printf(&arena, "%lld" RUN_LOG_PACKED_SUFFIX, (long long)run);
    const char *temporary = arena_printf(&arena, "%s.tmp", packed);
    FD_SCOPED from = fs_open_file(runs_fd, name, err);

    if (from < 0)
        return -1;
    if (put_packed(from, runs_fd, temporary, packed, err) < 0) {
        /* If we die here: a part of a packed log is left, which is written over the next night. */
        unlinkat(runs_fd, temporary, 0);
        return -1;
    }
    return run_log_drop(runs_fd, name, err);
}

int run_log_drop(int runs_fd, const char *name, struct err *err)
{
    /* If we die here: it is there for one more night; a log that was packed is there in both forms, which are the same. */
    if (unlinkat(runs_fd, name, 0) < 0 && errno != ENOENT)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be removed", name);
    return 0;
}
