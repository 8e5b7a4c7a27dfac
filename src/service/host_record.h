/*
 * host.json and global.json as they are read back. They come from a disk that anybody may have written, so each value
 * passes the rule that it would pass on the command line, and one that does not makes the whole file count for nothing.
 */
#ifndef SERVICE_HOST_RECORD_H
#define SERVICE_HOST_RECORD_H

#include "model/host.h"
#include "model/schedule.h"

/* What a person or a guard has decided about a snapshot. */
struct snapshot_decision {
    const char *name;
    const char *pin_reason;  /* NULL: not pinned */
    const char *held_reason; /* NULL: not held */
};

struct host_record {
    const char *host;
    int64_t created_at; /* 0: not known */
    int64_t written_at; /* 0: not known */
    struct config config;
    bool has_schedule;
    struct schedule schedule;
    struct host_key *keys;
    size_t key_count;
    const char
        *newest; /* the newest snapshot that was known; of later ones nothing is said here. NULL: none */
    struct snapshot_decision *decisions; /* by name */
    size_t decision_count;
};

/* `size` bytes of host.json of the host `host`. ERR_INVALID with the first thing that is wrong. */
int host_record_parse(struct arena *arena, const char *host, const char *text, size_t size,
                      struct host_record *record, struct err *err);

/* global.json: the global settings, without the backup root. */
int global_record_parse(struct arena *arena, const char *text, size_t size, struct config *config,
                        struct err *err);

/* What the record says of this snapshot; NULL: nothing. */
const struct snapshot_decision *host_record_decision(const struct host_record *record, const char *name);

#endif
