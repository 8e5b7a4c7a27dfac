/*
 * Asking a directory whether it answers. Between fork and _exit() the child makes system calls only: the caller may have
 * other threads, whose locks the child would never see opened.
 */
#include "sys/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum {
    TRY_MS = 1,            /* between two tries of the lock */
    REMEMBERED_MS = 10000, /* how long one that hung is not asked again */
    STARVED_TIMES = 4,
    LEFT_MAX = 8,
    FIRST_FD = 3
};

/* What hung: children to be reaped when they end at last, and the path that they asked; and what did not. */
static struct {
    pthread_mutex_t mutex;
    pid_t left[LEFT_MAX];
    uint32_t path;
    int64_t until_ms;
    uint32_t answered_path; /* the last one that did, and when it was asked */
    int64_t answered_ms;
} hung = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* FNV-1a. */
static uint32_t hash(const char *text)
{
    uint32_t value = 2166136261U;

    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * 16777619U;
    return value;
}

static bool has_hung(uint32_t path)
{
    bool answer;

    pthread_mutex_lock(&hung.mutex);
    for (size_t i = 0; i < LEFT_MAX; i++)
        if (hung.left[i] > 0 && waitpid(hung.left[i], NULL, WNOHANG) != 0)
            hung.left[i] = 0;
    answer = hung.path == path && clock_boot_ms() < hung.until_ms;
    pthread_mutex_unlock(&hung.mutex);
    return answer;
}

static bool has_answered(uint32_t path, int64_t since_ms)
{
    bool answer;

    pthread_mutex_lock(&hung.mutex);
    answer = hung.answered_path == path && hung.answered_ms > since_ms;
    pthread_mutex_unlock(&hung.mutex);
    return answer;
}

static void note_answer(uint32_t path, int64_t asked_ms)
{
    pthread_mutex_lock(&hung.mutex);
    hung.answered_path = path;
    hung.answered_ms = asked_ms;
    pthread_mutex_unlock(&hung.mutex);
}

/* `child` is 0 when it was another process's that hung. */
static void remember(uint32_t path, pid_t child)
{
    size_t i = 0;

    pthread_mutex_lock(&hung.mutex);
    hung.path = path;
    hung.until_ms = clock_boot_ms() + REMEMBERED_MS;
    while (i < LEFT_MAX && hung.left[i] != 0)
        i++;
    if (i < LEFT_MAX)
        hung.left[i] = child;
    pthread_mutex_unlock(&hung.mutex);
}

/* The lock of this path; -1 when there can be none: then we ask without it. */
static int open_gate(const char *home, uint32_t path)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    int fd = open(arena_printf(&arena, "%s/.root-%08x.lock", home, path),
                  O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);

    /* The web's user is to share it, whatever the umask of whoever made it. */
    if (fd >= 0)
        (void)fchmod(fd, 0640);
    return fd;
}

static bool pass_gate(int gate, int64_t until_ms)
{
    while (gate >= 0 && flock(gate, LOCK_EX | LOCK_NB) < 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
        if (clock_boot_ms() >= until_ms)
            return false;
        poll(NULL, 0, TRY_MS);
    }
    return true;
}

/* The time of reading is not to be written: that alone could wait for the disk. Only the owner may ask for this. */
static int open_quietly(int at, const char *name, int flags)
{
    int fd = openat(at, name, flags | O_NOATIME);

    return fd < 0 && errno == EPERM ? openat(at, name, flags) : fd;
}

/* The child. It holds the lock and nothing else of ours: no output that somebody reads to its end. */
static void ask(const char *path, const char *name, int gate, pid_t parent)
{
    char bytes[4096];
    struct statfs about;
    int fd, null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    for (int i = 0; null_fd >= 0 && i < FIRST_FD; i++)
        dup2(null_fd, i);
    if (gate >= 0)
        dup2(gate, FIRST_FD);
    close_range(gate >= 0 ? FIRST_FD + 1 : FIRST_FD, ~0U, 0);
    fd = open_quietly(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstatfs(fd, &about) < 0 || syscall(SYS_getdents64, fd, bytes, sizeof bytes) < 0)
        _exit(0);
    fd = open_quietly(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    _exit(fd >= 0 && read(fd, bytes, sizeof bytes) < 0 ? 1 : 0);
}

/* Whether the child could run and has not yet been let. */
static bool is_starved(pid_t child)
{
    char stat[64] = "";
    const char *state;
    FD_SCOPED fd = -1;

    (void)snprintf(stat, sizeof stat, "/proc/%d/stat", (int)child);
    fd = open(stat, O_RDONLY | O_CLOEXEC);
    memset(stat, 0, sizeof stat);
    if (fd < 0 || read(fd, stat, sizeof stat - 1) <= 0)
        return false;
    state = strrchr(stat, ')');
    return state != NULL && strncmp(state, ") R", 3) == 0;
}

static bool wait_for(pid_t child, int64_t until_ms, int64_t starved_until_ms)
{
    struct pollfd end = {.fd = pidfd_open(child, 0), .events = POLLIN};
    bool ended;
    int64_t now;

    while (!(ended = waitpid(child, NULL, WNOHANG) != 0)) {
        now = clock_boot_ms();
        if (now >= until_ms && (now >= starved_until_ms || !is_starved(child)))
            break;
        poll(&end, 1, end.fd < 0 || now >= until_ms ? TRY_MS : (int)(until_ms - now));
    }
    fs_close(&end.fd);
    return ended;
}

bool answer_within(const char *home, const char *path, const char *name, int64_t limit_ms, int64_t fresh_ms)
{
    uint32_t key = hash(path);
    int64_t begin_ms = clock_boot_ms();
    pid_t parent = getpid(), child;
    FD_SCOPED gate = -1;

    if (has_hung(key))
        return false;
    if (has_answered(key, begin_ms - fresh_ms))
        return true;
    gate = open_gate(home, key);
    if (!pass_gate(gate, begin_ms + limit_ms)) {
        remember(key, 0);
        return false;
    }
    child = fork();
    if (child == 0)
        ask(path, name, gate, parent);
    if (child < 0 || wait_for(child, begin_ms + limit_ms, begin_ms + limit_ms * STARVED_TIMES)) {
        note_answer(key, begin_ms);
        return true;
    }
    kill(child, SIGKILL);
    remember(key, child);
    return false;
}
