/*
 * The directory of one host below the backup root, open by descriptor, and the lock that lets one run at a time work
 * in it. Layout: product.md §2. The lock is flock() on `.lock`; rsync inherits the descriptor, so that the lock is
 * held until the last of its processes is gone, whatever becomes of us.
 */
#ifndef ENGINE_HOST_DIRECTORY_H
#define ENGINE_HOST_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "model/snapshot.h"
#include "sys/lock.h"

struct host_directory {
    int fd;                  /* -1: not open */
    int lock_fd;             /* -1: not locked */
    const char *name;        /* of the host */
    const char *path;        /* absolute */
    struct lock_owner owner; /* what we wrote into the lock */
};

#define HOST_DIRECTORY_CLOSED ((struct host_directory){.fd = -1, .lock_fd = -1})
#define HOST_DIRECTORY_SCOPED __attribute__((cleanup(host_directory_close))) struct host_directory

/* Opens <root>/<name>, below `root_fd`, on the same mount. `create`: makes it (0700) if it is not there; otherwise
 * ERR_NOT_FOUND. */
int host_directory_open(struct arena *arena, int root_fd, const char *root_path, const char *name,
                        bool create, struct host_directory *directory, struct err *err);

/* Takes the lock. ERR_BUSY tells who has it. A lock that is held only by what a dead pobsync left behind (an orphaned
 * rsync) is freed by ending those processes; *ended counts them. */
int host_directory_lock(struct host_directory *directory, int64_t now, const char *what, int *ended,
                        struct err *err);

/* Whether we may write there: whoever may not, such as the web, can take no lock. */
bool host_directory_is_ours(const struct host_directory *directory);

/* Notes the run and the process group of its program in the lock file, for whoever finds it. */
int host_directory_note(struct host_directory *directory, int64_t run, pid_t group, struct err *err);

/* Releases the lock and closes. */
void host_directory_close(struct host_directory *directory);

/* The names in the directory of a kind that are names of snapshots of ours, in order; none when it does not exist. */
int host_directory_names(struct arena *arena, const struct host_directory *directory, enum snapshot_kind kind,
                         struct list *names, struct err *err);

/* The newest name in any of the directories, NULL when there is none. */
int host_directory_newest(struct arena *arena, const struct host_directory *directory, const char **name,
                          struct err *err);

/* "<path>/scheduled/<name>" (and "/data"), absolute. */
const char *host_directory_snapshot_path(struct arena *arena, const char *host_path, enum snapshot_kind kind,
                                         const char *name);
const char *host_directory_data_path(struct arena *arena, const char *host_path, enum snapshot_kind kind,
                                     const char *name);

#endif
