/*
 * faultshim.so: LD_PRELOAD library that counts the calls with which a program changes the file system, and
 * makes the n-th fail or kills the process just before it. The whole process tree shares the count.
 *
 *   FS_CTR=file     shared counter, two 64-bit numbers: calls so far, faults fired (16 bytes of zeros)
 *   FS_AT=n         the call that is hit; 0 or absent: only count
 *   FS_MODE=kill    SIGKILL of the process itself before the call
 *   FS_MODE=<errno> the call fails with this number instead of being made
 *   FS_MODE=cut     the file system at FS_CUT stops as it is, its journal unwritten, and then the process: a power cut
 *   FS_MODE=unmount the mount at FS_CUT goes away (what is open stays so), and the call is made
 *   FS_MODE=short   a write stores half of its bytes; other calls are made as they are
 *   FS_STICKY=1     every call from the n-th on is hit (a disk that stays full)
 *   FS_SCOPE=name   only processes that were started under this name (comm) count and are hit; default all
 *   FS_ONLY=a,b,c   only these calls count, by the names that FS_LOG shows
 *   FS_SKIP=a,b     these calls say that they succeeded and are not made: a program without its syncs
 *   FS_OPENS=all    opening for reading counts too (for EMFILE and EACCES sweeps)
 *   FS_LOG=file     one line for each counted call: number, pid, comm, call, path or descriptor
 *
 * Writes count when they go to a regular file: pipes, sockets and terminals do not. What libc does inside
 * itself (fwrite, dprintf) is not seen; fflush and fclose of a stream with something to write stand for it.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct counter {
    uint64_t calls;
    uint64_t fired;
};

enum mode { MODE_COUNT, MODE_KILL, MODE_CUT, MODE_UNMOUNT, MODE_ERRNO, MODE_SHORT };
enum { NO_LOG_FLUSH = 2 };

static struct counter *counter; /* NULL: this process is out of scope */
static uint64_t fire_at;
static enum mode mode;
static int mode_errno;
static int sticky;
static int all_opens;
static const char *only;
static const char *skipped;
static const char *cut_at;
static int log_fd = -1;
static char comm[17];
static long (*real_syscall)(long, ...);

/* libc's own function, found at the first call. */
#define REAL(name)                                                                                           \
    ({                                                                                                       \
        if (!real_##name)                                                                                    \
            real_##name = (__typeof__(real_##name))dlsym(RTLD_NEXT, #name);                                  \
        real_##name;                                                                                         \
    })

static void die(const char *what)
{
    char line[256];
    int length = snprintf(line, sizeof line, "faultshim: %s: %s\n", what, strerror(errno));
    (void)real_syscall(SYS_write, 2, line, (size_t)length);
    _exit(97);
}

__attribute__((constructor)) static void start(void)
{
    const char *ctr = getenv("FS_CTR"), *at = getenv("FS_AT"), *how = getenv("FS_MODE"),
               *scope = getenv("FS_SCOPE");
    const char *log = getenv("FS_LOG"), *opens = getenv("FS_OPENS"), *stuck = getenv("FS_STICKY");

    real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    prctl(PR_GET_NAME, comm);
    if (!ctr || (scope && strcmp(scope, comm) != 0))
        return;
    int fd = (int)real_syscall(SYS_openat, AT_FDCWD, ctr, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        die(ctr);
    void *map = mmap(NULL, sizeof(struct counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        die(ctr);
    (void)real_syscall(SYS_close, fd);
    if (log) {
        fd = (int)real_syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        /* Out of the way of the low numbers that programs hand around. */
        log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
        (void)real_syscall(SYS_close, fd);
        if (log_fd < 0)
            die(log);
    }
    only = getenv("FS_ONLY");
    skipped = getenv("FS_SKIP");
    cut_at = getenv("FS_CUT");
    all_opens = opens && strcmp(opens, "all") == 0;
    sticky = stuck && *stuck == '1';
    fire_at = at ? strtoull(at, NULL, 10) : 0;
    if (fire_at && how)
        mode = strcmp(how, "kill") == 0      ? MODE_KILL
               : strcmp(how, "cut") == 0     ? MODE_CUT
               : strcmp(how, "unmount") == 0 ? MODE_UNMOUNT
               : strcmp(how, "short") == 0   ? MODE_SHORT
                                             : MODE_ERRNO;
    if ((mode == MODE_CUT || mode == MODE_UNMOUNT) && !cut_at)
        die("FS_CUT is not set");
    if (mode == MODE_ERRNO && (mode_errno = (int)strtol(how, NULL, 10)) <= 0)
        die("FS_MODE is neither kill nor cut nor unmount nor short nor an error number");
    counter = map;
}

/* EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same: _IOR('X', 125, u32). */
static void cut_power(void)
{
    unsigned how = NO_LOG_FLUSH;
    int fd = (int)real_syscall(SYS_openat, AT_FDCWD, cut_at, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (fd < 0 || real_syscall(SYS_ioctl, fd, 0x8004587DUL, &how) < 0)
        die(cut_at);
}

static int in_list(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : "")
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || !at[length]))
            return 1;
    return 0;
}

static int listed(const char *name)
{
    return only == NULL || in_list(only, name);
}

/* Counts a call. Returns 0 to make it, -1 with errno to fail it, 1 to cut a write short. */
static int point(const char *name, const char *path, int fd)
{
    if (!counter || !listed(name))
        return 0;
    int saved = errno;
    uint64_t number = __atomic_add_fetch(&counter->calls, 1, __ATOMIC_SEQ_CST);
    if (log_fd >= 0) {
        char line[400];
        int length = path ? snprintf(line, sizeof line, "%lu %d %s %s %.300s\n", (unsigned long)number,
                                     (int)getpid(), comm, name, path)
                          : snprintf(line, sizeof line, "%lu %d %s %s fd %d\n", (unsigned long)number,
                                     (int)getpid(), comm, name, fd);
        for (int i = 0; i < length - 1; i++)
            if (line[i] == '\n')
                line[i] = '?';
        (void)real_syscall(SYS_write, log_fd, line, (size_t)length);
    }
    errno = saved;
    if (mode == MODE_COUNT || (sticky ? number < fire_at : number != fire_at))
        return 0;
    __atomic_add_fetch(&counter->fired, 1, __ATOMIC_SEQ_CST);
    switch (mode) {
    case MODE_CUT:
        cut_power();
        __attribute__((fallthrough));
    case MODE_KILL:
        (void)real_syscall(SYS_kill, getpid(), SIGKILL);
        for (;;)
            (void)real_syscall(SYS_pause);
    case MODE_UNMOUNT:
        if (real_syscall(SYS_umount2, cut_at, MNT_DETACH) < 0)
            die(cut_at);
        errno = saved;
        return 0;
    case MODE_ERRNO:
        errno = mode_errno;
        return -1;
    case MODE_SHORT:
        return 1;
    case MODE_COUNT:
        break;
    }
    return 0;
}

static int is_regular(int fd)
{
    struct stat found;
    int saved = errno, regular = counter && fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    errno = saved;
    return regular;
}

/* Opens for writing, or that may create. */
static int changes(int flags)
{
    return all_opens || (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) ||
           (flags & O_TMPFILE) == O_TMPFILE;
}

static mode_t mode_of(int flags, va_list more)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                                                                           \
    int name(const char *path, int flags, ...)                                                               \
    {                                                                                                        \
        static int (*real_##name)(const char *, int, ...);                                                   \
        va_list more;                                                                                        \
        va_start(more, flags);                                                                               \
        mode_t bits = mode_of(flags, more);                                                                  \
        va_end(more);                                                                                        \
        return changes(flags) && point("open", path, -1) < 0 ? -1 : REAL(name)(path, flags, bits);           \
    }

#define OPENAT(name)                                                                                         \
    int name(int at, const char *path, int flags, ...)                                                       \
    {                                                                                                        \
        static int (*real_##name)(int, const char *, int, ...);                                              \
        va_list more;                                                                                        \
        va_start(more, flags);                                                                               \
        mode_t bits = mode_of(flags, more);                                                                  \
        va_end(more);                                                                                        \
        return changes(flags) && point("open", path, -1) < 0 ? -1 : REAL(name)(at, path, flags, bits);       \
    }

/* A call that returns 0 or -1, is counted whenever it is made, and may be left out. */
#define CALL(name, called, parameters, arguments, path, fd)                                                  \
    int name parameters                                                                                      \
    {                                                                                                        \
        static int(*real_##name) parameters;                                                                 \
        if (point(called, path, fd) < 0)                                                                     \
            return -1;                                                                                       \
        return counter && skipped && in_list(skipped, called) ? 0 : REAL(name) arguments;                    \
    }

/* A write: counted on regular files, and may be cut short. */
#define WRITE(name, parameters, size, arguments)                                                             \
    ssize_t name parameters                                                                                  \
    {                                                                                                        \
        static ssize_t(*real_##name) parameters;                                                             \
        int verdict = is_regular(fd) ? point(#name, NULL, fd) : 0;                                           \
        if (verdict < 0)                                                                                     \
            return -1;                                                                                       \
        if (verdict > 0 && size > 1)                                                                         \
            size /= 2;                                                                                       \
        return REAL(name) arguments;                                                                         \
    }

/* The names are libc's own and the prototypes must be too. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wnonnull-compare"

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* What -D_FORTIFY_SOURCE makes of an open without a mode. */
#define OPEN2(name, plain)                                                                                   \
    int name(const char *path, int flags)                                                                    \
    {                                                                                                        \
        return plain(path, flags);                                                                           \
    }
#define OPENAT2(name, plain)                                                                                 \
    int name(int at, const char *path, int flags)                                                            \
    {                                                                                                        \
        return plain(at, path, flags);                                                                       \
    }
OPEN2(__open_2, open)
OPEN2(__open64_2, open64)
OPENAT2(__openat_2, openat)
OPENAT2(__openat64_2, openat64)

CALL(creat, "open", (const char *path, mode_t bits), (path, bits), path, -1)
CALL(creat64, "open", (const char *path, mode_t bits), (path, bits), path, -1)
CALL(mkdir, "mkdir", (const char *path, mode_t bits), (path, bits), path, -1)
CALL(mkdirat, "mkdir", (int at, const char *path, mode_t bits), (at, path, bits), path, -1)
CALL(mknod, "mknod", (const char *path, mode_t bits, dev_t dev), (path, bits, dev), path, -1)
CALL(mknodat, "mknod", (int at, const char *path, mode_t bits, dev_t dev), (at, path, bits, dev), path, -1)
CALL(mkfifo, "mknod", (const char *path, mode_t bits), (path, bits), path, -1)
CALL(rename, "rename", (const char *from, const char *to), (from, to), to, -1)
CALL(renameat, "rename", (int a, const char *from, int b, const char *to), (a, from, b, to), to, -1)
CALL(renameat2, "rename", (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags), to, -1)
CALL(link, "link", (const char *from, const char *to), (from, to), to, -1)
CALL(linkat, "link", (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), to,
     -1)
CALL(symlink, "symlink", (const char *target, const char *path), (target, path), path, -1)
CALL(symlinkat, "symlink", (const char *target, int at, const char *path), (target, at, path), path, -1)
CALL(unlink, "unlink", (const char *path), (path), path, -1)
CALL(unlinkat, "unlink", (int at, const char *path, int flags), (at, path, flags), path, -1)
CALL(rmdir, "rmdir", (const char *path), (path), path, -1)
CALL(remove, "unlink", (const char *path), (path), path, -1)
CALL(fsync, "fsync", (int fd), (fd), NULL, fd)
CALL(fdatasync, "fdatasync", (int fd), (fd), NULL, fd)
CALL(syncfs, "syncfs", (int fd), (fd), NULL, fd)
CALL(sync_file_range, "sync_file_range", (int fd, off64_t from, off64_t size, unsigned flags),
     (fd, from, size, flags), NULL, fd)
CALL(truncate, "ftruncate", (const char *path, off_t size), (path, size), path, -1)
CALL(truncate64, "ftruncate", (const char *path, off64_t size), (path, size), path, -1)
CALL(ftruncate, "ftruncate", (int fd, off_t size), (fd, size), NULL, fd)
CALL(ftruncate64, "ftruncate", (int fd, off64_t size), (fd, size), NULL, fd)
CALL(fallocate, "fallocate", (int fd, int how, off_t from, off_t size), (fd, how, from, size), NULL, fd)
CALL(fallocate64, "fallocate", (int fd, int how, off64_t from, off64_t size), (fd, how, from, size), NULL, fd)
CALL(chmod, "chmod", (const char *path, mode_t bits), (path, bits), path, -1)
CALL(fchmod, "chmod", (int fd, mode_t bits), (fd, bits), NULL, fd)
CALL(fchmodat, "chmod", (int at, const char *path, mode_t bits, int flags), (at, path, bits, flags), path, -1)
CALL(chown, "chown", (const char *path, uid_t uid, gid_t gid), (path, uid, gid), path, -1)
CALL(lchown, "chown", (const char *path, uid_t uid, gid_t gid), (path, uid, gid), path, -1)
CALL(fchown, "chown", (int fd, uid_t uid, gid_t gid), (fd, uid, gid), NULL, fd)
CALL(fchownat, "chown", (int at, const char *path, uid_t uid, gid_t gid, int flags),
     (at, path, uid, gid, flags), path, -1)
CALL(utimensat, "utimens", (int at, const char *path, const struct timespec times[2], int flags),
     (at, path, times, flags), path, at)
CALL(futimens, "utimens", (int fd, const struct timespec times[2]), (fd, times), NULL, fd)
CALL(utimes, "utimens", (const char *path, const struct timeval times[2]), (path, times), path, -1)
CALL(setxattr, "setxattr", (const char *path, const char *name, const void *value, size_t size, int flags),
     (path, name, value, size, flags), path, -1)
CALL(lsetxattr, "setxattr", (const char *path, const char *name, const void *value, size_t size, int flags),
     (path, name, value, size, flags), path, -1)
CALL(fsetxattr, "setxattr", (int fd, const char *name, const void *value, size_t size, int flags),
     (fd, name, value, size, flags), NULL, fd)

WRITE(write, (int fd, const void *data, size_t size), size, (fd, data, size))
WRITE(pwrite, (int fd, const void *data, size_t size, off_t at), size, (fd, data, size, at))
WRITE(pwrite64, (int fd, const void *data, size_t size, off64_t at), size, (fd, data, size, at))
WRITE(writev, (int fd, const struct iovec *parts, int count), count, (fd, parts, count))
WRITE(sendfile, (int fd, int in, off_t *at, size_t size), size, (fd, in, at, size))
WRITE(sendfile64, (int fd, int in, off64_t *at, size_t size), size, (fd, in, at, size))

ssize_t copy_file_range(int in, off64_t *from, int fd, off64_t *to, size_t size, unsigned flags)
{
    static ssize_t (*real_copy_file_range)(int, off64_t *, int, off64_t *, size_t, unsigned);
    return point("copy_file_range", NULL, fd) < 0 ? -1 : REAL(copy_file_range)(in, from, fd, to, size, flags);
}

#define FOPEN(name)                                                                                          \
    FILE *name(const char *path, const char *how)                                                            \
    {                                                                                                        \
        static FILE *(*real_##name)(const char *, const char *);                                             \
        return (strpbrk(how, "wa+") || all_opens) && point("open", path, -1) < 0 ? NULL                      \
                                                                                 : REAL(name)(path, how);    \
    }
FOPEN(fopen)
FOPEN(fopen64)

/* Where the buffer of a stream goes to its file. */
static int stream_writes(FILE *stream)
{
    return stream && __fwritable(stream) && __fpending(stream) > 0 && is_regular(fileno(stream));
}

int fflush(FILE *stream)
{
    static int (*real_fflush)(FILE *);
    return stream_writes(stream) && point("write", NULL, fileno(stream)) < 0 ? EOF : REAL(fflush)(stream);
}

int fclose(FILE *stream)
{
    static int (*real_fclose)(FILE *);
    int failed = stream_writes(stream) && point("write", NULL, fileno(stream)) < 0, error = errno;
    if (failed)
        __fpurge(stream);
    int result = REAL(fclose)(stream);
    if (failed)
        errno = error;
    return failed ? EOF : result;
}

int mkstemp(char *path)
{
    static int (*real_mkstemp)(char *);
    return point("open", path, -1) < 0 ? -1 : REAL(mkstemp)(path);
}

int mkostemp(char *path, int flags)
{
    static int (*real_mkostemp)(char *, int);
    return point("open", path, -1) < 0 ? -1 : REAL(mkostemp)(path, flags);
}

char *mkdtemp(char *path)
{
    static char *(*real_mkdtemp)(char *);
    return point("mkdir", path, -1) < 0 ? NULL : REAL(mkdtemp)(path);
}

/* The calls that have no wrapper in libc, or that a program makes by number. */
long syscall(long number, ...)
{
    long a[6];
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(more, long);
    va_end(more);

    int verdict = 0;
    switch (number) {
    case SYS_renameat2:
    case SYS_renameat:
        verdict = point("rename", (const char *)a[3], -1);
        break;
    case SYS_openat2: /* struct open_how begins with the flags, 64 bits */
        verdict = changes((int)*(const uint64_t *)a[2]) ? point("open", (const char *)a[1], -1) : 0;
        break;
    case SYS_openat:
        verdict = changes((int)a[2]) ? point("open", (const char *)a[1], -1) : 0;
        break;
    case SYS_unlinkat:
        verdict = point("unlink", (const char *)a[1], -1);
        break;
    case SYS_mkdirat:
        verdict = point("mkdir", (const char *)a[1], -1);
        break;
    case SYS_linkat:
        verdict = point("link", (const char *)a[3], -1);
        break;
    case SYS_syncfs:
        verdict = point("syncfs", NULL, (int)a[0]);
        break;
    case SYS_fsync:
        verdict = point("fsync", NULL, (int)a[0]);
        break;
    default:
        break;
    }
    return verdict < 0 ? -1 : real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
