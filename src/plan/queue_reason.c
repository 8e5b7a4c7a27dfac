/* Why a queued run waits. */
#include "plan/queue_reason.h"

#include "base/when.h"

static const struct run *holder_of(const struct run *run, const struct queue_facts *facts)
{
    for (size_t i = 0; i < facts->running_count; i++)
        if (run->host_id != 0 && facts->running[i].host_id == run->host_id &&
            job_takes_host(facts->running[i].job))
            return &facts->running[i];
    return NULL;
}

static int64_t places_taken(const struct queue_facts *facts)
{
    int64_t taken = 0;

    for (size_t i = 0; i < facts->running_count; i++)
        taken += facts->running[i].place > 0;
    return taken;
}

const char *queue_reason_plan(struct arena *arena, const struct run *run, const struct queue_facts *facts)
{
    const struct run *holder = holder_of(run, facts);
    char due[WHEN_TEXT];

    if (run->due_at > facts->now)
        return arena_printf(arena, "%s %s", run->retry_of != 0 ? "will be tried again" : "is due",
                            when_ago(due, run->due_at, facts->now));
    if (facts->workers == 0)
        return "no worker is running: pobsync up";
    if (holder != NULL && job_takes_host(run->job))
        return arena_printf(arena, "%s is busy: run %lld, %s", run->host, (long long)holder->id,
                            job_name(holder->job));
    if (places_taken(facts) >= facts->places)
        return arena_printf(arena, "%lld of %lld slots are taken", (long long)places_taken(facts),
                            (long long)facts->places);
    return "starts now";
}
