/* Ending what a dead worker left behind: only what carries the mark. */
#include "scratch.h"

#include <signal.h>
#include <sys/prctl.h>

#include "sys/clock.h"
#include "sys/spawn.h"

enum { PATIENCE_MS = 10000 };

/* A process of the group `group` (0: of one of its own) with one variable in its environment: a cat, which
 * has answered by the time this returns, so that it is past exec, and which nothing but a signal ends. */
static pid_t start(pid_t group, const char *variable, bool ignores_term)
{
    char *const environment[] = {(char *)(uintptr_t)variable, NULL};
    int input[2], output[2];
    char byte = 'x';
    pid_t pid;

    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        setpgid(0, group);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (ignores_term)
            sigaction(SIGTERM, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
        dup2(input[0], 0);
        dup2(output[1], 1);
        execle("/bin/cat", "cat", (char *)NULL, environment);
        _exit(127);
    }
    assert_int_equal(write(input[1], &byte, 1), 1);
    assert_int_equal(read(output[0], &byte, 1), 1);
    close(input[0]);
    close(output[0]);
    close(output[1]);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void only_marked_members_are_ended(void **state)
{
    pid_t leader = start(0, "POBSYNC_RUN=17", false);
    pid_t member = start(leader, "POBSYNC_RUN=17", false);
    pid_t foreign = start(leader, "POBSYNC_RUN=170", false);
    pid_t elsewhere = start(0, "POBSYNC_RUN=17", false);

    (void)state;
    assert_int_equal(spawn_end_group(leader, "POBSYNC_RUN=1", PATIENCE_MS), 0);
    assert_int_equal(spawn_end_group(leader, "POBSYNC_RUN=17", PATIENCE_MS), 2);
    assert_int_equal(wait_for(leader), SIGTERM);
    assert_int_equal(wait_for(member), SIGTERM);
    assert_int_equal(waitpid(foreign, NULL, WNOHANG), 0);
    assert_int_equal(waitpid(elsewhere, NULL, WNOHANG), 0);
    assert_int_equal(spawn_end_group(leader, "POBSYNC_RUN=17", PATIENCE_MS), 0);
    kill(foreign, SIGKILL);
    kill(elsewhere, SIGKILL);
    wait_for(foreign);
    wait_for(elsewhere);
}

static void who_ignores_term_is_killed(void **state)
{
    pid_t leader = start(0, "POBSYNC_RUN=18", true);
    int64_t begun = clock_boot_ms();

    (void)state;
    assert_int_equal(spawn_end_group(leader, "POBSYNC_RUN=18", 200), 1);
    assert_true(clock_boot_ms() - begun >= 200);
    assert_int_equal(wait_for(leader), SIGKILL);
}

static void nobody_is_quickly_ended(void **state)
{
    int64_t begun = clock_boot_ms();

    (void)state;
    assert_int_equal(spawn_end_group(0, "POBSYNC_RUN=19", 60000), 0);
    assert_int_equal(spawn_end_group(getpgrp(), "POBSYNC_RUN=19", 60000), 0);
    assert_true(clock_boot_ms() - begun < 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_marked_members_are_ended),
        cmocka_unit_test(who_ignores_term_is_killed),
        cmocka_unit_test(nobody_is_quickly_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
