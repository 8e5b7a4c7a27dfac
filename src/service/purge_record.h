/* purges.jsonl as it is read back (engine/purge_file.h), for a rebuild. */
#ifndef SERVICE_PURGE_RECORD_H
#define SERVICE_PURGE_RECORD_H

#include "base/list.h"
#include "store/store_purge.h"

enum { PURGE_FILE_MAX = 64 << 20, PURGE_LINE_MAX = 64 << 10 };

/* One line, without its end. ERR_INVALID with what is wrong; host_id, snapshot_id and run_id are 0. */
int purge_record_parse(struct arena *arena, const char *host, const char *line, size_t size,
                       struct purge *purge, struct err *err);

struct purge_records {
    struct purge *purges; /* in the order of their first lines, each as its last line says */
    size_t count;
    size_t unreadable;    /* lines */
    struct list problems; /* of the first ones of these: "line 3: …" */
};

/* All of `size` bytes. A last line without an end was torn by a crash, and is passed over. */
void purge_records_parse(struct arena *arena, const char *host, const char *text, size_t size,
                         struct purge_records *records);

/* The file in the host directory; none is no error. ERR_INVALID for one that is too large, ERR_IO. */
int purge_records_load(struct arena *arena, const char *host, int host_fd, struct purge_records *records,
                       struct err *err);

#endif
