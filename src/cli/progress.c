/* The progress of a backup as one line. */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/when.h"
#include "cli/cell.h"
#include "cli/command.h"
#include "service/backup_progress.h"

enum { LOG_EVERY_MS = 30000 };

/* What is known, each with two spaces before it. */
static void add_figures(struct arena *arena, struct buf *line, const json_t *progress)
{
    if (cell_number(progress, "percent") >= 0)
        buf_printf(line, "  %s%%", cell_count(arena, progress, "percent"));
    if (cell_number(progress, "bytes_per_second") >= 0)
        buf_printf(line, "  %s/s", cell_bytes(arena, progress, "bytes_per_second"));
}

static void add_files(struct arena *arena, struct buf *line, const json_t *progress)
{
    if (cell_number(progress, "files_total") >= 0)
        buf_printf(line, "  %s/%s files", cell_count(arena, progress, "files_seen"),
                   cell_count(arena, progress, "files_total"));
    else if (cell_number(progress, "files_seen") >= 0)
        buf_printf(line, "  %s files so far, list not complete", cell_count(arena, progress, "files_seen"));
}

static void add_left(struct buf *line, const json_t *progress)
{
    char span[WHEN_TEXT];

    if (cell_number(progress, "seconds_left") >= 0)
        buf_printf(line, "  ETA %s", when_duration(span, cell_number(progress, "seconds_left")));
}

const char *progress_text(struct arena *arena, const char *host, const struct backup_progress *progress)
{
    JSON_SCOPED *document = backup_progress_document(progress);
    BUF_SCOPED line = BUF_EMPTY;
    char span[WHEN_TEXT];

    buf_printf(&line, "%s  %s", host, cell_text(arena, document, "phase"));
    if (progress->phase == PHASE_TRANSFER) {
        add_figures(arena, &line, document);
        add_files(arena, &line, document);
    }
    add_left(&line, document);
    if (progress->usual_seconds >= 0)
        buf_printf(&line, "%s(usually %s)", cell_number(document, "seconds_left") >= 0 ? " " : "  ",
                   when_duration(span, progress->usual_seconds));
    return arena_copy(arena, buf_text(&line), line.size);
}

const char *progress_cell(struct arena *arena, const json_t *progress)
{
    BUF_SCOPED line = BUF_EMPTY;

    if (!json_is_object(progress))
        return NULL;
    buf_add_text(&line, cell_text(arena, progress, "phase"));
    if (strcmp(buf_text(&line), backup_phase_name(PHASE_TRANSFER)) == 0) {
        add_figures(arena, &line, progress);
        add_left(&line, progress);
    }
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
