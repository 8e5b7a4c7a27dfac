/*
 * Opening what lies below a directory, for trees that others have filled: no component may be a symbolic link, none may
 * lead out of the directory or onto another mount (openat2 with RESOLVE_BENEATH, NO_SYMLINKS, NO_MAGICLINKS, NO_XDEV).
 * A path may be longer than PATH_MAX. "" is the directory itself.
 */
#ifndef SYS_BENEATH_H
#define SYS_BENEATH_H

#include <sys/stat.h>

/* A descriptor of whatever stands at `path`, opened with O_PATH, so that neither device nor FIFO takes notice; a
 * symbolic link at the end gives the link itself. Fills *stat. -1 with errno: ELOOP for a link on the way, EXDEV for
 * another mount. */
int beneath_look(int dirfd, const char *path, struct stat *stat);

/* The directory at `path`, for reading. */
int beneath_dir(int dirfd, const char *path);

/* The regular file at `path`, for reading, with its *stat. -1 with errno: ELOOP for a link, EISDIR for a directory,
 * EINVAL for anything else that is not a regular file; such a thing is never opened. */
int beneath_file(int dirfd, const char *path, struct stat *stat);

/* Opens for reading the regular file that `handle` (of beneath_look()) stands for: that one, whatever its name means by
 * now. */
int beneath_reopen(int handle);

#endif
