/* Leases of runs. */
#include "plan/lease.h"

struct lease lease_renew(const struct lease *leases, size_t count, const struct run *run, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++)
        if (leases[i].run == run->id && leases[i].token == run->token &&
            leases[i].heartbeat == run->heartbeat)
            return leases[i];
    return (struct lease){run->id, run->token, run->heartbeat, now_ms};
}

bool lease_has_lapsed(const struct lease *lease, int64_t now_ms)
{
    return now_ms - lease->seen_ms >= LEASE_MS;
}
