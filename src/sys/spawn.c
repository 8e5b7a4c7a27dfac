/* Running other programs: starting, reading, ending. */
#include "sys/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/group.h"
#include "sys/stop.h"

enum { GRACE_MS = 5000, TICK_MS = 1000, GROUP_LOOK_MS = 20, LOOKS = 3 };

/* After a read of less than this the next one waits SPAWN_HOLD_MS: a program that writes a line for each of
 * its files would otherwise wake us for each. Four of these fill a pipe, so nobody is held up by it. */
enum { HELD_BYTES = 16 * 1024 };

/* Why a child could not become the program, sent over a pipe that exec closes. */
struct failure {
    bool at_exec; /* false: while preparing */
    int errnum;
};

/* A program that runs. */
struct process {
    const struct spawn *spawn;
    struct spawn_result *result;
    pid_t pid; /* and process group */
    int pidfd;
    int streams[2]; /* where its output comes from; -1 when closed */
    bool has_ended; /* itself; it stays a zombie until its group is gone, so that the pid is not given away */
    bool is_ending; /* TERM was sent to the group */
    int64_t begun;  /* this and what follows: clock_boot_ms() */
    int64_t last_output;
    int64_t next_tick;
    int64_t hold_until; /* until when the streams are not looked at */
    int64_t kill_at;    /* when the grace is over */
};

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value > 0 ? value : fallback;
}

/* --- starting --- */

static const char *find_variable(const char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

/* Only absolute directories count: a program of the current directory is never meant. */
static int find_program(const struct spawn *spawn, struct buf *path, struct err *err)
{
    const char *name = spawn->argv[0];
    const char *rest = find_variable(spawn->environment, "PATH");

    if (strchr(name, '/') != NULL) {
        buf_add_text(path, name);
        return 0;
    }
    while (rest != NULL && *rest != '\0') {
        size_t length = strcspn(rest, ":");
        struct stat stat_of;

        buf_clear(path);
        buf_printf(path, "%.*s/%s", (int)length, rest, name);
        if (rest[0] == '/' && stat(path->data, &stat_of) == 0 && S_ISREG(stat_of.st_mode) &&
            access(path->data, X_OK) == 0)
            return 0;
        rest += length + (rest[length] == ':');
    }
    return err_set(err, ERR_NOT_FOUND, "there is no program \"%s\"", name);
}

/* Both ends above 2, whatever the caller has closed: the child puts others there. */
static int make_pipe(int *read_end, int *write_end)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        int low = ends[i];

        if (low <= 2) {
            ends[i] = fcntl(low, F_DUPFD_CLOEXEC, 3);
            close(low);
        }
    }
    *read_end = ends[0];
    *write_end = ends[1];
    return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static int close_others(int keep_fd, int status_fd)
{
    int kept[] = {keep_fd < status_fd ? keep_fd : status_fd, keep_fd < status_fd ? status_fd : keep_fd};
    unsigned first = 3;

    for (int i = 0; i < 2; i++) {
        if (kept[i] < 0)
            continue;
        if ((unsigned)kept[i] > first && close_range(first, (unsigned)kept[i] - 1, 0) < 0)
            return -1;
        first = (unsigned)kept[i] + 1;
    }
    return close_range(first, ~0U, 0);
}

static int prepare_child(const struct spawn *spawn, int output_fd, int errors_fd, int status_fd, pid_t parent)
{
    int null_fd;

    if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return -1;
    /* It died before the request: nobody is left to whom a failure could be told. */
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    stop_reset();
    null_fd = open("/dev/null", O_RDWR);
    if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(output_fd, 1) < 0 || dup2(errors_fd, 2) < 0)
        return -1;
    if (spawn->inherit_fd >= 0 && fcntl(spawn->inherit_fd, F_SETFD, 0) < 0)
        return -1;
    return close_others(spawn->inherit_fd, status_fd);
}

static _Noreturn void become_program(const struct spawn *spawn, const char *path, int output_fd,
                                     int errors_fd, int status_fd, pid_t parent)
{
    struct failure failure = {.at_exec = false};

    if (prepare_child(spawn, output_fd, errors_fd, status_fd, parent) == 0) {
        failure.at_exec = true;
        execve(path, (char *const *)spawn->argv, (char *const *)spawn->environment);
    }
    failure.errnum = errno;
    /* When even this cannot be told, the exit status is all that is left. */
    _exit(write(status_fd, &failure, sizeof failure) == sizeof failure ? 127 : 126);
}

/* Waits until the child has become the program. */
static int await_exec(pid_t pid, int status_fd, const char *name, struct err *err)
{
    struct failure failure;
    ssize_t got;

    do
        got = read(status_fd, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    if (got < 0)
        kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (got != sizeof failure)
        return err_set(err, ERR_IO, "cannot run \"%s\": it is not known whether it began", name);
    if (failure.at_exec && failure.errnum == ENOENT)
        return err_set(err, ERR_NOT_FOUND,
                       "there is no program \"%s\", or what its first line names is not there", name);
    return err_errno(err, ERR_IO, failure.errnum,
                     failure.at_exec ? "cannot run \"%s\"" : "cannot prepare \"%s\"", name);
}

static int start(struct process *process, struct err *err)
{
    const struct spawn *spawn = process->spawn;
    struct sigaction by_default = {.sa_handler = SIG_DFL};
    BUF_SCOPED path = BUF_EMPTY;
    FD_SCOPED output = -1;
    FD_SCOPED errors = -1;
    FD_SCOPED status = -1;
    FD_SCOPED status_read = -1;
    pid_t parent = getpid();

    if (find_program(spawn, &path, err) < 0)
        return -1;
    if (make_pipe(&process->streams[0], &output) < 0 || make_pipe(&process->streams[1], &errors) < 0 ||
        make_pipe(&status_read, &status) < 0 || fcntl(process->streams[0], F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(process->streams[1], F_SETFL, O_NONBLOCK) < 0)
        return err_errno(err, ERR_IO, errno, "cannot make the pipes for \"%s\"", spawn->argv[0]);
    /* Where it is ignored, as some parents leave it, children vanish without telling how they ended. */
    sigaction(SIGCHLD, &by_default, NULL);
    process->pid = fork();
    if (process->pid < 0)
        return err_errno(err, ERR_IO, errno, "cannot fork for \"%s\"", spawn->argv[0]);
    if (process->pid == 0)
        become_program(spawn, buf_text(&path), output, errors, status, parent);
    /* Here as well as in the child: whoever runs first, the group exists from now on. */
    setpgid(process->pid, process->pid);
    fs_close(&status);
    if (await_exec(process->pid, status_read, spawn->argv[0], err) < 0)
        return -1;
    process->pidfd = pidfd_open(process->pid, 0);
    if (process->pidfd < 0) {
        err_errno(err, ERR_IO, errno, "cannot watch \"%s\"", spawn->argv[0]);
        kill(-process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
        return -1;
    }
    return 0;
}

/* --- while it runs --- */

static void end_group(struct process *process)
{
    if (process->is_ending)
        return;
    process->is_ending = true;
    process->kill_at = clock_boot_ms() + or_default(process->spawn->grace_ms, GRACE_MS);
    kill(-process->pid, SIGTERM);
}

/* Ends it for a reason of ours. The first one counts. */
static void end_because(struct process *process, enum spawn_end reason)
{
    if (process->is_ending)
        return;
    process->result->end = reason;
    end_group(process);
}

/* Reads once, so that a stream that never pauses does not keep the clock from being looked at. */
static size_t read_stream(struct process *process, int index, size_t limit)
{
    const struct spawn *spawn = process->spawn;
    char bytes[64 * 1024];
    ssize_t got = read(process->streams[index], bytes, limit < sizeof bytes ? limit : sizeof bytes);

    if (got > 0) {
        process->last_output = clock_boot_ms();
        process->hold_until = got < HELD_BYTES ? process->last_output + SPAWN_HOLD_MS : 0;
        if (spawn->output != NULL)
            spawn->output(spawn->context, index + 1, bytes, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        fs_close(&process->streams[index]);
    }
    return got > 0 ? (size_t)got : 0;
}

/* What is in the pipes when the program has ended is its own; what comes later is not waited for. */
static void drain(struct process *process)
{
    for (int i = 0; i < 2; i++) {
        int held = 0;

        if (process->streams[i] < 0 || ioctl(process->streams[i], FIONREAD, &held) < 0)
            held = 0;
        for (size_t left = (size_t)held, got; left > 0; left -= got) {
            got = read_stream(process, i, left);
            if (got == 0)
                break;
        }
        fs_close(&process->streams[i]);
    }
}

static void note_end(struct process *process)
{
    struct spawn_result *result = process->result;
    siginfo_t info = {0};

    /* Should somebody else have taken the status, it counts as killed by signal 0: certainly no success. */
    waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOWAIT);
    process->has_ended = true;
    result->duration_ms = clock_boot_ms() - process->begun;
    if (info.si_code == CLD_EXITED)
        result->exit_status = info.si_status;
    else
        result->signal = info.si_status;
    if (!process->is_ending)
        result->end = info.si_code == CLD_EXITED ? SPAWN_EXITED : SPAWN_SIGNALED;
    drain(process);
}

/* Looks at the clock: what is due now? */
static void check_times(struct process *process)
{
    const struct spawn *spawn = process->spawn;
    int64_t now = clock_boot_ms();

    if (now >= process->next_tick) {
        process->next_tick = now + or_default(spawn->tick_ms, TICK_MS);
        if (spawn->tick != NULL && !spawn->tick(spawn->context) && !process->has_ended)
            end_because(process, SPAWN_STOPPED);
    }
    if (!process->has_ended && spawn->deadline_ms > 0 && now >= spawn->deadline_ms)
        end_because(process, SPAWN_DEADLINE);
    if (!process->has_ended && spawn->silence_ms > 0 && now - process->last_output >= spawn->silence_ms)
        end_because(process, SPAWN_SILENCE);
    if (process->is_ending && !process->result->group_killed && now >= process->kill_at) {
        process->result->group_killed = true;
        kill(-process->pid, SIGKILL);
    }
}

static int64_t time_to_wait(const struct process *process)
{
    const struct spawn *spawn = process->spawn;
    int64_t due = process->next_tick;
    int64_t now = clock_boot_ms();

    if (process->has_ended && now + GROUP_LOOK_MS < due)
        due = now + GROUP_LOOK_MS;
    if (process->is_ending && !process->result->group_killed && process->kill_at < due)
        due = process->kill_at;
    if (!process->is_ending && spawn->deadline_ms > 0 && spawn->deadline_ms < due)
        due = spawn->deadline_ms;
    if (!process->is_ending && spawn->silence_ms > 0 && process->last_output + spawn->silence_ms < due)
        due = process->last_output + spawn->silence_ms;
    if (now < process->hold_until && process->hold_until < due)
        due = process->hold_until;
    return due > now ? due - now : 0;
}

static void wait_for_events(struct process *process)
{
    bool is_held = clock_boot_ms() < process->hold_until;
    struct pollfd fds[] = {
        {.fd = process->has_ended ? -1 : process->pidfd, .events = POLLIN},
        {.fd = is_held ? -1 : process->streams[0], .events = POLLIN},
        {.fd = is_held ? -1 : process->streams[1], .events = POLLIN},
    };
    int64_t wait = time_to_wait(process);
    /* Being asked to stop is news only once; stop_poll() would then not wait any more. */
    int ready = process->is_ending ? poll(fds, 3, (int)wait) : stop_poll(fds, 3, wait);

    if (ready < 0 && !process->has_ended && stop_requested() != 0)
        end_because(process, SPAWN_CANCELLED);
    if (ready <= 0)
        return;
    for (int i = 0; i < 2; i++)
        if (fds[i + 1].revents != 0)
            read_stream(process, i, SIZE_MAX);
    if (fds[0].revents != 0)
        note_end(process);
}

/* Whether the group is empty but for the program itself, which has ended. What KILL does not end within
 * another grace hangs in the kernel and is left alone. */
static bool group_is_gone(struct process *process)
{
    if (group_signal(process->pid, NULL, 0) == 0)
        return true;
    end_group(process);
    return clock_boot_ms() >= process->kill_at + or_default(process->spawn->grace_ms, GRACE_MS);
}

int spawn_run(const struct spawn *spawn, struct spawn_result *result, struct err *err)
{
    struct process process = {.spawn = spawn, .result = result, .pidfd = -1, .streams = {-1, -1}};
    int started;

    assert(spawn->inherit_fd < 0 || spawn->inherit_fd > 2);
    *result = (struct spawn_result){.end = SPAWN_EXITED};
    process.begun = process.last_output = clock_boot_ms();
    process.next_tick = process.begun + or_default(spawn->tick_ms, TICK_MS);
    started = start(&process, err);
    if (started == 0) {
        if (spawn->started != NULL)
            spawn->started(spawn->context, process.pid);
        while (!process.has_ended || !group_is_gone(&process)) {
            wait_for_events(&process);
            check_times(&process);
        }
        waitpid(process.pid, NULL, 0);
    }
    fs_close(&process.streams[0]);
    fs_close(&process.streams[1]);
    fs_close(&process.pidfd);
    return started;
}

/* --- shorter ways --- */

struct collection {
    struct buf *streams[2];
    size_t limit;
};

static void collect(void *context, int stream, const char *bytes, size_t size)
{
    struct collection *collection = context;
    struct buf *buf = collection->streams[stream - 1];
    size_t left = collection->limit - buf->size;

    buf_add(buf, bytes, size < left ? size : left);
}

int spawn_collect(const char *const *argv, const char *const *environment, int64_t timeout_ms, size_t limit,
                  struct buf *output, struct buf *errors, struct spawn_result *result, struct err *err)
{
    struct collection collection = {.streams = {output, errors != NULL ? errors : output}, .limit = limit};
    struct spawn spawn = {
        .argv = argv,
        .environment = environment,
        .inherit_fd = -1,
        .deadline_ms = clock_boot_ms() + timeout_ms,
        .output = collect,
        .context = &collection,
    };

    buf_clear(collection.streams[0]);
    buf_clear(collection.streams[1]);
    if (spawn_run(&spawn, result, err) < 0)
        return -1;
    if (result->end == SPAWN_CANCELLED)
        return err_set(err, ERR_INTERRUPTED, "interrupted while \"%s\" ran", argv[0]);
    return 0;
}

static bool wait_until_gone(pid_t group, const char *marker, int64_t wait_ms)
{
    int64_t until = clock_boot_ms() + wait_ms;

    while (group_signal(group, marker, 0) > 0) {
        if (clock_boot_ms() >= until)
            return false;
        poll(NULL, 0, GROUP_LOOK_MS);
    }
    return true;
}

int spawn_end_group(pid_t group, const char *marker, int64_t grace_ms)
{
    int found = group_signal(group, marker, SIGTERM);

    /* While a process turns into another program, its environment is empty for a moment: look again. */
    for (int look = 1; look < LOOKS && found == 0 && group_signal(group, NULL, 0) > 0; look++) {
        poll(NULL, 0, GROUP_LOOK_MS);
        found = group_signal(group, marker, SIGTERM);
    }
    if (found > 0 && !wait_until_gone(group, marker, grace_ms)) {
        group_signal(group, marker, SIGKILL);
        wait_until_gone(group, marker, grace_ms);
    }
    return found;
}
