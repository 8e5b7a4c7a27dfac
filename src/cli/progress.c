/* The progress of a backup as one line. */
#include "cli/progress.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"

enum { LOG_EVERY_MS = 30000 };

static void add_transfer(struct arena *arena, struct buf *line, const struct rsync_progress *rsync)
{
    int64_t seen = rsync->files_total - rsync->files_left;

    if (rsync->list_complete && rsync->files_total > 0)
        buf_printf(line, "  %d%%", (int)((double)seen * 100 / (double)rsync->files_total));
    buf_printf(line, "  %s/s", text_bytes(arena, rsync->bytes_per_second));
    if (rsync->list_complete)
        buf_printf(line, "  %lld/%lld files", (long long)seen, (long long)rsync->files_total);
    else
        buf_printf(line, "  %lld files so far, list not complete", (long long)seen);
}

/* By the files that are left, at the pace so far; -1 when nothing can be said yet. */
static int64_t seconds_left(const struct backup_progress *progress)
{
    const struct rsync_progress *rsync = progress->rsync;
    int64_t seen;

    if (progress->phase != PHASE_TRANSFER || rsync == NULL || !rsync->list_complete)
        return -1;
    seen = rsync->files_total - rsync->files_left;
    if (seen <= 0)
        return -1;
    return (int64_t)((double)progress->elapsed_ms / 1000 * (double)rsync->files_left / (double)seen);
}

const char *progress_text(struct arena *arena, const char *host, const struct backup_progress *progress)
{
    BUF_SCOPED line = BUF_EMPTY;
    char span[WHEN_TEXT];
    int64_t left = seconds_left(progress);

    buf_printf(&line, "%s  %s", host, backup_phase_name(progress->phase));
    if (progress->phase == PHASE_TRANSFER && progress->rsync != NULL)
        add_transfer(arena, &line, progress->rsync);
    if (left >= 0)
        buf_printf(&line, "  ETA %s", when_duration(span, left));
    if (progress->usual_seconds >= 0)
        buf_printf(&line, "%s(usually %s)", left >= 0 ? " " : "  ",
                   when_duration(span, progress->usual_seconds));
    return arena_copy(arena, buf_text(&line), line.size);
}

void progress_show(struct progress *progress, const struct backup_progress *backup)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text;

    if (!progress->redraws && (!progress->logs || backup->elapsed_ms < progress->next_ms))
        return;
    text = progress_text(&arena, progress->host, backup);
    if (progress->logs) {
        fprintf(stderr, "%s\n", text);
        progress->next_ms = backup->elapsed_ms + LOG_EVERY_MS;
        return;
    }
    /* One column stays free: a full line would wrap on some terminals, and could not be redrawn. All of it is ASCII. */
    fprintf(stderr, "\r%.*s\033[K", (int)progress->terminal->err_width - 1, text);
    fflush(stderr);
    progress->drawn = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
