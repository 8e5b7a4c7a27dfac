/* Opening a base so that nothing can be linked, or silently not linked, by mistake. */
#include "engine/base_snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/fs.h"

/* The data directory of a candidate, or -1 and a sentence. Crossing a mount point is refused by fs_open_dir(). */
static int open_data(struct arena *arena, const struct host_directory *directory, enum snapshot_kind kind,
                     const char *name, const char **why)
{
    const char *path = arena_printf(arena, "%s/%s/data", snapshot_kind_directory(kind), name);
    struct stat host_stat, data_stat;
    struct err err;
    int fd = fs_open_dir(directory->fd, path, true, &err);

    if (fd < 0) {
        if (errno == EXDEV)
            *why = arena_printf(arena, "base %s lies on another mount", name);
        else if (errno == ENOENT)
            *why = arena_printf(arena, "base %s is not on disk", name);
        else
            *why = arena_printf(arena, "base %s cannot be opened: %s", name, strerror(errno));
        return -1;
    }
    if (fstat(directory->fd, &host_stat) < 0 || fstat(fd, &data_stat) < 0 ||
        host_stat.st_dev != data_stat.st_dev) {
        *why = arena_printf(arena, "base %s lies on another file system", name);
        fs_close(&fd);
        return -1;
    }
    return fd;
}

void base_snapshot_open(struct arena *arena, const struct host_directory *directory,
                        const struct snapshot *const *candidates, size_t count, struct base_snapshot *base,
                        const char **why)
{
    *base = BASE_SNAPSHOT_NONE;
    *why = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *reason = NULL;
        int fd = open_data(arena, directory, candidates[i]->kind, candidates[i]->name, &reason);

        if (fd >= 0) {
            *base = (struct base_snapshot){
                .data_fd = fd,
                .name = candidates[i]->name,
                .kind = candidates[i]->kind,
                .path = host_directory_data_path(arena, directory->path, candidates[i]->kind,
                                                 candidates[i]->name),
            };
            return;
        }
        if (*why == NULL)
            *why = reason;
    }
}

const char *base_snapshot_recheck(struct arena *arena, const struct host_directory *directory,
                                  const struct base_snapshot *base)
{
    struct stat held, now;
    const char *why = NULL;
    FD_SCOPED fd = open_data(arena, directory, base->kind, base->name, &why);

    if (fd < 0)
        return arena_printf(arena, "%s any more", why);
    if (fstat(base->data_fd, &held) < 0 || fstat(fd, &now) < 0 || held.st_ino != now.st_ino ||
        held.st_dev != now.st_dev)
        return arena_printf(arena, "base %s was replaced during the run", base->name);
    return NULL;
}

void base_snapshot_close(struct base_snapshot *base)
{
    fs_close(&base->data_fd);
}
