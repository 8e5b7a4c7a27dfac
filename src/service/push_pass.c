/* Running rsync towards a host. */
#include "service/push_pass.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/backup_progress.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "sys/clock.h"
#include "sys/stop.h"

enum {
    BEAT_MS = 5000,
    EXIT_PARTIAL = 23,
    EXIT_VANISHED = 24,
    LOCKED_OUT_MS = 30000,
    LOCKED_OUT_PAUSE_MS = 250
};

static void name_path(struct push_pass *pass, struct list *list, const char *path)
{
    if (list->count < PUSH_NAMED_MAX)
        list_add(pass->service->arena, list, arena_strdup(pass->service->arena, path));
}

/* What is the same already would fill the log with the whole tree. */
static void on_line(void *context, bool is_error, const char *line)
{
    struct push_pass *pass = context;
    struct push_line read = {0};

    if (!is_error)
        push_line_read(line, &read);
    if (read.change != PUSH_NO_CHANGE_LINE && strcmp(read.path, "./") == 0)
        return;
    pass->counts.bytes += read.bytes;
    switch (read.change) {
    case PUSH_SAME:
        pass->counts.same++;
        return;
    case PUSH_CREATE:
        pass->counts.create++;
        name_path(pass, &pass->counts.differ, read.path);
        break;
    case PUSH_REPLACE:
        pass->counts.replace++;
        name_path(pass, &pass->counts.differ, read.path);
        name_path(pass, &pass->counts.standing, read.path);
        break;
    case PUSH_ATTRIBUTES:
        pass->counts.attributes++;
        name_path(pass, &pass->counts.differ, read.path);
        break;
    case PUSH_NO_CHANGE_LINE:
        break;
    }
    if (pass->log != NULL)
        run_log_line(pass->log, is_error, line);
}

static void tell_progress(struct push_pass *pass)
{
    const struct backup_progress progress = {
        .phase = PHASE_TRANSFER,
        .rsync = pass->output.progress.files_total > 0 ? &pass->output.progress : NULL,
        .elapsed_ms = clock_boot_ms() - pass->begun_ms,
        .usual_seconds = -1,
        .seen_at = clock_now(),
        .moved_at = clock_now(),
    };
    json_t *document = backup_progress_document(&progress);
    char *text = json_dumps(document, JSON_COMPACT);
    struct err ignored;

    if (text == NULL)
        abort();
    store_run_set_progress(pass->service->db, pass->run->id, pass->run->token, text, &ignored);
    free(text);
    json_decref(document);
}

/* False when the run is no longer ours or wanted. A database that does not answer ends no run. */
static bool on_tick(void *context)
{
    struct push_pass *pass = context;
    struct err ignored;
    bool cancel = false;

    if (pass->log != NULL)
        run_log_flush(pass->log);
    if (pass->run == NULL)
        return true;
    tell_progress(pass);
    if (clock_boot_ms() < pass->next_beat_ms)
        return true;
    pass->next_beat_ms = clock_boot_ms() + BEAT_MS;
    return store_queue_beat(pass->service->db, pass->run->id, pass->run->token, &cancel, &ignored) != 0 &&
           !cancel;
}

static int run_once(struct push_pass *pass, enum push_step step, struct err *err)
{
    struct arena *arena = pass->service->arena;
    struct transfer transfer = {
        .argv = rsync_push_argv(arena, pass->config, pass->places, step, err),
        .environment = pass->environment,
        .lock_fd = pass->lock_fd,
        .root_fd = -1,
        .max_runtime_seconds = pass->config->max_runtime_seconds,
        .tick = on_tick,
        .context = pass,
    };

    if (transfer.argv == NULL)
        return -1;
    push_pass_release(pass);
    pass->counts = (struct push_counts){0};
    pass->begun_ms = clock_boot_ms();
    pass->output = (struct rsync_output){.log_line = on_line, .context = pass};
    rsync_output_init(&pass->output, arena);
    if (pass->log != NULL) {
        struct list words = {0};

        for (size_t i = 0; transfer.argv[i] != NULL; i++)
            list_add(arena, &words, transfer.argv[i]);
        run_log_printf(pass->log, "%s", list_join(arena, &words, " "));
    }
    return transfer_run(&transfer, &pass->output, &pass->ended, err);
}

bool push_pass_is_locked_out(const struct push_pass *pass)
{
    return (pass->output.signs & SIGN_REFUSED_BY_RRSYNC) != 0 && pass->output.first_error != NULL &&
           strstr(pass->output.first_error, "Another instance of rrsync") != NULL;
}

int push_pass_run(struct push_pass *pass, enum push_step step, struct err *err)
{
    const struct timespec pause = {.tv_nsec = LOCKED_OUT_PAUSE_MS * 1000000L};
    int64_t until_ms = clock_boot_ms() + LOCKED_OUT_MS;

    for (;;) {
        if (run_once(pass, step, err) < 0)
            return -1;
        if (!push_pass_is_locked_out(pass) || stop_requested() != 0 || clock_boot_ms() > until_ms ||
            !on_tick(pass))
            return 0;
        nanosleep(&pause, NULL);
    }
}

bool push_pass_is_done(const struct push_pass *pass)
{
    int status = pass->ended.exit_status;

    return pass->ended.end == RSYNC_EXITED &&
           (status == 0 || status == EXIT_PARTIAL || status == EXIT_VANISHED);
}

void push_pass_release(struct push_pass *pass)
{
    if (pass->output.arena != NULL)
        rsync_output_release(&pass->output);
    pass->output = (struct rsync_output){0};
}
