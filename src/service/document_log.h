/* The logs of runs. From $POBSYNC_HOME/runs, or from the snapshot when that has been dropped. */
#ifndef SERVICE_DOCUMENT_LOG_H
#define SERVICE_DOCUMENT_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "service/service.h"

struct log_wish {
    int64_t first; /* number of a line, from 1 */
    int64_t
        at; /* byte where that line begins, as a page before gave it: nothing before it is read; 0: not known */
    bool tail;         /* the last lines, whatever `first` says */
    int64_t limit;     /* lines */
    const char *level; /* only lines that are a "warning" at least, or an "error"; NULL: all */
    const char *text;  /* only lines with it, in whatever case; NULL: all */
};

/* A part of the log of a run: {"id","host","state","first": the number asked for,"level","q": what was asked for,"total": lines,
 * "errors","warnings": how many of them,"first_bad": number of the first line that tells of an error; these four are null when
 * the whole was not read,"previous": first line of the part before,"next","next_at": line and byte of the part behind,"next_bad":
 * the first error behind the part, each or null,"partial": a search ended after two seconds, `next` goes on,"damaged": what
 * follows cannot be read,"lines":[{"number","text","level": plain, warning (from standard error) or error,"bad": an error,
 * "cut": longer than 8 KiB}…]}. It is bounded in bytes as well. ERR_INVALID when no line begins at `at`. */
int document_log_page(struct service *service, int64_t id, const struct log_wish *wish, json_t **document,
                      struct err *err);

/* The log itself, as it was before it was packed, in memory that does not depend on its size. ERR_NOT_FOUND says where was
 * looked. */
struct run_log_reader;
int document_log_open(struct service *service, int64_t id, int64_t offset, struct run_log_reader **reader,
                      struct err *err);
ssize_t document_log_read(struct run_log_reader *reader, char *bytes,
                          size_t room); /* 0 at the end, -1: damaged */
void document_log_close(struct run_log_reader **reader);

/* The descriptor of the copy in the snapshot of the run, packed. ERR_NOT_FOUND, also when it cannot be reached. */
int document_log_copy(struct service *service, int64_t id, struct err *err);

#endif
