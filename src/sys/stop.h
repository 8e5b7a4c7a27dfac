/*
 * The wish to stop. Handlers only set a flag; loops look at it and wait in ppoll with the signals unblocked.
 */
#ifndef SYS_STOP_H
#define SYS_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Installs handlers for TERM, INT and HUP, ignores PIPE, and blocks the three outside of stop_poll(). */
void stop_install(void);

/* Gives a child that is about to become another program the signals of a fresh process: ignored ones and the mask would
 * outlive exec. */
void stop_reset(void);

/* The signal that asked for the stop, or 0. A loop that works on without ever waiting in stop_poll() hears of
 * it too. */
int stop_requested(void);

/* ppoll() that a signal ends: the result of ppoll; -1 with errno EINTR when asked to stop, also when that was
 * before. Other signals do not end it. timeout_ms -1 is forever. */
int stop_poll(struct pollfd *fds, size_t count, int64_t timeout_ms);

#endif
