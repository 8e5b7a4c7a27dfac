/*
 * <host>/.pobsync/host.json: what a rebuild needs when the database is gone and that no meta.json says: the host's own
 * settings and the global ones, its schedule, its pinned keys, pins and holds of its snapshots. Written after each
 * publication and each such decision.
 */
#ifndef SERVICE_HOST_FILE_H
#define SERVICE_HOST_FILE_H

#include <stdbool.h>

#include <jansson.h>

#include "engine/host_directory.h"
#include "model/host.h"
#include "service/host_settings.h"
#include "service/service.h"

/* Before it is written over, what it says is compared with the rows (service/root_doubt.h). */
int host_file_save(struct service *service, const struct host *host, const struct host_directory *directory,
                   struct err *err);

/* The same behind a decision that the database has already. A file that cannot be written now is only told in the log: it
 * is written with the next snapshot. A host without a directory has none. */
void host_file_note(struct service *service, const struct host_settings *settings);

/* How far the rows had come when the file was written. */
struct host_file_stamp {
    int64_t at;
    const char *installation;
    int64_t epoch, run, change;
};

/* Reads the stamp of the file in the host directory; false when there is no file or none that makes sense. */
bool host_file_stamp_load(struct arena *arena, int host_fd, struct host_file_stamp *stamp);

/* All of the file, at most 4 MiB. ERR_NOT_FOUND without one, ERR_INVALID for one that is no JSON object of ours. */
int host_file_load(int host_fd, json_t **file, struct err *err);

#endif
