/* Rebuilding one host from its directory: looking first, which changes nothing, and then one transaction. */
#ifndef SERVICE_REBUILD_HOST_H
#define SERVICE_REBUILD_HOST_H

#include <jansson.h>

#include "engine/discovery.h"
#include "model/host.h"
#include "service/host_record.h"
#include "service/purge_record.h"
#include "service/survey.h"

enum rebuild_state {
    REBUILD_HOST,     /* it has no row, and gets one */
    REBUILD_RECORDED, /* it has one, which stays as it is; what is missing of its snapshots and purges is added */
    REBUILD_UNKNOWN,    /* a directory without a record of a host */
    REBUILD_UNREADABLE, /* the record cannot be believed, or the directory not be read */
    REBUILD__MAX
};

struct rebuild_host {
    const char *name;
    bool has_directory;
    enum rebuild_state state;
    const char *file;    /* the record, below the root; NULL: none */
    const char *problem; /* a sentence about what is unknown or unreadable; NULL */
    struct host_record record;
    struct host row; /* of one that is recorded */
    struct discovery_look look;
    struct snapshot *rows;
    size_t row_count;
    struct discovery discovery;
    struct purge_records purges;
    const char *purge_problem; /* purges.jsonl as a whole cannot be read; NULL */
    /* What is added, or would be. */
    size_t snapshots, pins, new_purges;
    struct list notes; /* sentences about metadata that could not be believed */
};

/* Looks at <root>/<name> and at the record of the host. What is wrong there is a finding; -1 for the database. */
int rebuild_host_look(struct service *service, int root_fd, const char *name, struct rebuild_host *found,
                      struct err *err);

/* Writes the rows of what was found, all of them or none, with an audit row. `survey` is one of the root. */
int rebuild_host_apply(struct survey *survey, struct rebuild_host *found, struct err *err);

/* {"host","state": rebuild, recorded, unknown or unreadable,"file","problem","schedule": bool,"host_keys": n,"pins": n,
 * "snapshots":{"found","rebuilt","recorded","unreadable","incomplete","ignored","left"},"purges":{"found","rebuilt",
 * "recorded","unreadable"},"unreadable":[names, with what is wrong],"notes":[…]}. found is the sum of the rest; left are
 * those of directories without a host. New reference. */
json_t *rebuild_host_item(struct service *service, const struct rebuild_host *found);

#endif
