/* The progress of a backup as a document. */
#include "service/backup_progress.h"

#include <string.h>

#include "service/document.h"

enum { RANDOM_LETTERS = 6 };

const char *backup_phase_name(enum backup_phase phase)
{
    static const char *const names[] = {"preparing", "connecting", "transferring", "counting", "finishing"};

    return (unsigned)phase < PHASE__MAX ? names[phase] : "unknown";
}

/* By the files that are left, at the pace so far; -1 when nothing can be said yet. */
static int64_t seconds_left(const struct backup_progress *progress, int64_t seen)
{
    if (progress->phase != PHASE_TRANSFER || !progress->rsync->list_complete || seen <= 0)
        return -1;
    return (int64_t)((double)progress->elapsed_ms / 1000 * (double)progress->rsync->files_left /
                     (double)seen);
}

static void add_figures(json_t *object, const struct backup_progress *progress)
{
    const struct rsync_progress *rsync = progress->rsync;
    int64_t seen = rsync->files_total - rsync->files_left;
    bool complete = rsync->list_complete;

    json_object_set_new(object, "bytes", json_integer(rsync->bytes));
    json_object_set_new(object, "bytes_per_second", json_integer(rsync->bytes_per_second));
    json_object_set_new(object, "files_seen", json_integer(seen));
    json_object_set_new(object, "files_total", document_count(complete ? rsync->files_total : -1));
    json_object_set_new(object, "list_complete", json_boolean(complete));
    json_object_set_new(object, "percent",
                        document_count(complete && rsync->files_total > 0
                                           ? (int64_t)((double)seen * 100 / (double)rsync->files_total)
                                           : -1));
    json_object_set_new(object, "seconds_left", document_count(seconds_left(progress, seen)));
}

json_t *backup_progress_document(const struct backup_progress *progress)
{
    static const char *const figures[] = {"bytes",       "bytes_per_second", "files_seen",
                                          "files_total", "percent",          "seconds_left"};
    json_t *object = json_object();

    json_object_set_new(object, "phase", json_string(backup_phase_name(progress->phase)));
    json_object_set_new(object, "seen_at", document_time(progress->seen_at));
    json_object_set_new(object, "moved_at", document_time(progress->moved_at));
    json_object_set_new(object, "list_complete", json_false());
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        json_object_set_new(object, figures[i], json_null());
    if (progress->rsync != NULL)
        add_figures(object, progress);
    json_object_set_new(object, "usual_seconds", document_count(progress->usual_seconds));
    json_object_set_new(object, "path", document_text(progress->path));
    return object;
}

json_t *backup_progress_read(const char *text)
{
    json_error_t ignored;
    json_t *object = text == NULL ? NULL : json_loads(text, 0, &ignored);

    return object == NULL ? json_null() : object;
}

const char *backup_progress_path(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    size_t before = (size_t)(name - path), size = strlen(name);

    if (size < RANDOM_LETTERS + 3 || name[0] != '.' || name[size - RANDOM_LETTERS - 1] != '.')
        return path;
    return arena_printf(arena, "%.*s%.*s", (int)before, path, (int)(size - RANDOM_LETTERS - 2), name + 1);
}
