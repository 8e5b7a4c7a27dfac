/* The trash: renaming into it, and emptying it. */
#include "engine/trash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs.h"
#include "sys/stop.h"

enum { NAMES_MAX = 100000, SAME_NAME_MAX = 1000, WAIT_MS = 100 };

int trash_make(const struct host_directory *directory, struct err *err)
{
    return fs_make_dir(directory->fd, ".trash", 0700, true, err);
}

/* "name", or "name.2" when something of that name lies there already: a snapshot that came back from a copy. */
static const char *name_for(char *to, size_t size, const char *name, int attempt)
{
    if (attempt == 1)
        return name;
    snprintf(to, size, "%s.%d", name, attempt);
    return to;
}

bool trash_is_of(const char *entry, const char *name)
{
    size_t size = strlen(name);

    return strncmp(entry, name, size) == 0 &&
           (entry[size] == '\0' ||
            (entry[size] == '.' && entry[size + 1 + strspn(entry + size + 1, "0123456789")] == '\0'));
}

int trash_bury(const struct host_directory *directory, int from, const char *from_name, const char *name,
               struct err *err)
{
    FD_SCOPED trash = fs_open_dir(directory->fd, ".trash", true, err);
    char other[300];

    if (trash < 0 && errno == ENOENT && trash_make(directory, err) == 0)
        trash = fs_open_dir(directory->fd, ".trash", true, err);
    if (trash < 0)
        return -1;
    for (int attempt = 1; attempt <= SAME_NAME_MAX; attempt++) {
        /* If we die here: it has its old name, where whoever wanted it gone finds it again, or it lies in the trash,
         * which the next run of the host empties. Neither an incomplete snapshot nor one whose row is `deleting` is
         * ever used, and in the trash nothing is. */
        if (fs_rename_new(from, name, trash, name_for(other, sizeof other, name, attempt), err) == 0 ||
            errno == ENOENT)
            return 0;
        if (errno != EEXIST)
            return err_in(err, "\"%s/%s/%s\" cannot be moved to the trash", directory->path, from_name, name);
    }
    return -1;
}

int trash_sync(const struct host_directory *directory, int from, const char *from_name, struct err *err)
{
    FD_SCOPED trash = fs_open_dir(directory->fd, ".trash", true, err);

    if (trash < 0)
        return errno == ENOENT ? 0 : -1;
    return fs_sync(trash, ".trash", err) < 0 ? -1 : fs_sync(from, from_name, err);
}

bool trash_holds(const struct host_directory *directory, const char *name)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list names = {0};
    struct err ignored;
    bool more = false;
    FD_SCOPED trash = fs_open_dir(directory->fd, ".trash", true, &ignored);

    if (trash < 0)
        return errno != ENOENT;
    if (fs_list_names(&arena, trash, NAMES_MAX, &names, &more, &ignored) < 0 || more)
        return true;
    for (size_t i = 0; i < names.count; i++)
        if (trash_is_of(names.items[i], name))
            return true;
    return false;
}

/* The lock on the trash belongs to the open directory. 1: ours · 0: somebody else has it · -1: error. */
static int lock_trash(int trash, bool wait, struct err *err)
{
    for (;;) {
        if (flock(trash, LOCK_EX | LOCK_NB) == 0)
            return 1;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_errno(err, ERR_IO, errno, "the trash cannot be locked");
        if (!wait)
            return 0;
        if (stop_poll(NULL, 0, WAIT_MS) < 0 && stop_requested() != 0)
            return err_set(err, ERR_INTERRUPTED, "cancelled while the trash was being emptied");
    }
}

/* Only directories are ours; what else somebody may have put there goes too, as nothing else would take it away. */
static int remove_stray(int trash, const char *name, struct err *err)
{
    struct stat stat;

    if (fstatat(trash, name, &stat, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(stat.st_mode))
        return 1;
    /* If we die here: the next run takes it away. */
    if (unlinkat(trash, name, 0) < 0 && errno != ENOENT)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be removed from the trash", name);
    return 0;
}

int trash_empty(struct arena *arena, const struct host_directory *directory, bool wait,
                struct trash_report *report, struct err *err)
{
    FD_SCOPED trash = fs_open_dir(directory->fd, ".trash", true, err);
    struct list names = {0};
    bool more = false;
    int locked, result;

    *report = (struct trash_report){0};
    if (trash < 0)
        return errno == ENOENT ? 0 : -1;
    locked = lock_trash(trash, wait, err);
    report->busy = locked == 0;
    if (locked <= 0)
        return locked;
    if (fs_list_names(arena, trash, NAMES_MAX, &names, &more, err) < 0)
        return -1;
    report->items = arena_alloc(arena, names.count * sizeof *report->items);
    for (size_t i = 0; i < names.count; i++) {
        int is_directory = remove_stray(trash, names.items[i], err);

        if (is_directory < 0)
            return err_in(err, "\"%s/.trash\"", directory->path);
        if (is_directory)
            report->items[report->count++] = (struct fs_doomed){.dirfd = trash, .name = names.items[i]};
    }
    /* If we die here: the rest is still in the trash and the next call goes on with it. */
    result = fs_remove_pool(report->items, report->count, FS_REMOVE_THREADS, err);
    for (size_t i = 0; i < report->count; i++)
        report->items[i].dirfd = -1;
    return result < 0 ? err_in(err, "\"%s/.trash\"", directory->path) : 0;
}
