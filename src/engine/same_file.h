/* Whether two entries of one type are the same, in what they hold and in what is known about them. */
#ifndef ENGINE_SAME_FILE_H
#define ENGINE_SAME_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/* Mode and owner. */
bool same_rights(const struct stat *a, const struct stat *b);

/* `name` in two directories, no directory itself, of the same type, with what was seen of it. *content: the bytes of a
 * file (read only when the sizes are equal), the target of a link, the number of a device. *rest: rights, times to the
 * nanosecond, attributes; found out only when the content is the same. ERR_IO; ERR_INTERRUPTED when asked to stop. */
int same_file(int a_dirfd, const struct stat *a, int b_dirfd, const struct stat *b, const char *name,
              bool *content, bool *rest, struct err *err);

/* Where two symbolic links of this name point to. */
bool same_target(int a_dirfd, int b_dirfd, const char *name);

#endif
