/* What a look at a host's directory can find before anything is done with it: states and levels (product.md §7). */
#ifndef MODEL_PREFLIGHT_H
#define MODEL_PREFLIGHT_H

/* In the order in which they win: the root before the host, the host before what is recorded. */
#define PREFLIGHT_STATE_LIST(X)                                                                              \
    X(PREFLIGHT_ROOT_UNSET, "root_unset")                                                                    \
    X(PREFLIGHT_ROOT_UNMARKED, "root_unmarked")                                                              \
    X(PREFLIGHT_ROOT_MISSING, "root_missing")                                                                \
    X(PREFLIGHT_ROOT_NOT_DIRECTORY, "root_not_directory")                                                    \
    X(PREFLIGHT_ROOT_UNREADABLE, "root_unreadable")                                                          \
    X(PREFLIGHT_ROOT_READ_ONLY, "root_read_only")                                                            \
    X(PREFLIGHT_ROOT_NOT_MOUNTED, "root_not_mounted")                                                        \
    X(PREFLIGHT_ROOT_WRONG_DISK, "root_wrong_disk")                                                          \
    X(PREFLIGHT_IO_ERROR, "io_error")                                                                        \
    X(PREFLIGHT_TIMED_OUT, "timed_out")                                                                      \
    X(PREFLIGHT_HOST_MISSING, "host_missing")                                                                \
    X(PREFLIGHT_HOST_UNREADABLE, "host_unreadable")                                                          \
    X(PREFLIGHT_HOST_EMPTY, "host_empty")                                                                    \
    X(PREFLIGHT_NO_SNAPSHOT_DIRS, "no_snapshot_dirs")                                                        \
    X(PREFLIGHT_RECORDED_MISSING, "recorded_missing")                                                        \
    X(PREFLIGHT_FOUND, "found")

enum preflight_state {
#define PREFLIGHT_STATE_ENUM(state, name) state,
    PREFLIGHT_STATE_LIST(PREFLIGHT_STATE_ENUM)
#undef PREFLIGHT_STATE_ENUM
        PREFLIGHT_STATE__MAX
};

enum preflight_level { PREFLIGHT_OK, PREFLIGHT_WARN, PREFLIGHT_FAIL, PREFLIGHT_LEVEL__MAX };

const char *preflight_state_name(enum preflight_state state); /* "host_missing" */
const char *preflight_level_name(enum preflight_level level); /* "ok", "warn", "fail" */

#endif
