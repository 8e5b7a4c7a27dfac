/* The backup root as the database knows it, and the states its preflight can find (product.md §7, pages.md §2.5). */
#ifndef MODEL_ROOT_H
#define MODEL_ROOT_H

#include <stdbool.h>
#include <stdint.h>

struct root {
    int64_t id;
    int64_t node_id;
    const char *path;         /* absolute, links resolved when it was configured */
    const char *uuid;         /* of the marker file */
    const char *installation; /* the installation that marked it */
    bool was_mount;           /* it was a mount of its own then */
    int64_t created_at;
    const char *doubt;    /* why rows and disk may not belong together: nothing is pruned; NULL: no doubt */
    int64_t doubt_at;     /* 0: no doubt */
    int64_t confirmed_at; /* when a person last said that they do, 0: never */
    int64_t noted_change; /* up to which change its files tell what a rebuild needs */
};

#define ROOT_STATE_LIST(X)                                                                                   \
    X(ROOT_OK, "ok")                                                                                         \
    X(ROOT_UNSET, "root_unset")                                                                              \
    X(ROOT_UNMARKED, "root_unmarked")                                                                        \
    X(ROOT_MISSING, "root_missing")                                                                          \
    X(ROOT_NOT_DIRECTORY, "root_not_directory")                                                              \
    X(ROOT_UNREADABLE, "root_unreadable")                                                                    \
    X(ROOT_READ_ONLY, "root_read_only")                                                                      \
    X(ROOT_NOT_MOUNTED, "root_not_mounted")                                                                  \
    X(ROOT_WRONG_DISK, "root_wrong_disk")                                                                    \
    X(ROOT_IO_ERROR, "io_error")

enum root_state {
#define ROOT_STATE_ENUM(state, name) state,
    ROOT_STATE_LIST(ROOT_STATE_ENUM)
#undef ROOT_STATE_ENUM
        ROOT_STATE__MAX
};

const char *root_state_name(enum root_state state);

#endif
