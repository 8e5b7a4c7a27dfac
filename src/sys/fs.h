/*
 * Files by descriptor. Everything below the backup root is reached from a directory descriptor, one name or a
 * relative path at a time, and no symbolic link is ever followed (openat2 with RESOLVE_BENEATH, NO_SYMLINKS
 * and NO_MAGICLINKS). Errors are ERR_IO with the path as given and the text of errno, unless a function says
 * otherwise; errno is kept as well, for callers that tell ENOENT from the rest.
 */
#ifndef SYS_FS_H
#define SYS_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

/* A descriptor that closes itself when it goes out of scope; -1 is none. */
#define FD_SCOPED __attribute__((cleanup(fs_close))) int
void fs_close(int *fd);

/* Opens an absolute path as a directory; no component may be a symbolic link. O_CLOEXEC. Returns the
 * descriptor. */
int fs_open_root(const char *path, struct err *err);

/* Opens the directory `path`, which lies below `dirfd` ("a/b"), without following links or leaving `dirfd`.
 * `same_mount`: refuse to cross a mount point as well (EXDEV). */
int fs_open_dir(int dirfd, const char *path, bool same_mount, struct err *err);

/* Opens a regular file below `dirfd` for reading. O_NONBLOCK and a check of the type keep FIFOs and devices
 * out. */
int fs_open_file(int dirfd, const char *path, struct err *err);

/* Makes one directory, and syncs `dirfd` so that it is there after a power cut. `exist_ok`: fine if a real
 * directory (not a link) is there already. */
int fs_make_dir(int dirfd, const char *name, mode_t mode, bool exist_ok, struct err *err);

/* Like mkdir -p for an absolute path of our own state directory. */
int fs_make_path(const char *path, mode_t mode, struct err *err);

/* Reads a whole regular file of at most `limit` bytes; more is an ERR_INVALID. */
int fs_read_file(int dirfd, const char *path, size_t limit, struct buf *content, struct err *err);

/* Writes a new file and makes it durable: a temporary name beside it (NAME.xxxxxxxx.tmp, removed when
 * something fails; only a crash leaves one behind), fsync, rename over `name`, fsync of `dirfd`. The umask
 * applies to `mode`. Readers see the old content or the new one, never a part, and so does whoever comes
 * after a power cut. */
int fs_write_file(int dirfd, const char *name, const void *data, size_t size, mode_t mode, struct err *err);

/* renameat2(RENAME_NOREPLACE): fails with EEXIST where plain rename would replace an empty directory. Falls
 * back to nothing: a file system without it is an error. Syncs neither directory. */
int fs_rename_new(int from_dirfd, const char *from, int to_dirfd, const char *to, struct err *err);

/* fsync of a directory or file; an error is final (never "retry and trust"). */
int fs_sync(int fd, const char *what, struct err *err);

/* syncfs of the file system that holds `fd`. */
int fs_sync_all(int fd, const char *what, struct err *err);

/* The names in a directory, without "." and "..", in byte order, at most `limit` of them (the first ones that
 * the directory gives); *more tells that there are others. The descriptor's position does not matter and is
 * not changed. */
int fs_list_names(struct arena *arena, int dirfd, size_t limit, struct list *names, bool *more,
                  struct err *err);

/* Room on the file system of `fd`. inodes_free is -1 where the file system has no fixed number of inodes. */
struct fs_room {
    int64_t bytes_free, bytes_total;
    int64_t inodes_free, inodes_total;
    bool read_only;
};
int fs_room(int fd, struct fs_room *room, struct err *err);

/* The identity of the mount that `fd` is on (STATX_MNT_ID), and whether `fd` is that mount's root. */
int fs_mount_id(int fd, uint64_t *mount_id, bool *is_mount_root, struct err *err);

/* Whether `path` is a directory on this mount whose owner is `uid`, the caller's effective one, and may read and enter
 * it: one call, where to open it takes two and twice the time. Links are followed but for the last part, and `false`
 * says nothing: open it then. */
bool fs_is_own_dir(int dirfd, const char *path, uint64_t mount_id, uid_t uid);

/* "ext4", "xfs", … or the magic number in hex. */
const char *fs_type_name(struct arena *arena, int fd);

/* Removes everything in and below the directory `name` of `dirfd`, and it itself. By descriptors only, never
 * across a mount point, never through a link; directories that cannot be read or written are made so first. A
 * name that is not there is fine. Stops at the first thing that cannot be removed and says what; with
 * ERR_INTERRUPTED when asked to stop while it removes a large tree. How many entries went is added to
 * `removed` (may be NULL), also when it fails. */
int fs_remove_tree(int dirfd, const char *name, int64_t *removed, struct err *err);

#endif
