/* One run of rsync, watched. */
#include "engine/transfer.h"

#include "engine/root.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/spawn.h"

enum { GRACE_MS = 5000 };

struct watch {
    const struct transfer *transfer;
    struct rsync_output *output;
    enum rsync_end room; /* what the last look at the root found */
};

static void on_output(void *context, int stream, const char *bytes, size_t size)
{
    rsync_output_feed(((struct watch *)context)->output, stream, bytes, size);
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

    if (transfer->tick != NULL)
        transfer->tick(transfer->context);
    if (transfer->root_fd >= 0 && fs_room(transfer->root_fd, &room, &ignored) == 0 &&
        root_require_room(&room, transfer->min_free_bytes, transfer->min_free_inodes, &cause, &ignored) < 0)
        watch->room = cause == CAUSE_NO_INODES ? RSYNC_NO_INODES : RSYNC_NO_SPACE;
    return watch->room == RSYNC_EXITED;
}

static enum rsync_end end_of(const struct spawn_result *spawned, const struct watch *watch)
{
    switch (spawned->end) {
    case SPAWN_EXITED:
        return RSYNC_EXITED;
    case SPAWN_SIGNALED:
        return RSYNC_KILLED;
    case SPAWN_DEADLINE:
        return RSYNC_TOO_LONG;
    case SPAWN_SILENCE:
        return RSYNC_SILENT;
    case SPAWN_STOPPED:
        return watch->room;
    case SPAWN_CANCELLED:
        return RSYNC_CANCELLED;
    }
    return RSYNC_KILLED;
}

int transfer_run(const struct transfer *transfer, struct rsync_output *output, struct transfer_result *result,
                 struct err *err)
{
    struct watch watch = {.transfer = transfer, .output = output, .room = RSYNC_EXITED};
    struct spawn_result spawned;
    const struct spawn spawn = {
        .argv = transfer->argv,
        .environment = transfer->environment,
        .inherit_fd = transfer->lock_fd,
        .deadline_ms = clock_boot_ms() + transfer->max_runtime_seconds * 1000,
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
    };
    return 0;
}
