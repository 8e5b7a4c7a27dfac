/* Signals that ask to stop. */
#include "sys/stop.h"

#include <errno.h>
#include <signal.h>

#include "sys/clock.h"

static const int stop_signals[] = {SIGTERM, SIGINT, SIGHUP};
enum { STOP_SIGNALS = sizeof stop_signals / sizeof *stop_signals };

static volatile sig_atomic_t requested;

static void note(int signal)
{
    if (requested == 0)
        requested = signal;
}

void stop_install(void)
{
    struct sigaction action = {.sa_handler = note};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaddset(&blocked, stop_signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaction(stop_signals[i], &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

void stop_reset(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        sigaction(i, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int stop_requested(void)
{
    sigset_t pending;

    /* A loop that works without ever waiting in stop_poll() must hear of it too. */
    if (requested == 0 && sigpending(&pending) == 0)
        for (size_t i = 0; i < STOP_SIGNALS; i++)
            if (sigismember(&pending, stop_signals[i]) == 1)
                note(stop_signals[i]);
    return requested;
}

int stop_poll(struct pollfd *fds, size_t count, int64_t timeout_ms)
{
    int64_t until = clock_boot_ms() + timeout_ms;
    sigset_t mask;

    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigdelset(&mask, stop_signals[i]);
    while (stop_requested() == 0) {
        int64_t left = timeout_ms < 0 ? 0 : until - clock_boot_ms();
        struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        int ready;

        if (left < 0)
            wait = (struct timespec){0};
        ready = ppoll(fds, count, timeout_ms < 0 ? NULL : &wait, &mask);
        if (ready >= 0 || errno != EINTR)
            return ready;
    }
    errno = EINTR;
    return -1;
}
