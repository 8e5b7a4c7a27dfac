/*
 * <host>/.pobsync/host.json: what a rebuild needs when the database is gone and that no meta.json says: the host's own
 * settings, its pinned keys, pins and holds of its snapshots. Written after each publication and each such decision.
 */
#ifndef SERVICE_HOST_FILE_H
#define SERVICE_HOST_FILE_H

#include "engine/host_directory.h"
#include "model/host.h"
#include "service/host_settings.h"
#include "service/service.h"

int host_file_save(struct service *service, const struct host *host, const struct host_directory *directory,
                   struct err *err);

/* The same behind a decision that the database has already. A file that cannot be written now is only told in the log: it
 * is written with the next snapshot. A host without a directory has none. */
void host_file_note(struct service *service, const struct host_settings *settings);

#endif
