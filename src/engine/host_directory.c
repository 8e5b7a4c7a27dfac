/* The host directory and its lock. */
#include "engine/host_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/when.h"
#include "plan/snapshot_name.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/spawn.h"

enum {
    ORPHAN_GRACE_MS = 5000, /* rsync removes its temporary file on TERM in well under a second */
    NAMES_MAX = 100000      /* more snapshots than this in one directory is not our doing */
};

int host_directory_open(struct arena *arena, int root_fd, const char *root_path, const char *name,
                        bool create, struct host_directory *directory, struct err *err)
{
    *directory = HOST_DIRECTORY_CLOSED;
    directory->name = name;
    directory->path = arena_printf(arena, "%s/%s", strcmp(root_path, "/") == 0 ? "" : root_path, name);
    if (create && fs_make_dir(root_fd, name, 0700, true, err) < 0)
        return err_in(err, "host directory \"%s\"", directory->path);
    directory->fd = fs_open_dir(root_fd, name, true, err);
    if (directory->fd < 0) {
        if (errno == ENOENT)
            return err_set(err, ERR_NOT_FOUND, "host directory \"%s\" does not exist", directory->path);
        return err_in(err, "host directory \"%s\"", directory->path);
    }
    return 0;
}

void host_directory_close(struct host_directory *directory)
{
    fs_close(&directory->lock_fd);
    fs_close(&directory->fd);
}

/* Whether the pobsync that wrote the lock is gone. A pid of another boot says nothing about today's processes. */
static bool owner_is_dead(const struct lock_owner *owner)
{
    if (owner->pid <= 0)
        return false;
    return strcmp(owner->boot_id, clock_boot_id()) != 0 || (kill(owner->pid, 0) < 0 && errno == ESRCH);
}

static int busy(const struct host_directory *directory, const struct lock_owner *owner, int64_t now,
                struct err *err)
{
    char ago[WHEN_TEXT];

    if (owner->pid <= 0)
        err_set(err, ERR_BUSY, "\"%s\" is busy: another program holds the lock of its directory",
                directory->name);
    else
        err_set(err, ERR_BUSY, "\"%s\" is busy: %s (process %d, begun %s)", directory->name,
                owner->text[0] != '\0' ? owner->text : "another run", (int)owner->pid,
                when_ago(ago, owner->started, now));
    return err_hint(err, "wait until it has ended: pobsync runs --host %s", directory->name);
}

int host_directory_lock(struct host_directory *directory, int64_t now, const char *what, int *ended,
                        struct err *err)
{
    struct lock_owner owner;

    *ended = 0;
    directory->lock_fd = lock_take(directory->fd, ".lock", &owner, err);
    if (directory->lock_fd < 0 && err->code == ERR_BUSY && owner_is_dead(&owner) && owner.group > 0) {
        char marker[40];

        snprintf(marker, sizeof marker, "POBSYNC_RUN=%lld", (long long)owner.run);
        *ended = spawn_end_group(owner.group, marker, ORPHAN_GRACE_MS);
        directory->lock_fd = lock_take(directory->fd, ".lock", &owner, err);
    }
    if (directory->lock_fd < 0)
        return err->code == ERR_BUSY ? busy(directory, &owner, now, err) : -1;
    directory->owner = (struct lock_owner){.pid = getpid(), .started = now};
    snprintf(directory->owner.boot_id, sizeof directory->owner.boot_id, "%s", clock_boot_id());
    snprintf(directory->owner.text, sizeof directory->owner.text, "%s", what);
    return lock_write(directory->lock_fd, &directory->owner, err);
}

bool host_directory_is_ours(const struct host_directory *directory)
{
    return faccessat(directory->fd, ".", W_OK, AT_EACCESS) == 0 || errno != EACCES;
}

int host_directory_note(struct host_directory *directory, int64_t run, pid_t group, struct err *err)
{
    directory->owner.run = run;
    directory->owner.group = group;
    return lock_write(directory->lock_fd, &directory->owner, err);
}

int host_directory_names(struct arena *arena, const struct host_directory *directory, enum snapshot_kind kind,
                         struct list *names, struct err *err)
{
    FD_SCOPED fd = fs_open_dir(directory->fd, snapshot_kind_directory(kind), true, err);
    struct list all = {0};
    bool more = false;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if (fs_list_names(arena, fd, NAMES_MAX, &all, &more, err) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (snapshot_name_is_ours(all.items[i]))
            list_add(arena, names, all.items[i]);
    return 0;
}

int host_directory_newest(struct arena *arena, const struct host_directory *directory, const char **name,
                          struct err *err)
{
    *name = NULL;
    for (enum snapshot_kind kind = 0; kind < KIND__MAX; kind++) {
        struct list names = {0};

        if (host_directory_names(arena, directory, kind, &names, err) < 0)
            return -1;
        if (names.count > 0 && (*name == NULL || strcmp(names.items[names.count - 1], *name) > 0))
            *name = names.items[names.count - 1];
    }
    return 0;
}

const char *host_directory_snapshot_path(struct arena *arena, const char *host_path, enum snapshot_kind kind,
                                         const char *name)
{
    return arena_printf(arena, "%s/%s/%s", host_path, snapshot_kind_directory(kind), name);
}

const char *host_directory_data_path(struct arena *arena, const char *host_path, enum snapshot_kind kind,
                                     const char *name)
{
    return arena_printf(arena, "%s/%s/%s/data", host_path, snapshot_kind_directory(kind), name);
}
