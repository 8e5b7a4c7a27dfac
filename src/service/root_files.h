/*
 * What a rebuild needs lies on the backup root itself: host.json of each host (service/host_file.h), and
 * <root>/.pobsync/global.json with the global settings. The audit trail is the list of what has changed, so whatever
 * records a change there is followed here, and none can be forgotten. The row of the root says up to which change its
 * files tell: what a crash left out, or a disk that was away, is made good by whoever follows next.
 */
#ifndef SERVICE_ROOT_FILES_H
#define SERVICE_ROOT_FILES_H

#include "service/service.h"

/* Writes the files of all that has changed. At the end of each unit of work, outside a transaction; without a change of
 * this connection's own nothing is done. What cannot be written now is told in the log at most, and written later. While
 * the root is doubtful (service/root_doubt.h) nothing is written. */
void root_files_follow(struct service *service);

#endif
