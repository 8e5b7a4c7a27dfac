/* Running programs. The shell is only the program that is run: it can play any child in one line. */
#include "scratch.h"

#include <dirent.h>
#include <signal.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/lock.h"
#include "sys/spawn.h"
#include "sys/stop.h"

/* Far longer than any of these takes, far shorter than what would have been waited for in vain. */
enum { PATIENCE_MS = 10000 };

static const char *const environment[] = {"PATH=/usr/bin:/bin", "POBSYNC_TEST=1", NULL};

/* What a run gave. */
struct seen {
    struct buf streams[2];
    int ticks, ticks_allowed; /* ticks_allowed 0: any number */
    pid_t pid;
    size_t counts[2]; /* of bytes, when `only_count` */
    bool only_count;
    void (*on_output)(const struct seen *seen); /* called once when output comes */
};

static void on_output(void *context, int stream, const char *bytes, size_t size)
{
    struct seen *seen = context;

    seen->counts[stream - 1] += size;
    if (!seen->only_count)
        buf_add(&seen->streams[stream - 1], bytes, size);
    if (seen->on_output != NULL)
        seen->on_output(seen);
    seen->on_output = NULL;
}

static bool on_tick(void *context)
{
    struct seen *seen = context;

    seen->ticks++;
    return seen->ticks_allowed == 0 || seen->ticks < seen->ticks_allowed;
}

static void on_started(void *context, pid_t pid)
{
    ((struct seen *)context)->pid = pid;
}

static void release(struct seen *seen)
{
    buf_release(&seen->streams[0]);
    buf_release(&seen->streams[1]);
}

#define SEEN_SCOPED __attribute__((cleanup(release))) struct seen

static struct spawn shell(const char *const *argv, struct seen *seen)
{
    return (struct spawn){
        .argv = argv,
        .environment = environment,
        .inherit_fd = -1,
        .deadline_ms = clock_boot_ms() + PATIENCE_MS,
        .output = on_output,
        .tick = on_tick,
        .started = on_started,
        .context = seen,
    };
}

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

/* Whether the process has gone, within our patience; a zombie nobody has waited for counts as gone. */
static bool is_gone(pid_t pid)
{
    int64_t until = clock_boot_ms() + PATIENCE_MS;
    char path[64], state = 'R';

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    while (clock_boot_ms() < until) {
        FILE *file = fopen(path, "re");

        if (file == NULL)
            return true;
        if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            state = 'Z';
        fclose(file);
        if (state == 'Z')
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

static void output_and_status_come_back(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("echo out; echo err >&2; cat; exit 7"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_EXITED);
    assert_int_equal(result.exit_status, 7);
    assert_false(result.group_killed);
    assert_in_range(result.duration_ms, 0, PATIENCE_MS);
    assert_string_equal(buf_text(&seen.streams[0]), "out\n");
    assert_string_equal(buf_text(&seen.streams[1]), "err\n");
    assert_true(seen.pid > 1);
    assert_int_equal(waitpid(seen.pid, NULL, WNOHANG), -1);
}

static void a_signal_is_told(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("kill -USR1 $$"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_SIGNALED);
    assert_int_equal(result.signal, SIGUSR1);
}

static void arguments_are_not_interpreted(void **state)
{
    static const char *const argv[] = {"printf", "[%s]", "$(id)", "a b", "*", ";", NULL};
    BUF_SCOPED output = BUF_EMPTY;
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_collect(argv, environment, PATIENCE_MS, 1000, &output, NULL, &result, &err), &err);
    assert_string_equal(buf_text(&output), "[$(id)][a b][*][;]");
}

static void environment_is_what_was_listed(void **state)
{
    static const char *const argv[] = {"/usr/bin/env", NULL};
    BUF_SCOPED output = BUF_EMPTY;
    struct spawn_result result;
    struct err err;

    (void)state;
    setenv("RSYNC_OLD_ARGS", "1", 1);
    assert_ok(spawn_collect(argv, environment, PATIENCE_MS, 1000, &output, NULL, &result, &err), &err);
    unsetenv("RSYNC_OLD_ARGS");
    assert_string_equal(buf_text(&output), "PATH=/usr/bin:/bin\nPOBSYNC_TEST=1\n");
}

static int descriptors_open(void)
{
    DIR *stream = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(stream) != NULL)
        count++;
    closedir(stream);
    return count;
}

static void descriptors_do_not_leak(void **state)
{
    struct scratch *s = *state;
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(
        SHELL("i=0; while [ $i -lt 100 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done"), &seen);
    struct spawn_result result;
    int before, open_fds[20];
    char expected[32];

    /* Without O_CLOEXEC, on both sides of the one that is meant. */
    for (int i = 0; i < 20; i++) {
        open_fds[i] = open(s->path, O_RDONLY);
        assert_true(open_fds[i] > 2);
    }
    spawn.inherit_fd = open_fds[10];
    before = descriptors_open();
    assert_ok(spawn_run(&spawn, &result, &s->err), &s->err);
    assert_int_equal(descriptors_open(), before);
    snprintf(expected, sizeof expected, "0\n1\n2\n%d\n", open_fds[10]);
    assert_string_equal(buf_text(&seen.streams[0]), expected);

    buf_clear(&seen.streams[0]);
    spawn.inherit_fd = -1;
    assert_ok(spawn_run(&spawn, &result, &s->err), &s->err);
    assert_string_equal(buf_text(&seen.streams[0]), "0\n1\n2\n");
    for (int i = 0; i < 20; i++)
        close(open_fds[i]);
}

static void run_without_standard_descriptors(void *context)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("echo out; echo err >&2; cat; test ! -e /proc/$$/fd/3"), &seen);
    struct spawn_result result;
    struct err err;

    (void)context;
    close(0);
    close(1);
    close(2);
    if (spawn_run(&spawn, &result, &err) < 0 || result.exit_status != 0)
        _exit(1);
    if (strcmp(buf_text(&seen.streams[0]), "out\n") != 0 || strcmp(buf_text(&seen.streams[1]), "err\n") != 0)
        _exit(2);
}

static void closed_standard_descriptors_do_no_harm(void **state)
{
    (void)state;
    assert_int_equal(in_child(run_without_standard_descriptors, NULL), 0);
}

static void run_with_odd_signals(void *context)
{
    static const char *const argv[] = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL};
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(argv, &seen);
    struct spawn_result result;
    struct err err;

    (void)context;
    stop_install();
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigaction(SIGUSR2, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    child_assert(spawn_run(&spawn, &result, &err) == 0);
    child_assert(result.end == SPAWN_EXITED && result.exit_status == 0);
    child_assert(
        strcmp(buf_text(&seen.streams[0]), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n") == 0);
}

static void signals_are_as_in_a_new_process(void **state)
{
    (void)state;
    assert_int_equal(in_child(run_with_odd_signals, NULL), 0);
}

static void what_cannot_be_run_is_told(void **state)
{
    struct scratch *s = *state;
    static const char *const no_path[] = {"HOME=/", NULL};
    struct spawn_result result;
    BUF_SCOPED output = BUF_EMPTY;
    const char *argv[] = {"no-such-program", NULL};
    int before = descriptors_open();

    assert_fails(spawn_collect(argv, environment, PATIENCE_MS, 10, &output, NULL, &result, &s->err), &s->err,
                 ERR_NOT_FOUND);
    assert_non_null(strstr(s->err.message, "\"no-such-program\""));
    argv[0] = "/no/such/program";
    assert_fails(spawn_collect(argv, environment, PATIENCE_MS, 10, &output, NULL, &result, &s->err), &s->err,
                 ERR_NOT_FOUND);
    argv[0] = "sh";
    assert_fails(spawn_collect(argv, no_path, PATIENCE_MS, 10, &output, NULL, &result, &s->err), &s->err,
                 ERR_NOT_FOUND);
    write_text(s->fd, "plain", "echo no shell ever\n");
    argv[0] = scratch_path(s, "plain");
    assert_fails(spawn_collect(argv, environment, PATIENCE_MS, 10, &output, NULL, &result, &s->err), &s->err,
                 ERR_IO);
    assert_non_null(strstr(s->err.message, "Permission denied"));
    assert_int_equal(fchmodat(s->fd, "plain", 0755, 0), 0);
    assert_fails(spawn_collect(argv, environment, PATIENCE_MS, 10, &output, NULL, &result, &s->err), &s->err,
                 ERR_IO);
    assert_non_null(strstr(s->err.message, "Exec format error"));
    assert_int_equal(descriptors_open(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* One stream must not wait for the other. */
static void much_output_on_both_streams_is_read(void **state)
{
    SEEN_SCOPED seen = {.only_count = true};
    struct spawn spawn =
        shell(SHELL("head -c 10485760 /dev/zero & head -c 10485760 /dev/zero >&2; wait"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_EXITED);
    assert_int_equal(seen.counts[0], 10485760);
    assert_int_equal(seen.counts[1], 10485760);
}

enum { PIPE_FILL = 500000 };

/* This test's other self: leaves more in its pipe than one read takes, and ends. */
static int fill_pipe(void)
{
    static const char bytes[PIPE_FILL];

    return fcntl(1, F_SETPIPE_SZ, 2 * PIPE_FILL) >= 0 && write(1, bytes, sizeof bytes) == PIPE_FILL ? 0 : 1;
}

static void wait_for_end(const struct seen *seen)
{
    assert_true(is_gone(seen->pid));
}

static void what_the_pipe_still_holds_is_read(void **state)
{
    static const char *const argv[] = {"/proc/self/exe", "--fill-pipe", NULL};
    SEEN_SCOPED seen = {.only_count = true, .on_output = wait_for_end};
    struct spawn spawn = shell(argv, &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_EXITED);
    assert_int_equal(result.exit_status, 0);
    assert_int_equal(seen.counts[0], PIPE_FILL);
}

static void count_piece(void *context, int stream, const char *bytes, size_t size)
{
    struct seen *seen = context;

    (void)bytes;
    seen->counts[0]++;
    seen->counts[1] += size;
    assert_int_equal(stream, 1);
}

/* A line for each file would otherwise wake us for each file. */
static void small_pieces_are_read_together(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("i=0; while [ $i -lt 20000 ]; do echo; i=$((i + 1)); done"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.output = count_piece;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.exit_status, 0);
    assert_int_equal(seen.counts[1], 20000);
    /* The first, one for each hold, and what was left at the end. */
    assert_in_range(seen.counts[0], 1, (uintmax_t)result.duration_ms / SPAWN_HOLD_MS + 3);
}

static void collecting_has_a_limit(void **state)
{
    BUF_SCOPED output = BUF_EMPTY;
    BUF_SCOPED errors = BUF_EMPTY;
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_collect(SHELL("head -c 1000000 /dev/zero; echo hm >&2"), environment, PATIENCE_MS, 1000,
                            &output, &errors, &result, &err),
              &err);
    assert_int_equal(result.end, SPAWN_EXITED);
    assert_int_equal(output.size, 1000);
    assert_string_equal(buf_text(&errors), "hm\n");
    assert_ok(spawn_collect(SHELL("echo a; echo b >&2"), environment, PATIENCE_MS, 1000, &output, NULL,
                            &result, &err),
              &err);
    assert_int_equal(output.size, 4);
}

static void the_deadline_ends_it(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("echo begun; sleep 300; echo never"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.deadline_ms = clock_boot_ms() + 300;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_DEADLINE);
    assert_int_equal(result.signal, SIGTERM);
    assert_false(result.group_killed);
    assert_in_range(result.duration_ms, 290, PATIENCE_MS);
    assert_string_equal(buf_text(&seen.streams[0]), "begun\n");
}

/* Whoever trickles is not silent, but still has a deadline. */
static void silence_ends_it(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn =
        shell(SHELL("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done; exec sleep 300"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.silence_ms = 1000;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_SILENCE);
    assert_string_equal(buf_text(&seen.streams[0]), "1\n2\n3\n4\n5\n6\n7\n8\n");
    assert_in_range(result.duration_ms, 2400, PATIENCE_MS);
}

static void a_chatterer_meets_the_deadline(void **state)
{
    SEEN_SCOPED seen = {.only_count = true};
    struct spawn spawn = shell(SHELL("exec cat /dev/zero"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.deadline_ms = clock_boot_ms() + 1000;
    spawn.tick_ms = 50;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_DEADLINE);
    assert_true(seen.ticks >= 2);
}

static void a_tick_can_end_it(void **state)
{
    SEEN_SCOPED seen = {.ticks_allowed = 3};
    struct spawn spawn = shell(SHELL("exec sleep 300"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.tick_ms = 20;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_STOPPED);
    assert_in_range(seen.ticks, 3, 100);
}

static void stop_self(const struct seen *seen)
{
    (void)seen;
    kill(getpid(), SIGTERM);
}

static void run_until_stopped(void *context)
{
    SEEN_SCOPED seen = {.on_output = stop_self};
    struct spawn spawn =
        shell(SHELL("trap 'echo told; exit 20' TERM; echo begun; while :; do :; done"), &seen);
    struct spawn_result result;
    struct err err;

    (void)context;
    stop_install();
    child_assert(spawn_run(&spawn, &result, &err) == 0);
    child_assert(result.end == SPAWN_CANCELLED);
    child_assert(result.exit_status == 20);
    child_assert(strcmp(buf_text(&seen.streams[0]), "begun\ntold\n") == 0);
    child_assert(!result.group_killed);
}

static void being_asked_to_stop_ends_it(void **state)
{
    (void)state;
    assert_int_equal(in_child(run_until_stopped, NULL), 0);
}

static void who_ignores_term_is_killed(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("trap '' TERM; echo begun; while :; do sleep 300; done"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.deadline_ms = clock_boot_ms() + 200;
    spawn.grace_ms = 200;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_DEADLINE);
    assert_int_equal(result.signal, SIGKILL);
    assert_true(result.group_killed);
    assert_true(is_gone(seen.pid));
}

/* The grandchild holds both pipes open: whoever waits for their end waits for it. */
static void a_grandchild_with_the_pipes_is_not_waited_for(void **state)
{
    SEEN_SCOPED seen = {0};
    struct spawn spawn = shell(SHELL("sleep 300 & echo $!; exit 4"), &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_EXITED);
    assert_int_equal(result.exit_status, 4);
    assert_false(result.group_killed);
    assert_true(result.duration_ms < PATIENCE_MS);
    assert_true(is_gone((pid_t)strtol(buf_text(&seen.streams[0]), NULL, 10)));
}

static void a_stubborn_grandchild_is_killed(void **state)
{
    SEEN_SCOPED seen = {0};
    /* It ends only when the grandchild is deaf to TERM, signal 15, bit 14 of the mask. */
    struct spawn spawn = shell(SHELL("(trap '' TERM; while :; do sleep 300; done) & "
                                     "until grep -q '^SigIgn:.*4...$' /proc/$!/status; do :; done; echo $!"),
                               &seen);
    struct spawn_result result;
    struct err err;

    (void)state;
    spawn.grace_ms = 200;
    assert_ok(spawn_run(&spawn, &result, &err), &err);
    assert_int_equal(result.end, SPAWN_EXITED);
    assert_true(result.group_killed);
    assert_true(is_gone((pid_t)strtol(buf_text(&seen.streams[0]), NULL, 10)));
}

/* An orphan that left the group is out of our reach, but it holds the lock for as long as it lives. */
static void an_orphan_holds_the_inherited_lock(void **state)
{
    struct scratch *s = *state;
    SEEN_SCOPED seen = {0};
    /* setsid would fork if it led the group; it does not. */
    struct spawn spawn =
        shell(SHELL("setsid sleep 300 >/dev/null 2>&1 & "
                    "while read -r x x x x group x </proc/$!/stat && [ $group = $$ ]; do :; done; "
                    "echo $!"),
              &seen);
    struct spawn_result result;
    struct lock_owner owner;
    int64_t until;
    pid_t orphan;
    int fd = lock_take(s->fd, ".lock", &owner, &s->err);

    assert_ok(fd, &s->err);
    spawn.inherit_fd = fd;
    assert_ok(spawn_run(&spawn, &result, &s->err), &s->err);
    assert_int_equal(result.end, SPAWN_EXITED);
    orphan = (pid_t)strtol(buf_text(&seen.streams[0]), NULL, 10);
    assert_true(orphan > 1);
    close(fd);
    assert_fails(lock_take(s->fd, ".lock", &owner, &s->err), &s->err, ERR_BUSY);
    assert_int_equal(kill(orphan, SIGKILL), 0);
    until = clock_boot_ms() + PATIENCE_MS;
    while ((fd = lock_take(s->fd, ".lock", &owner, &s->err)) < 0 && clock_boot_ms() < until)
        poll(NULL, 0, 10);
    assert_ok(fd, &s->err);
    close(fd);
}

static int told_fd;

static void tell_pid(void *context, pid_t pid)
{
    (void)context;
    if (write(told_fd, &pid, sizeof pid) != sizeof pid)
        _exit(1);
}

/* The one who runs it is killed: the program gets TERM from the kernel. */
static void the_program_dies_with_us(void **state)
{
    pid_t runner, program = 0;
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    runner = fork();
    if (runner == 0) {
        SEEN_SCOPED seen = {0};
        struct spawn spawn = shell(SHELL("exec sleep 300"), &seen);
        struct spawn_result result;
        struct err err;

        told_fd = ends[1];
        spawn.started = tell_pid;
        spawn.deadline_ms = 0;
        spawn_run(&spawn, &result, &err);
        _exit(0);
    }
    assert_int_equal(read(ends[0], &program, sizeof program), sizeof program);
    assert_int_equal(kill(program, 0), 0);
    kill(runner, SIGKILL);
    assert_int_equal(waitpid(runner, NULL, 0), runner);
    assert_true(is_gone(program));
    close(ends[0]);
    close(ends[1]);
}

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "--fill-pipe") == 0)
        return fill_pipe();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_status_come_back),
        cmocka_unit_test(a_signal_is_told),
        cmocka_unit_test(arguments_are_not_interpreted),
        cmocka_unit_test(environment_is_what_was_listed),
        scratch_test(descriptors_do_not_leak),
        cmocka_unit_test(closed_standard_descriptors_do_no_harm),
        cmocka_unit_test(signals_are_as_in_a_new_process),
        scratch_test(what_cannot_be_run_is_told),
        cmocka_unit_test(much_output_on_both_streams_is_read),
        cmocka_unit_test(what_the_pipe_still_holds_is_read),
        cmocka_unit_test(small_pieces_are_read_together),
        cmocka_unit_test(collecting_has_a_limit),
        cmocka_unit_test(the_deadline_ends_it),
        cmocka_unit_test(silence_ends_it),
        cmocka_unit_test(a_chatterer_meets_the_deadline),
        cmocka_unit_test(a_tick_can_end_it),
        cmocka_unit_test(being_asked_to_stop_ends_it),
        cmocka_unit_test(who_ignores_term_is_killed),
        cmocka_unit_test(a_grandchild_with_the_pipes_is_not_waited_for),
        cmocka_unit_test(a_stubborn_grandchild_is_killed),
        scratch_test(an_orphan_holds_the_inherited_lock),
        cmocka_unit_test(the_program_dies_with_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
