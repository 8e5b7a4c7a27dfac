/* What file another program works on, as /proc shows it. */
#ifndef SYS_OPEN_FILE_H
#define SYS_OPEN_FILE_H

#include <sys/types.h>

#include "base/arena.h"

/* The path, relative to the directory, of a regular file below it that the process or one of its children has open; of
 * several, any. Bytes, as the file system has them. NULL when there is none, or it cannot be seen. For showing only: it may be
 * closed or gone by now. */
const char *open_file_below(struct arena *arena, pid_t process, int directory_fd);

#endif
