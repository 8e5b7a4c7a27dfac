/* The streaming walk: each entry once, directories entered as they come. */
#include "sys/walk.h"

#include <errno.h>
#include <fcntl.h>

#include "sys/descent.h"
#include "sys/fs.h"

static int open_top(int fd, const char *what, struct err *err)
{
    int top = descent_open(fd, ".");

    if (top < 0)
        err_errno(err, ERR_IO, errno, "cannot read the %s directory of a walk", what);
    return top;
}

static int start(struct descent *descent, const struct walk *walk, struct err *err)
{
    FD_SCOPED top = open_top(walk->top_fd, "top", err);
    int twin = -1, taken = top;

    if (top < 0)
        return -1;
    if (walk->twin_fd >= 0) {
        twin = open_top(walk->twin_fd, "twin", err);
        if (twin < 0)
            return -1;
    }
    top = -1;
    return descent_enter(descent, "", taken, twin, err);
}

/* Opens the directory before it is reported, so that its one report tells whether it can be entered. */
static int open_directory(struct walk_entry *entry)
{
    int fd = descent_open(entry->dirfd, entry->name);

    /* The name may have been given to another directory since the stat: what is reported is what is entered. */
    if (fd >= 0 && fstat(fd, &entry->stat) < 0) {
        entry->error = errno;
        fs_close(&fd);
    } else if (fd < 0) {
        entry->error = errno;
    }
    return fd;
}

static int visit(struct descent *descent, const struct walk *walk, const char *name, struct err *err)
{
    struct walk_entry entry = {
        .dirfd = descent_fd(descent),
        .twin_dirfd = descent_twin_fd(descent),
        .twin_inode = descent_twin_inode(descent, name),
        .directory = buf_text(&descent->path),
        .name = name,
    };
    FD_SCOPED fd = -1;
    int taken;

    if (fstatat(entry.dirfd, name, &entry.stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
        entry.stat = (struct stat){0};
        entry.error = errno;
    } else if (S_ISDIR(entry.stat.st_mode)) {
        fd = open_directory(&entry);
    }
    if (walk->entry(walk->context, &entry, err) < 0)
        return -1;
    if (fd < 0)
        return 0;
    taken = fd;
    fd = -1;
    return descent_enter(descent, name, taken,
                         entry.twin_dirfd < 0 ? -1 : descent_open(entry.twin_dirfd, name), err);
}

static int leave(struct descent *descent, const struct walk *walk, struct err *err)
{
    if (walk->leave != NULL && walk->leave(walk->context, buf_text(&descent->path), descent_fd(descent),
                                           descent_twin_fd(descent), err) < 0)
        return -1;
    return descent_leave(descent, err);
}

int walk_tree(const struct walk *walk, struct err *err)
{
    DESCENT_SCOPED descent = DESCENT_EMPTY;

    if (start(&descent, walk, err) < 0)
        return -1;
    while (descent.depth > 0) {
        const struct dirent64 *entry;

        if (descent_read(&descent, &entry, err) < 0)
            return -1;
        if (entry == NULL ? leave(&descent, walk, err) < 0 : visit(&descent, walk, entry->d_name, err) < 0)
            return -1;
    }
    return 0;
}
