/* From an empty directory to a final name, or to the trash. */
#include "engine/incomplete.h"

#include <errno.h>
#include <string.h>

#include "engine/trash.h"
#include "sys/clock.h"
#include "sys/fs.h"

int incomplete_create(struct arena *arena, const struct host_directory *directory,
                      const struct snapshot_meta *meta, struct incomplete *incomplete, struct err *err)
{
    FD_SCOPED parent = -1;

    *incomplete = INCOMPLETE_NONE;
    incomplete->name = meta->name;
    incomplete->data_path = host_directory_data_path(arena, directory->path, KIND_INCOMPLETE, meta->name);
    if (fs_make_dir(directory->fd, ".incomplete", 0700, true, err) < 0 || trash_make(directory, err) < 0)
        return -1;
    parent = fs_open_dir(directory->fd, ".incomplete", true, err);
    if (parent < 0 || fs_make_dir(parent, meta->name, 0755, false, err) < 0)
        return -1;
    incomplete->fd = fs_open_dir(parent, meta->name, true, err);
    if (incomplete->fd < 0 || snapshot_meta_save(incomplete->fd, meta, err) < 0 ||
        fs_make_dir(incomplete->fd, "data", 0700, false, err) < 0)
        return -1;
    incomplete->data_fd = fs_open_dir(incomplete->fd, "data", true, err);
    return incomplete->data_fd < 0 ? -1 : 0;
}

void incomplete_close(struct incomplete *incomplete)
{
    fs_close(&incomplete->data_fd);
    fs_close(&incomplete->fd);
}

int incomplete_publish(const struct host_directory *directory, struct incomplete *incomplete,
                       const struct snapshot_meta *meta, struct run_log *log, struct err *err)
{
    struct err ignored;
    FD_SCOPED from = fs_open_dir(directory->fd, ".incomplete", true, err);
    FD_SCOPED to = -1;
    const char *kind_directory = snapshot_kind_directory(meta->kind);

    if (from < 0 || fs_make_dir(directory->fd, kind_directory, 0700, true, err) < 0)
        return -1;
    to = fs_open_dir(directory->fd, kind_directory, true, err);
    if (to < 0)
        return -1;
    if (run_log_copy(log, incomplete->fd, err) < 0 || snapshot_meta_save(incomplete->fd, meta, err) < 0)
        return -1;
    incomplete->spoiled = fs_sync_all(directory->fd, directory->path, err) < 0;
    if (incomplete->spoiled)
        return -1;
    /* If we die here, before the rename: everything is on disk under .incomplete/ and its row is `running`; the next
     * run of the host ends that row as failed and may link to what is there. After it: the tree is complete and
     * durable under its final name, meta.json included, and recovery adopts it from that. */
    if (fs_rename_new(from, incomplete->name, to, incomplete->name, err) < 0)
        return err_in(err, "snapshot \"%s\" cannot get its final name", incomplete->name);
    if (fs_sync(to, kind_directory, err) == 0 && fs_sync(from, ".incomplete", err) == 0)
        return 0;
    /* Nobody can say which name survives a power cut: the final one is taken back. If we die here, the row is still
     * `running`: recovery adopts the final name, or ends the run as failed. */
    incomplete->in_doubt = fs_rename_new(to, incomplete->name, from, incomplete->name, &ignored) < 0;
    return -1;
}

static bool directory_is_bare(int fd)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list names = {0};
    struct err ignored;
    bool more;

    return fs_list_names(&arena, fd, 1, &names, &more, &ignored) == 0 && names.count == 0;
}

bool incomplete_is_bare(const struct incomplete *incomplete)
{
    return directory_is_bare(incomplete->data_fd);
}

const char *incomplete_resumable(struct arena *arena, const struct host_directory *directory,
                                 const struct list *names)
{
    struct err ignored;

    for (size_t i = names->count; i-- > 0;) {
        const char *path = arena_printf(arena, ".incomplete/%s", names->items[i]);
        FD_SCOPED fd = fs_open_dir(directory->fd, path, true, &ignored);
        FD_SCOPED data_fd = fd < 0 ? -1 : fs_open_dir(fd, "data", true, &ignored);
        struct snapshot_meta meta;

        if (data_fd < 0 || directory_is_bare(data_fd) || snapshot_meta_load(arena, fd, &meta, &ignored) < 0)
            continue;
        if (meta.boot_id != NULL && meta.boot_id[0] != '\0' && strcmp(meta.boot_id, clock_boot_id()) == 0)
            return names->items[i];
    }
    return NULL;
}

int incomplete_discard(const struct host_directory *directory, const char *name, struct err *err)
{
    FD_SCOPED from = fs_open_dir(directory->fd, ".incomplete", true, err);

    if (from < 0)
        return errno == ENOENT ? 0 : -1;
    if (trash_bury(directory, from, ".incomplete", name, err) < 0)
        return -1;
    return trash_sync(directory, from, ".incomplete", err);
}
