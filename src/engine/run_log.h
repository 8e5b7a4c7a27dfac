/*
 * The log of a run: $POBSYNC_HOME/runs/<id>.log, one line an event, "   12.3  text" or "   12.3 !text" for what came
 * from standard error, with the seconds since the beginning in front. Lines come in printable. It is bounded: what a
 * host prints beyond the limit is dropped, and said. A compressed copy goes into the snapshot.
 */
#ifndef ENGINE_RUN_LOG_H
#define ENGINE_RUN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { RUN_LOG_MAX = 64 << 20 };

struct run_log {
    int fd;           /* -1: not open */
    int64_t begun_ms; /* when the first line came, 0: none did */
    int64_t size;
    bool full;
    struct buf pending; /* not yet written */
};

#define RUN_LOG_CLOSED ((struct run_log){.fd = -1})
#define RUN_LOG_SCOPED __attribute__((cleanup(run_log_close))) struct run_log

#define RUN_LOG_SUFFIX ".log"
#define RUN_LOG_PACKED_SUFFIX ".log.gz"

/* The path of the log of a run, whether it is there or not; and when it has been packed. */
const char *run_log_path(struct arena *arena, const char *home, int64_t run);
const char *run_log_packed_path(struct arena *arena, const char *home, int64_t run);

/* `log` was RUN_LOG_CLOSED; the first lines may come before there is a file, and are written to it. */
int run_log_open(const char *home, int64_t run, struct run_log *log, struct err *err);
void run_log_line(struct run_log *log, bool is_error, const char *line);
/* Formatted, for our own lines. */
void run_log_printf(struct run_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes what is pending. A log that cannot be written does not stop a backup. */
void run_log_flush(struct run_log *log);
void run_log_close(struct run_log *log);

/* Writes the log so far, compressed, to `directory_fd`/rsync.log.gz. Not synced: syncfs follows (engine.md I-1). */
int run_log_copy(struct run_log *log, int directory_fd, struct err *err);

/* Compresses the log of a run that has ended: "17.log" in the directory becomes "17.log.gz". The caller syncs the
 * directory, once for all. */
int run_log_pack(int runs_fd, int64_t run, struct err *err);

/* Removes a log, packed or not, by its name in the directory. */
int run_log_drop(int runs_fd, const char *name, struct err *err);

#endif
