/* The wish to stop. Each test in a process of its own, since the flag stays. */
#include "scratch.h"

#include <signal.h>

#include "sys/clock.h"
#include "sys/stop.h"

enum { LONG_MS = 30000 };

static void pending_is_noticed(void *context)
{
    (void)context;
    stop_install();
    child_assert(stop_requested() == 0);
    kill(getpid(), SIGINT);
    child_assert(stop_requested() == SIGINT);
    kill(getpid(), SIGTERM);
    child_assert(stop_requested() == SIGINT);
}

static void a_loop_that_never_waits_notices(void **state)
{
    (void)state;
    assert_int_equal(in_child(pending_is_noticed, NULL), 0);
}

static void waiting_ends(void *context)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    int signal = signals[*(int *)context];
    pid_t self = getpid();
    int64_t begun = clock_boot_ms();

    stop_install();
    if (fork() == 0) {
        poll(NULL, 0, 50);
        kill(self, signal);
        _exit(0);
    }
    child_assert(stop_poll(NULL, 0, LONG_MS) == -1 && errno == EINTR);
    child_assert(stop_requested() == signal);
    child_assert(clock_boot_ms() - begun < LONG_MS);
    /* Not only the first time. */
    child_assert(stop_poll(NULL, 0, LONG_MS) == -1 && errno == EINTR);
    child_assert(clock_boot_ms() - begun < LONG_MS);
}

static void a_signal_ends_waiting(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(in_child(waiting_ends, &i), 0);
}

static void nothing(int signal)
{
    (void)signal;
}

static void other_signals(void *context)
{
    struct sigaction action = {.sa_handler = nothing};
    pid_t self = getpid();
    int64_t begun;
    int ends[2];

    (void)context;
    stop_install();
    sigaction(SIGUSR1, &action, NULL);
    begun = clock_boot_ms();
    if (fork() == 0) {
        for (int i = 0; i < 5; i++) {
            poll(NULL, 0, 10);
            kill(self, SIGUSR1);
        }
        _exit(0);
    }
    child_assert(stop_poll(NULL, 0, 200) == 0);
    child_assert(clock_boot_ms() - begun >= 200);
    /* A closed pipe is an error of write(), not the end. */
    child_assert(pipe(ends) == 0 && close(ends[0]) == 0);
    child_assert(write(ends[1], "x", 1) == -1 && errno == EPIPE);
}

static void other_signals_do_not_stop(void **state)
{
    (void)state;
    assert_int_equal(in_child(other_signals, NULL), 0);
}

static void descriptors_are_reported(void **state)
{
    struct pollfd poll = {.events = POLLIN};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    poll.fd = ends[0];
    assert_int_equal(stop_poll(&poll, 1, 0), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(stop_poll(&poll, 1, -1), 1);
    assert_int_equal(poll.revents, POLLIN);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_never_waits_notices),
        cmocka_unit_test(a_signal_ends_waiting),
        cmocka_unit_test(other_signals_do_not_stop),
        cmocka_unit_test(descriptors_are_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
