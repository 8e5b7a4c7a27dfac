/* Removing a tree: fs_remove_tree(), and what the threads of fs_remove_pool.c do. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/fs.h"
#include "sys/removal.h"
#include "sys/stop.h"

/* A small tree goes even when it is time to stop. */
enum { STOP_EVERY = 1024 };

static int fail(struct removal *removal, const char *name, const char *what, struct err *err)
{
    int errnum = errno;

    err_errno(err, ERR_IO, errnum, "cannot %s \"%s\"", what, descent_tell(&removal->descent, name));
    if (errnum == EXDEV || errnum == EBUSY)
        err_hint(err, "something is mounted there; unmount it: nothing behind a mount point is ever removed");
    else if (errnum == EPERM)
        err_hint(err, "look for the attributes \"immutable\" and \"append only\": lsattr -d");
    errno = errnum;
    return -1;
}

/* Opens a directory that refused us, by way of a descriptor that needs no right on it; a chmod by name might
 * hit what somebody puts there meanwhile. */
static int open_refusing(int dirfd, const char *name)
{
    FD_SCOPED handle = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char path[64];

    if (handle < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    if (chmod(path, S_IRWXU) < 0)
        return -1;
    return descent_open(dirfd, name);
}

/* Makes the directory `name` of `dirfd` the current one, if it is there; 1 when it is no directory. */
static int enter(struct removal *removal, int dirfd, const char *name, struct err *err)
{
    struct descent *descent = &removal->descent;
    int fd = descent_open(dirfd, name);
    struct stat stat;

    if (fd < 0 && errno == EACCES)
        fd = open_refusing(dirfd, name);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return 1;
    if (fd < 0)
        return fail(removal, name, "open the directory", err);
    /* A failure does not matter: root can do without, and others hear of it when something refuses to go. */
    if (fstat(fd, &stat) == 0 && (stat.st_mode & S_IRWXU) != S_IRWXU)
        fchmod(fd, S_IRWXU);
    return descent_enter(descent, descent->depth == 0 ? "" : name, fd, -1, err);
}

/* What the disk gets back when this name goes: nothing while the file has another one. The inode number is what readdir
 * said; when it is wrong, no more than the figure is. */
static int64_t weight_of(const struct removal *removal, int dirfd, const char *name, uint64_t inode)
{
    struct statx file;

    if (!removal->weighs || link_memo_drop(removal->memo, inode))
        return 0;
    if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_NLINK | STATX_BLOCKS,
              &file) < 0)
        return 0;
    if (file.stx_nlink != 1) {
        link_memo_note(removal->memo, inode, file.stx_nlink - 1);
        return 0;
    }
    return (int64_t)file.stx_blocks * 512;
}

/* 1 when it is a directory. */
static int unlink_entry(struct removal *removal, const char *name, uint64_t inode, struct err *err)
{
    int dirfd = descent_fd(&removal->descent);
    int64_t weight = weight_of(removal, dirfd, name, inode);

    /* If we die here: the tree is half gone, as a tree under removal is; the next removal goes on with the
     * rest. */
    if (unlinkat(dirfd, name, 0) == 0) {
        removal->removed++;
        removal->freed += weight;
        return 0;
    }
    if (errno == EISDIR)
        return 1;
    return errno == ENOENT ? 0 : fail(removal, name, "remove", err);
}

/* What readdir said is only a first guess: file systems may not know, and the name may have changed hands
 * since. */
static int remove_entry(struct removal *removal, const struct dirent64 *entry, struct err *err)
{
    int result = entry->d_type == DT_DIR ? 1 : unlink_entry(removal, entry->d_name, entry->d_ino, err);

    if (result == 1 && removal->hand_off != NULL &&
        removal->hand_off(removal->context, descent_fd(&removal->descent), entry->d_name))
        return 0;
    if (result == 1)
        result = enter(removal, descent_fd(&removal->descent), entry->d_name, err);
    if (result == 1)
        result = unlink_entry(removal, entry->d_name, entry->d_ino, err);
    if (result == 1) {
        errno = EISDIR;
        return fail(removal, entry->d_name, "remove", err);
    }
    return result;
}

/* Leaves the current directory, of which nothing more is to be read, and removes it. */
static int remove_current(struct removal *removal, int top_dirfd, const char *top, struct err *err)
{
    struct descent *descent = &removal->descent;
    BUF_SCOPED name = BUF_EMPTY;
    const char *slash = strrchr(buf_text(&descent->path), '/');
    int64_t weight = 0;
    struct stat stat;
    int dirfd;

    if (removal->weighs && fstat(descent_fd(descent), &stat) == 0)
        weight = (int64_t)stat.st_blocks * 512;
    buf_add_text(&name, slash != NULL ? slash + 1 : buf_text(&descent->path));
    if (descent_leave(descent, err) < 0)
        return -1;
    if (descent->depth == 0) {
        buf_clear(&name);
        buf_add_text(&name, top);
    }
    dirfd = descent->depth == 0 ? top_dirfd : descent_fd(descent);
    /* If we die here: as with its entries, the next removal goes on with the rest. */
    if (unlinkat(dirfd, name.data, AT_REMOVEDIR) == 0) {
        removal->removed++;
        removal->freed += weight;
        return 0;
    }
    if (errno == ENOENT)
        return 0;
    /* Somebody else has a part of it in hand. */
    if (removal->hand_off != NULL && (errno == ENOTEMPTY || errno == EEXIST))
        return 0;
    /* Reading while removing may miss entries; read it again, as long as that leads anywhere. */
    if ((errno == ENOTEMPTY || errno == EEXIST) && removal->removed != removal->removed_before) {
        int result;

        removal->removed_before = removal->removed;
        result = enter(removal, dirfd, name.data, err);
        if (result <= 0)
            return result;
        errno = ENOTDIR;
    }
    return fail(removal, name.data, "remove the directory", err);
}

static int remove_all(struct removal *removal, int dirfd, const char *name, struct err *err)
{
    struct descent *descent = &removal->descent;

    while (descent->depth > 0) {
        const struct dirent64 *entry;

        if (removal->removed % STOP_EVERY == STOP_EVERY - 1 &&
            (stop_requested() != 0 || (removal->is_over != NULL && removal->is_over(removal->context))))
            return err_set(err, ERR_INTERRUPTED, "cancelled");
        if (descent_read(descent, &entry, err) < 0)
            return -1;
        if (entry == NULL ? remove_current(removal, dirfd, name, err) < 0
                          : remove_entry(removal, entry, err) < 0)
            return -1;
    }
    return 0;
}

int removal_run(struct removal *removal, int dirfd, const char *name, struct err *err)
{
    int result = enter(removal, dirfd, name, err);

    if (result == 1) {
        errno = ENOTDIR;
        result = fail(removal, name, "open the directory", err);
    } else if (result == 0) {
        result = remove_all(removal, dirfd, name, err);
    }
    descent_release(&removal->descent);
    return result == 0 ? 0 : err_in(err, "removing \"%s\"", name);
}

int fs_remove_tree(int dirfd, const char *name, int64_t *removed, struct err *err)
{
    struct removal removal = {0};
    int result = removal_run(&removal, dirfd, name, err);

    if (removed != NULL)
        *removed += removal.removed;
    return result;
}
