/*
 * The names of one directory over all snapshots of a host: which version of each was there when. As in versions.h two
 * names of one inode are one version, so nothing but the directories is read. They are read twice: memory is bounded by
 * the names that are wanted, whatever the directory holds.
 */
#ifndef ENGINE_NAME_HISTORY_H
#define ENGINE_NAME_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "engine/host_directory.h"
#include "model/snapshot.h"

struct name_history_row {
    const char *name;
    unsigned char type; /* DT_REG …, in the newest snapshot that has it */
    uint32_t versions;  /* distinct ones; of a name that was always a directory 1 */
    uint32_t
        *cells; /* for each snapshot, in the order that was given: 1 is the oldest version, 0: not there */
};

struct name_history {
    struct name_history_row *rows; /* by name */
    size_t count;
    bool more;      /* there are names behind the last one */
    size_t holders; /* snapshots that have the directory */
    const struct snapshot **unread;
    const char **why; /* a sentence for each of those */
    size_t unread_count;
};

/* The first `limit` names behind `after` (NULL: from the first). `snapshots` newest first. ERR_INTERRUPTED when asked to
 * stop; what cannot be read otherwise is told. */
int name_history_read(struct arena *arena, const struct host_directory *directory,
                      const struct snapshot *snapshots, size_t count, const char *path, const char *after,
                      size_t limit, struct name_history *history, struct err *err);

#endif
