/* The walk by names alone. */
#include "sys/name_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "sys/descent.h"
#include "sys/fs.h"

struct state {
    const struct name_walk *walk;
    struct descent descent;
    dev_t device;
    bool doubtful; /* names and files are numbered differently */
};

/* Looks at the entry where reading the directory did not tell all, or might not tell the truth. */
static void look(struct state *state, struct name_walk_entry *entry)
{
    struct stat stat;

    if (entry->type != DT_UNKNOWN && !state->doubtful && state->descent.depth > 1)
        return;
    if (fstatat(entry->dirfd, entry->name, &stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        return;
    if (stat.st_ino != entry->inode && stat.st_dev == state->device)
        state->doubtful = true;
    entry->type = (unsigned char)IFTODT(stat.st_mode);
    entry->inode = stat.st_ino;
}

static void open_directory(const struct state *state, struct name_walk_entry *entry, struct stat *stat)
{
    entry->fd = descent_open(entry->dirfd, entry->name);
    if (entry->fd < 0) {
        entry->error = errno;
    } else if (fstat(entry->fd, stat) < 0 || stat->st_dev != state->device) {
        entry->error = EXDEV;
        fs_close(&entry->fd);
    } else {
        entry->stat = stat;
    }
}

static int visit(struct state *state, const struct dirent64 *dirent, struct err *err)
{
    struct name_walk_entry entry = {
        .dirfd = descent_fd(&state->descent),
        .directory = buf_text(&state->descent.path),
        .name = dirent->d_name,
        .inode = dirent->d_ino,
        .type = dirent->d_type,
        .fd = -1,
    };
    FD_SCOPED fd = -1;
    struct stat stat;
    int taken;

    look(state, &entry);
    if (entry.type == DT_DIR)
        open_directory(state, &entry, &stat);
    fd = entry.fd;
    if (state->walk->entry(state->walk->context, &entry, err) < 0)
        return -1;
    if (fd < 0)
        return 0;
    taken = fd;
    fd = -1;
    return descent_enter(&state->descent, dirent->d_name, taken, -1, err);
}

static int run(struct state *state, struct err *err)
{
    struct descent *descent = &state->descent;
    int top = descent_open(state->walk->top_fd, ".");
    struct stat stat;

    if (top < 0)
        return err_errno(err, ERR_IO, errno, "cannot read the top directory of a walk");
    if (descent_enter(descent, "", top, -1, err) < 0)
        return -1;
    if (fstat(top, &stat) < 0)
        return err_errno(err, ERR_IO, errno, "cannot look at the top directory of a walk");
    state->device = stat.st_dev;
    while (descent->depth > 0) {
        const struct dirent64 *entry;

        if (descent_read(descent, &entry, err) < 0)
            return -1;
        if (entry == NULL ? descent_leave(descent, err) < 0 : visit(state, entry, err) < 0)
            return -1;
    }
    return 0;
}

int name_walk_tree(const struct name_walk *walk, struct err *err)
{
    struct state state = {.walk = walk, .descent = DESCENT_EMPTY};
    int result = run(&state, err);

    descent_release(&state.descent);
    return result;
}
