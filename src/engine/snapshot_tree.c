/* Looking into the tree of a snapshot. */
#include "engine/snapshot_tree.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <unistd.h>

#include "sys/beneath.h"
#include "sys/fs.h"

int snapshot_tree_open(struct arena *arena, const struct host_directory *directory,
                       const struct snapshot *snapshot, struct snapshot_tree *tree, struct err *err)
{
    const char *path =
        arena_printf(arena, "%s/%s/data", snapshot_kind_directory(snapshot->kind), snapshot->name);

    *tree = (struct snapshot_tree){.fd = beneath_dir(directory->fd, path), .name = snapshot->name};
    if (tree->fd >= 0)
        return 0;
    if (errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "snapshot %s of \"%s\" is not on disk", snapshot->name,
                       directory->name);
    return err_errno(err, errno == EACCES ? ERR_NOT_ALLOWED : ERR_IO, errno,
                     "snapshot %s of \"%s\" cannot be opened", snapshot->name, directory->name);
}

void snapshot_tree_close(struct snapshot_tree *tree)
{
    fs_close(&tree->fd);
}

/* By errno of the way to `path`. */
static int refuse(const struct snapshot_tree *tree, const char *path, struct err *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return err_set(err, ERR_NOT_FOUND, "\"/%s\" is not in snapshot %s", path, tree->name);
    case ELOOP:
        err_set(err, ERR_FAILED, "\"/%s\" is, or lies behind, a symbolic link, and none is followed", path);
        return err_hint(err, "ls shows where it points to; give the path of that");
    case EXDEV:
        return err_set(err, ERR_FAILED, "\"/%s\" lies on another file system than snapshot %s", path,
                       tree->name);
    case EACCES:
    case EPERM:
        return err_errno(err, ERR_NOT_ALLOWED, errno, "\"/%s\" of snapshot %s cannot be read", path,
                         tree->name);
    default:
        return err_errno(err, ERR_IO, errno, "\"/%s\" of snapshot %s cannot be read", path, tree->name);
    }
}

int snapshot_tree_stat(const struct snapshot_tree *tree, const char *path, struct stat *stat, struct err *err)
{
    FD_SCOPED handle = beneath_look(tree->fd, path, stat);

    return handle >= 0 ? 0 : refuse(tree, path, err);
}

int snapshot_tree_dir(const struct snapshot_tree *tree, const char *path, struct err *err)
{
    struct stat stat;
    int fd = beneath_dir(tree->fd, path);

    if (fd >= 0)
        return fd;
    if (errno == ENOTDIR && snapshot_tree_stat(tree, path, &stat, err) == 0)
        return err_set(err, ERR_FAILED, "\"/%s\" of snapshot %s is not a directory", path, tree->name);
    errno = errno == ENOTDIR ? ENOENT : errno;
    return refuse(tree, path, err);
}

int snapshot_tree_file(const struct snapshot_tree *tree, const char *path, struct stat *stat, struct err *err)
{
    int fd = beneath_file(tree->fd, path, stat);

    if (fd >= 0)
        return fd;
    if (errno == EISDIR)
        return err_set(err, ERR_FAILED, "\"/%s\" of snapshot %s is a directory", path, tree->name);
    if (errno == EINVAL)
        return err_set(err, ERR_FAILED, "\"/%s\" of snapshot %s is no regular file, and never opened", path,
                       tree->name);
    return refuse(tree, path, err);
}

char *snapshot_tree_target(struct arena *arena, int dirfd, const char *name)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(dirfd, name, target, sizeof target);

    return size < 0 ? NULL : arena_copy(arena, target, (size_t)size);
}

const char *snapshot_tree_type(mode_t mode)
{
    return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "symlink" : "other";
}
