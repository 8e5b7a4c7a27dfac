/*
 * Whether who runs a run still lives: its heartbeat counter, timed by our own steady clock. Nobody compares clocks with
 * anybody: what counts is how long the counter has stood still before our eyes.
 */
#ifndef PLAN_LEASE_H
#define PLAN_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/run.h"

enum { LEASE_MS = 60000 };

/* How a run was seen first with this token and heartbeat. */
struct lease {
    int64_t run, token, heartbeat;
    int64_t seen_ms; /* our clock_boot_ms() then */
};

/* What is known of the run now, given what was known before (`count` leases of any runs). */
struct lease lease_renew(const struct lease *leases, size_t count, const struct run *run, int64_t now_ms);

bool lease_has_lapsed(const struct lease *lease, int64_t now_ms);

#endif
