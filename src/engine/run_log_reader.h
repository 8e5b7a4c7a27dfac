/*
 * Reads the log of a run line by line, packed or not, in memory that does not depend on the size of the log or of a line. A
 * line is "   12.3 !text": the text is what stands behind the mark; in a log that is none of ours, the whole line.
 */
#ifndef ENGINE_RUN_LOG_READER_H
#define ENGINE_RUN_LOG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { RUN_LOG_LINE_MAX = 8192 }; /* what is given of one line */

enum log_level {
    LOG_LINE_PLAIN,
    LOG_LINE_WARNING, /* came from standard error */
    LOG_LINE_ERROR    /* and tells of an error */
};

const char *log_level_name(enum log_level level); /* "plain", "warning", "error" */

struct run_log_line {
    const char *text; /* any bytes, until the next call; with what stands before it */
    size_t size;
    bool is_cut;    /* the line is longer */
    int64_t offset; /* of its first byte, in the log as it was before it was packed */
    enum log_level level;
};

struct run_log_reader;

#define RUN_LOG_READER_SCOPED __attribute__((cleanup(run_log_reader_close))) struct run_log_reader

/* Takes the descriptor. `offset` is that of a line, as this gave it before; ERR_INVALID when no line begins there. */
int run_log_reader_open(int fd, int64_t offset, struct run_log_reader **reader, struct err *err);
void run_log_reader_close(struct run_log_reader **reader); /* NULL is fine */

/* 1: a line; 0: there is none; -1: what follows is damaged (ERR_IO). */
int run_log_reader_next(struct run_log_reader *reader, struct run_log_line *line, struct err *err);

/* Bytes as they were before the log was packed, from where it is: how many, 0 at the end, -1: damaged. */
ssize_t run_log_reader_bytes(struct run_log_reader *reader, char *bytes, size_t room);

#endif
