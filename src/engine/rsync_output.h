/*
 * Reads what rsync and ssh print: progress, statistics, errors. A stream parser that takes bytes as they come; \r and
 * \n both end a record. It is text that a hostile host can forge, so nothing here decides whether a run succeeded: the
 * exit status and our own scan do (plan/outcome.h). Lines are bounded, lists are bounded, numbers are checked.
 * Formats: rsync(1), --info=progress2, --stats, --no-human-readable; log.c, progress.c and main.c of rsync 3.5.0. Bytes
 * that rsync writes as \#ooo (octal) are read back, so that a name looks as it does everywhere else.
 */
#ifndef ENGINE_RSYNC_OUTPUT_H
#define ENGINE_RSYNC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/run.h"

enum {
    RSYNC_OUTPUT_LINE_MAX =
        32768, /* a path of 4,096 bytes takes five times as much when each is written as \#ooo */
    RSYNC_OUTPUT_PATHS_MAX = 10000,
    RSYNC_OUTPUT_PATHS_BYTES = 4 << 20 /* of text in `paths`, whatever their number */
};

struct rsync_progress {
    int64_t bytes; /* transferred so far */
    int percent;   /* as rsync says; meaningless until list_complete */
    int64_t bytes_per_second;
    int64_t files_done, files_left, files_total; /* from xfr#, ir-chk / to-chk */
    bool list_complete;                          /* "to-chk": the list of files is complete */
};

/* How much a line of standard error tells about what went wrong. */
enum error_rank {
    ERROR_RANK_NONE,
    ERROR_RANK_SUMMARY, /* "rsync error: …", which follows every failure */
    ERROR_RANK_OTHER,   /* text of another program */
    ERROR_RANK_CAUSE    /* a known message */
};

struct rsync_output {
    struct arena *arena;
    struct buf line[2]; /* unfinished record of stdout and stderr */
    bool skipping[2];   /* the record was too long; the rest is dropped */
    struct rsync_progress progress;
    struct run_stats stats;  /* sent, received, transferred, failed_paths; the rest stays unknown */
    unsigned signs;          /* enum rsync_sign of plan/outcome.h */
    const char *first_error; /* printable, NULL if none; set by rsync_output_finish() */
    struct buf error_line;   /* the most telling line so far */
    enum error_rank error_rank;
    bool summed_up;         /* rsync has given up: what other programs say after that is not the reason */
    struct run_path *paths; /* at most RSYNC_OUTPUT_PATHS_MAX; stats.failed_paths counts all */
    size_t path_count, path_room, path_bytes;
    /* Called for each line that belongs into the run's log (all but progress and empty ones), printable, without its
     * end; may be NULL. `is_error`: it came from standard error. */
    void (*log_line)(void *context, bool is_error, const char *line);
    void *context;
};

/* Makes it ready. The struct is zeroed before, but for log_line and context, which stay. What outlives
 * rsync_output_release() (first_error, paths) is in the arena. */
void rsync_output_init(struct rsync_output *output, struct arena *arena);
/* stream 1 or 2, as of struct spawn. */
void rsync_output_feed(struct rsync_output *output, int stream, const char *bytes, size_t size);
/* The last unfinished records count as lines. */
void rsync_output_finish(struct rsync_output *output);
void rsync_output_release(struct rsync_output *output);

#endif
