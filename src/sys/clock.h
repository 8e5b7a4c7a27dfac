/*
 * The clocks. Only entry points (a command, a request, a tick) read the wall clock and pass `now` on.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

/* UTC seconds. POBSYNC_FAKE_NOW (seconds, or a time such as 2026-11-22T21:00:05Z) takes its place, for tests. */
int64_t clock_now(void);

/* Milliseconds of CLOCK_BOOTTIME: for durations, deadlines and leases; goes on during suspend, never steps. */
int64_t clock_boot_ms(void);

/* The kernel's boot id (/proc/sys/kernel/random/boot_id) as text, "" when it cannot be read. Static storage. */
const char *clock_boot_id(void);

#endif
