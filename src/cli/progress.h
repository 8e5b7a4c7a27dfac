/* The line that tells how far a backup is: redrawn on a terminal, one every 30 s elsewhere when asked for. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "cli/terminal.h"
#include "service/service_backup.h"

struct progress {
    const char *host;
    const struct terminal *terminal;
    bool redraws; /* standard error is a terminal and nobody asked for silence */
    bool logs;    /* it is not, and somebody asked for lines */
    bool drawn;   /* a line stands there now */
    int64_t next_ms;
};

/* "web1  transfer  38%  48 MiB/s  120433/310882 files  ETA 6 min (usually 12 min)". The share is that of the files
 * looked at, and there is neither share nor ETA before the list of files is complete. */
const char *progress_text(struct arena *arena, const char *host, const struct backup_progress *progress);

/* The same of the "progress" of a document: "transferring  38%  48 MiB/s  ETA 6 min", short, for a table; NULL when there is none. */
const char *progress_cell(struct arena *arena, const json_t *progress);

/* Shows it, if it is to be shown now. */
void progress_show(struct progress *progress, const struct backup_progress *backup);

/* Takes the line away, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
