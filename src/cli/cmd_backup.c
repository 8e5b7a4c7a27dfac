/* pobsync backup */
#include <string.h>

#include "base/text.h"
#include "base/when.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/problem.h"
#include "cli/progress.h"
#include "service/document.h"
#include "service/service_backup.h"
#include "service/service_queue.h"

enum { PATHS_SHOWN = 20 };

/* What the callbacks of a running backup need. */
struct watch {
    struct call *call;
    struct progress progress;
};

static void on_progress(void *context, const struct backup_progress *backup)
{
    struct watch *watch = context;

    progress_show(&watch->progress, backup);
}

static void on_notice(void *context, const char *line)
{
    struct watch *watch = context;

    progress_clear(&watch->progress);
    call_note(watch->call, "%s", line);
}

/* The snapshot's item of the list, for its path; NULL when the run made none. The caller owns it. */
static json_t *load_snapshot(struct call *call, const char *host, const json_t *run)
{
    const char *name = json_string_value(json_object_get(run, "snapshot"));
    JSON_SCOPED *document = NULL;
    const json_t *items;
    struct err err;

    if (name == NULL || document_snapshots(&call->service, host, &document, &err) < 0)
        return NULL;
    items = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);

        if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0)
            return json_incref(item);
    }
    return NULL;
}

static void add_figures(struct call *call, const json_t *run)
{
    const json_t *stats = json_object_get(run, "stats");
    struct arena *arena = call->arena;

    if (cell_number(stats, "files") >= 0) {
        buf_printf(&call->out, "files     %s", cell_count(arena, stats, "files"));
        if (json_is_string(json_object_get(run, "base")))
            buf_printf(&call->out, ", %s linked (%s)", cell_count(arena, stats, "linked_files"),
                       cell_share(arena, stats, "linked_files", "files"));
        buf_printf(&call->out, "\nsize      %s, %s new\n", cell_bytes(arena, stats, "bytes"),
                   cell_bytes(arena, stats, "new_bytes"));
    }
    if (cell_number(stats, "received") >= 0)
        buf_printf(&call->out, "received  %s\n", cell_bytes(arena, stats, "received"));
    if (cell_number(stats, "deleted_snapshots") >= 0)
        buf_printf(
            &call->out, "pruned    %s snapshot%s, %s freed\n", cell_count(arena, stats, "deleted_snapshots"),
            cell_number(stats, "deleted_snapshots") == 1 ? "" : "s", cell_bytes(arena, stats, "freed_bytes"));
    buf_printf(&call->out, "took      %s\n", cell_span(arena, run, "started_at", "ended_at"));
}

static void add_failed_paths(struct call *call, const json_t *run)
{
    const json_t *paths = json_object_get(run, "failed_paths");
    int64_t total = cell_number(json_object_get(run, "stats"), "failed_paths");
    size_t shown = json_array_size(paths);

    if (shown == 0)
        return;
    if (shown > PATHS_SHOWN)
        shown = PATHS_SHOWN;
    buf_add_text(&call->out, "\nnot copied:\n");
    for (size_t i = 0; i < shown; i++) {
        const json_t *path = json_array_get(paths, i);

        buf_printf(&call->out, "  %s: %s\n", cell_text(call->arena, path, "path"),
                   cell_text(call->arena, path, "reason"));
    }
    if (total < (int64_t)json_array_size(paths))
        total = (int64_t)json_array_size(paths);
    if (total > (int64_t)shown)
        buf_printf(&call->out, "  and %lld more: pobsync log %s\n", (long long)(total - (int64_t)shown),
                   cell_count(call->arena, run, "id"));
}

/* What the run has to say: on standard error, like any other error unless it went well. */
static void print_message(struct call *call, const json_t *run)
{
    const char *message = json_string_value(json_object_get(run, "message"));
    const char *hint = json_string_value(json_object_get(run, "hint"));
    struct err err;

    if (message == NULL || message[0] == '\0')
        return;
    if (strcmp(cell_text(call->arena, run, "state"), run_state_name(RUN_SUCCESS)) == 0) {
        call_note(call, "%s", message);
        return;
    }
    err_set(&err, ERR_FAILED, "%s", message);
    if (hint != NULL)
        err_hint(&err, "%s", hint);
    problem_print(&err, false);
}

static void render(struct call *call, const json_t *run)
{
    const char *host = call_word(call, 0);
    const char *state = cell_text(call->arena, run, "state");
    const char *color = call->terminal.color ? terminal_state_color(state) : NULL;
    JSON_SCOPED *snapshot = load_snapshot(call, host, run);

    if (color != NULL)
        buf_printf(&call->out, "%s  \033[%sm%s\033[0m", host, color, state);
    else
        buf_printf(&call->out, "%s  %s", host, state);
    buf_printf(&call->out, "  run %s\n", cell_count(call->arena, run, "id"));
    if (snapshot != NULL) {
        buf_printf(&call->out, "snapshot  %s%s\n", cell_text(call->arena, snapshot, "name"),
                   json_is_null(json_object_get(snapshot, "held_reason")) ? "" : " (held)");
        buf_printf(&call->out, "path      %s\n", cell_text(call->arena, snapshot, "path"));
    }
    add_figures(call, run);
    add_failed_paths(call, run);
    call_flush(call);
    print_message(call, run);
}

static int enqueue(struct call *call, struct err *err)
{
    const struct queue_wish wish = {
        .job = call_has(call, "dry-run") ? JOB_DRY_RUN : JOB_BACKUP,
        .host = call_word(call, 0),
        .kind = call_has(call, "manual") ? "manual" : "scheduled",
        .request = {.prune = call_has(call, "prune")},
        .trigger = "queue",
    };
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL || service_queue_add(service, &wish, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "run %s of %s %s the queue; see pobsync queue",
                  cell_count(call->arena, document, "id"), wish.host,
                  json_is_true(json_object_get(document, "merged")) ? "is already in" : "is in");
    return 0;
}

static int run(struct call *call, struct err *err)
{
    bool talks = !call->quiet && !call->json;
    struct watch watch = {
        .call = call,
        .progress = {.host = call_word(call, 0),
                     .terminal = &call->terminal,
                     .redraws = talks && call->terminal.err_is_tty,
                     .logs = talks && !call->terminal.err_is_tty && call->verbose > 0},
    };
    struct backup_request request = {
        .host = call_word(call, 0),
        .manual = call_has(call, "manual"),
        .dry_run = call_has(call, "dry-run"),
        .prune = call_has(call, "prune"),
        .foreground = true,
        .trigger = "cli",
        .progress = on_progress,
        .notice = on_notice,
        .context = &watch,
    };
    struct service *service;
    JSON_SCOPED *document = NULL;
    int exit_status = 1, result;

    if (call_has(call, "queue"))
        return enqueue(call, err);
    service = call_service(call, err);
    if (service == NULL)
        return -1;
    result = service_backup(service, &request, &document, &exit_status, err);
    progress_clear(&watch.progress);
    if (result < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document);
    return exit_status;
}

static const struct option_spec options[] = {
    {"manual", 0, NULL, "make a snapshot of kind manual, which stays until somebody deletes it"},
    {"prune", 0, NULL, "apply retention after a good run"},
    {"queue", 0, NULL, "let a worker do it: put it into the queue and return at once"},
    {"dry-run", 0, NULL, "transfer nothing and record no snapshot; tell what would be done"},
    {0},
};

const struct command cmd_backup = {
    .name = "backup",
    .summary = "back up one host now, in the foreground",
    .operands = "HOST",
    .options = options,
    .details =
        "Makes a snapshot of kind scheduled, to which retention applies. On a terminal the progress is shown; "
        "elsewhere -v writes a line every 30 seconds. The host's key is pinned at first contact.\n\n"
        "--prune deletes what `pobsync retention` says, at most max-delete snapshots, and only after a good run: never "
        "when paths were missing or the snapshot is held. A prune that is refused or fails makes the run a warning.",
    .exits =
        "3 with warnings or some paths not copied, 5 for an unknown host, 6 while another run of the host goes "
        "on, 7 when the source was empty or shrank by more than half (the snapshot is held), 8 for the backup "
        "root, 9 when the host cannot be reached or a key was refused, 130 when interrupted.",
    .examples =
        "pobsync backup web1\npobsync backup web1 --prune\npobsync backup web1 --manual\npobsync backup web1 --dry-run",
    .json = true,
    .long_running = true,
    .run = run,
};
