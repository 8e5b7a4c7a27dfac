/* How far a backup is, as a document: the command line shows it, and the row of the run keeps it for everybody else. */
#ifndef SERVICE_BACKUP_PROGRESS_H
#define SERVICE_BACKUP_PROGRESS_H

#include <jansson.h>

#include "service/service_backup.h"

/* {"phase","seen_at","moved_at": when a figure last changed,"bytes","bytes_per_second","files_seen","files_total",
 * "list_complete","percent": of the files,"seconds_left","usual_seconds","path"}. As long as the list of files is not complete,
 * files_total, percent and seconds_left are null. New reference. */
json_t *backup_progress_document(const struct backup_progress *progress);

/* The same, read back from the row of a run; null for what is none. New reference. */
json_t *backup_progress_read(const char *text);

/* The name of the file that rsync will give to the one it writes now: ".name.XXXXXX", with the path before it. */
const char *backup_progress_path(struct arena *arena, const char *path);

#endif
