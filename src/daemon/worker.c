/* The worker's loop. */
#include "daemon/worker.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/log.h"
#include "service/service_claim.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/service_manager.h"
#include "sys/stop.h"

enum {
    TICK_MS = 1000,      /* how often the queue is looked at, and whether a run is to end */
    BEAT_MS = 5000,      /* how often runs and worker give a sign of life */
    WATCH_MS = 20000,    /* how often others' runs are looked at */
    PATIENCE_MS = 30000, /* a child that was told to end and has not is killed */
    STOP_MS = 7000,      /* the same when the worker itself is to end */
    STOP_LOOK_MS = 200,
    HEAVY_MAX = 64, /* as many as parallel_runs may be */
    LIGHT_MAX = 8,  /* runs that take no place */
    SEATS_MAX = HEAVY_MAX + LIGHT_MAX
};

/* A run that a child of ours does. */
struct seat {
    struct child child;
    struct claim claim;
    int64_t told_ms; /* when it was told to end, 0: it was not */
};

struct worker {
    struct service service; /* its arena and `now` are those of the tick */
    struct arena life;      /* what lasts */
    struct claimant claimant;
    int64_t jobs; /* asked for, 0: the setting */
    struct seat seats[SEATS_MAX];
    size_t seat_count;
    struct lease_book book;
    int64_t next_beat_ms, next_watch_ms;
};

/* --- claiming --- */

static int64_t count_seats(const struct worker *worker, bool takes_place)
{
    int64_t count = 0;

    for (size_t i = 0; i < worker->seat_count; i++)
        count += worker->seats[i].claim.takes_place == takes_place;
    return count;
}

static int start_child(struct worker *worker, const struct claim *claim, struct err *err)
{
    struct arena *arena = worker->service.arena;
    const char *argv[] = {"pobsync", "run-job", arena_printf(arena, "%lld", (long long)claim->run),
                          arena_printf(arena, "%lld", (long long)claim->token), NULL};
    struct seat seat = {.claim = *claim};
    const char *told;
    struct err ignored;

    if (child_start(argv, NULL, &seat.child, err) < 0) {
        service_claim_settle(&worker->service, claim, &told, &ignored);
        return -1;
    }
    worker->seats[worker->seat_count++] = seat;
    return 0;
}

/* Claims what may begin, of the one sort of jobs, as long as seats are free. */
static int claim_runs(struct worker *worker, bool takes_place, int64_t seats, int64_t places, struct err *err)
{
    while (count_seats(worker, takes_place) < seats) {
        struct claim claim;
        int claimed =
            service_claim_next(&worker->service, &worker->claimant, takes_place, places, &claim, err);

        if (claimed <= 0)
            return claimed;
        if (start_child(worker, &claim, err) < 0)
            return -1;
    }
    return 0;
}

static int claim(struct worker *worker, struct err *err)
{
    int64_t places, seats;

    if (service_claim_places(&worker->service, &places, err) < 0)
        return -1;
    seats = worker->jobs > 0 && worker->jobs < places ? worker->jobs : places;
    if (claim_runs(worker, true, seats < HEAVY_MAX ? seats : HEAVY_MAX, places, err) < 0)
        return -1;
    return claim_runs(worker, false, LIGHT_MAX, 0, err);
}

/* --- watching over the children --- */

static void tell_to_end(struct seat *seat)
{
    if (seat->told_ms != 0)
        return;
    seat->told_ms = clock_boot_ms();
    child_signal(&seat->child, SIGTERM);
}

/* A wish to end a run is heard at each tick, a sign of life is given now and then. */
static int beat(struct worker *worker, struct err *err)
{
    bool alive = clock_boot_ms() >= worker->next_beat_ms;

    if (alive)
        worker->next_beat_ms = clock_boot_ms() + BEAT_MS;
    for (size_t i = 0; i < worker->seat_count; i++) {
        int goes_on = service_claim_goes_on(&worker->service, &worker->seats[i].claim, alive, err);

        if (goes_on < 0)
            return -1;
        if (goes_on == 0)
            tell_to_end(&worker->seats[i]);
    }
    return alive ? service_claimant_beat(&worker->service, &worker->claimant, err) : 0;
}

static int watch(struct worker *worker, struct err *err)
{
    struct claim own[SEATS_MAX];

    if (clock_boot_ms() < worker->next_watch_ms)
        return 0;
    worker->next_watch_ms = clock_boot_ms() + WATCH_MS;
    for (size_t i = 0; i < worker->seat_count; i++)
        own[i] = worker->seats[i].claim;
    return service_claim_watch(&worker->service, &worker->claimant, own, worker->seat_count, &worker->book,
                               err);
}

static void kill_the_deaf(struct worker *worker, int64_t patience_ms)
{
    for (size_t i = 0; i < worker->seat_count; i++) {
        struct seat *seat = &worker->seats[i];

        if (seat->told_ms == 0 || clock_boot_ms() - seat->told_ms < patience_ms)
            continue;
        log_warning("run %lld does not end: it is killed", (long long)seat->claim.run);
        child_signal(&seat->child, SIGKILL);
    }
}

static void settle(struct worker *worker, const struct claim *claim, int status)
{
    const char *told = NULL;
    struct err err;

    if (WIFSIGNALED(status))
        log_warning("run %lld was killed by signal %d", (long long)claim->run, WTERMSIG(status));
    if (service_claim_settle(&worker->service, claim, &told, &err) < 0)
        log_warning("run %lld cannot be put right now: %s", (long long)claim->run, err.message);
    else
        log_info("%s", told);
}

static void reap(struct worker *worker)
{
    for (size_t i = 0; i < worker->seat_count;) {
        struct claim claim = worker->seats[i].claim;
        int status = 0;

        if (!child_reap(&worker->seats[i].child, &status)) {
            i++;
            continue;
        }
        worker->seats[i] = worker->seats[--worker->seat_count];
        settle(worker, &claim, status);
    }
}

static size_t child_events(const struct worker *worker, struct pollfd fds[SEATS_MAX])
{
    for (size_t i = 0; i < worker->seat_count; i++)
        fds[i] = (struct pollfd){.fd = worker->seats[i].child.pidfd, .events = POLLIN};
    return worker->seat_count;
}

/* --- the loop --- */

/* 1: nothing is left to do · 0 · -1. */
static int tick(struct worker *worker, struct err *err)
{
    int due;

    reap(worker);
    kill_the_deaf(worker, PATIENCE_MS);
    if (beat(worker, err) < 0 || watch(worker, err) < 0 || claim(worker, err) < 0)
        return -1;
    if (worker->seat_count > 0)
        return 0;
    due = service_claim_is_due(&worker->service, &worker->claimant, err);
    return due < 0 ? -1 : due == 0;
}

/* A tick in memory of its own. What fails is tried again with the next one: a database may be away for a while; it is
 * said once, not every second. */
static int tick_apart(struct worker *worker, struct buf *trouble)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct err err = {0};
    int result;

    worker->service.arena = &arena;
    worker->service.now = clock_now();
    result = tick(worker, &err);
    worker->service.arena = &worker->life;
    if (result < 0 && strcmp(buf_text(trouble), err.message) != 0)
        log_error("%s", err.message);
    buf_clear(trouble);
    if (result < 0)
        buf_add_text(trouble, err.message);
    return result;
}

/* Ends the children in order; what a killed one leaves is put right at once. */
static void end_children(struct worker *worker)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct pollfd fds[SEATS_MAX];

    worker->service.arena = &arena;
    for (size_t i = 0; i < worker->seat_count; i++)
        tell_to_end(&worker->seats[i]);
    while (worker->seat_count > 0) {
        /* Not stop_poll(): the wish to stop is no news any more. */
        poll(fds, child_events(worker, fds), STOP_LOOK_MS);
        worker->service.now = clock_now();
        kill_the_deaf(worker, STOP_MS);
        reap(worker);
    }
    worker->service.arena = &worker->life;
}

static void work(struct worker *worker, bool once)
{
    BUF_SCOPED trouble = BUF_EMPTY;
    struct service_manager manager;
    struct pollfd fds[SEATS_MAX];

    service_manager_begin(&manager);
    while (stop_requested() == 0) {
        if (tick_apart(worker, &trouble) > 0 && once)
            return;
        service_manager_live(&manager);
        stop_poll(fds, child_events(worker, fds), service_manager_wait_ms(&manager, TICK_MS));
    }
    end_children(worker);
}

int worker_run(const struct worker_options *options, struct err *err)
{
    struct worker worker = {.jobs = options->jobs};
    int result = service_open(&worker.service, &worker.life, "worker", err);
    struct err ignored;

    if (result == 0) {
        result = service_claimant_begin(&worker.service, &worker.claimant, err);
        if (result == 0) {
            log_info("worker begins");
            work(&worker, options->once);
            service_claimant_end(&worker.service, &worker.claimant, &ignored);
            log_info("worker ends");
        }
        service_close(&worker.service);
    }
    free(worker.book.leases);
    arena_release(&worker.life);
    return result;
}
