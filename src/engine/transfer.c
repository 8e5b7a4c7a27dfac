/* One run of rsync, watched. */
#include "engine/transfer.h"

#include "engine/root.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/spawn.h"
#include "sys/stop.h"

enum { GRACE_MS = 5000 };

struct watch {
    const struct transfer *transfer;
    struct rsync_output *output;
    enum rsync_end why;   /* what the last look at the root, and at the wish to go on, found */
    int64_t connected_ms; /* when the first output came, 0: not yet */
};

static void on_output(void *context, int stream, const char *bytes, size_t size)
{
    struct watch *watch = context;

    if (watch->connected_ms == 0)
        watch->connected_ms = clock_boot_ms();
    rsync_output_feed(watch->output, stream, bytes, size);
}

static void on_started(void *context, pid_t group)
{
    const struct transfer *transfer = ((struct watch *)context)->transfer;

    if (transfer->started != NULL)
        transfer->started(transfer->context, group);
}

/* False ends the transfer. A root whose room cannot be read any more will fail the transfer by itself. */
static bool on_tick(void *context)
{
    struct watch *watch = context;
    const struct transfer *transfer = watch->transfer;
    enum cause cause = CAUSE_NONE;
    struct fs_room room;
    struct err ignored;

    if (transfer->tick != NULL && !transfer->tick(transfer->context))
        watch->why = RSYNC_CANCELLED;
    else if (transfer->root_fd >= 0 && fs_room(transfer->root_fd, &room, &ignored) == 0 &&
             root_require_room(&room, transfer->min_free_bytes, transfer->min_free_inodes, &cause, &ignored) <
                 0)
        watch->why = cause == CAUSE_NO_INODES ? RSYNC_NO_INODES : RSYNC_NO_SPACE;
    return watch->why == RSYNC_EXITED;
}

static enum rsync_end end_of(const struct spawn_result *spawned, const struct watch *watch)
{
    switch (spawned->end) {
    case SPAWN_EXITED:
        /* Who stops us may stop rsync as well, and rsync may be the first to notice (20: RERR_SIGNAL). */
        return spawned->exit_status == 20 && stop_requested() != 0 ? RSYNC_CANCELLED : RSYNC_EXITED;
    case SPAWN_SIGNALED:
        return RSYNC_KILLED;
    case SPAWN_DEADLINE:
        return RSYNC_TOO_LONG;
    case SPAWN_SILENCE:
        return RSYNC_SILENT;
    case SPAWN_STOPPED:
        return watch->why;
    case SPAWN_CANCELLED:
        return RSYNC_CANCELLED;
    }
    return RSYNC_KILLED;
}

int transfer_run(const struct transfer *transfer, struct rsync_output *output, struct transfer_result *result,
                 struct err *err)
{
    struct watch watch = {.transfer = transfer, .output = output, .why = RSYNC_EXITED};
    struct spawn_result spawned;
    int64_t begun_ms = clock_boot_ms();
    const struct spawn spawn = {
        .argv = transfer->argv,
        .environment = transfer->environment,
        .inherit_fd = transfer->lock_fd,
        .deadline_ms = begun_ms + transfer->max_runtime_seconds * 1000,
        .grace_ms = GRACE_MS,
        .output = on_output,
        .tick = on_tick,
        .started = on_started,
        .context = &watch,
    };

    if (spawn_run(&spawn, &spawned, err) < 0)
        return -1;
    rsync_output_finish(output);
    *result = (struct transfer_result){
        .end = end_of(&spawned, &watch),
        .exit_status = spawned.end == SPAWN_EXITED ? spawned.exit_status : -1,
        .signal = spawned.signal,
        .duration_ms = spawned.duration_ms,
        .connect_ms = watch.connected_ms == 0 ? -1 : watch.connected_ms - begun_ms,
    };
    return 0;
}
