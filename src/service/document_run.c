/* Runs as documents. */
#include "service/document.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/run_log.h"
#include "service/backup_progress.h"
#include "store/store_host.h"
#include "store/store_run.h"

static json_t *run_stats(const struct run_stats *stats)
{
    static const struct {
        const char *name;
        size_t offset;
    } columns[] = {
#define STAT(member) {#member, offsetof(struct run_stats, member)}
        STAT(files),       STAT(directories), STAT(bytes),        STAT(linked_files),
        STAT(copied_same), STAT(new_inodes),  STAT(new_bytes),    STAT(sent),
        STAT(received),    STAT(transferred), STAT(failed_paths), STAT(rsync_exit),
        STAT(connect_ms),  STAT(transfer_ms), STAT(finish_ms),    STAT(deleted_snapshots),
        STAT(freed_bytes),
#undef STAT
    };
    json_t *object = json_object();

    static_assert(sizeof columns / sizeof columns[0] == sizeof *stats / sizeof(int64_t),
                  "a figure is missing");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        const char *member = (const char *)stats + columns[i].offset;

        json_object_set_new(object, columns[i].name, document_count(*(const int64_t *)(const void *)member));
    }
    return object;
}

json_t *document_run_item(const struct run *run)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", json_integer(run->id));
    json_object_set_new(item, "job", json_string(job_name(run->job)));
    json_object_set_new(item, "host", document_text(run->host));
    json_object_set_new(item, "kind", document_text(run->kind));
    json_object_set_new(item, "trigger", document_text(run->trigger));
    json_object_set_new(item, "state", json_string(run_state_name(run->state)));
    json_object_set_new(item, "cause",
                        document_text(run->cause == CAUSE_NONE ? NULL : cause_name(run->cause)));
    json_object_set_new(item, "message", document_text(run->message));
    json_object_set_new(item, "snapshot", document_text(run->snapshot));
    json_object_set_new(item, "requested_at", document_time(run->requested_at));
    json_object_set_new(item, "started_at", document_time(run->started_at));
    json_object_set_new(item, "ended_at", document_time(run->ended_at));
    json_object_set_new(item, "due_at", document_time(run->due_at));
    json_object_set_new(item, "attempt", json_integer(run->attempt));
    json_object_set_new(item, "retry_of", run->retry_of == 0 ? json_null() : json_integer(run->retry_of));
    json_object_set_new(item, "cancel_at", document_time(run->cancel_at));
    json_object_set_new(item, "stats", run_stats(&run->stats));
    json_object_set_new(item, "progress",
                        run->state == RUN_RUNNING ? backup_progress_read(run->progress) : json_null());
    return item;
}

static int parse_state(const char *name, enum run_state *state, struct err *err)
{
    *state = name == NULL ? RUN_STATE__MAX : run_state_parse(name);
    if (name == NULL || *state != RUN_STATE__MAX)
        return 0;
    return err_set(
        err, ERR_INVALID,
        "\"%s\" is no state of a run, expected queued, running, success, warning, partial, failed or "
        "cancelled",
        name);
}

int document_runs(struct service *service, const char *host, const char *state, int64_t before, int limit,
                  json_t **document, struct err *err)
{
    struct run_filter filter = {.host = host, .before = before, .limit = limit > 0 ? limit + 1 : 0};
    struct host known;
    struct run *runs;
    size_t count, shown;
    json_t *items;

    if (parse_state(state, &filter.state, err) < 0 ||
        store_run_list(service->arena, service->db, &filter, &runs, &count, err) < 0)
        return -1;
    /* The runs of a host that was removed are still found; a name that nobody ever had is a mistake. */
    if (count == 0 && host != NULL && store_host_load(service->arena, service->db, host, &known, err) < 0)
        return -1;
    shown = limit > 0 && count > (size_t)limit ? (size_t)limit : count;
    items = json_array();
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(items, document_run_item(&runs[i]));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    if (shown < count)
        json_object_set_new(*document, "next", json_integer(runs[shown - 1].id));
    return 0;
}

/* `text` with `by` in every place of `word`; `by` NULL leaves it. */
static const char *replace_word(struct arena *arena, const char *text, const char *word, const char *by)
{
    BUF_SCOPED result = BUF_EMPTY;
    size_t length = strlen(word);
    const char *found;

    if (by == NULL)
        return text;
    while ((found = strstr(text, word)) != NULL) {
        buf_add(&result, text, (size_t)(found - text));
        buf_add_text(&result, by);
        text = found + length;
    }
    buf_add_text(&result, text);
    return arena_strdup(arena, buf_text(&result));
}

/* What to do, with the names filled in, so that the command in it can be copied. */
static json_t *hint_of(struct arena *arena, const struct run *run)
{
    const char *hint = cause_hint(run->cause);

    if (run->cause == CAUSE_NONE || *hint == '\0')
        return json_null();
    return document_text(
        replace_word(arena, replace_word(arena, hint, "HOST", run->host), "SNAPSHOT", run->snapshot));
}

static json_t *failed_paths(const struct run_path *paths, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();

        json_object_set_new(item, "path", document_text(paths[i].path));
        json_object_set_new(item, "reason", document_text(paths[i].reason));
        json_array_append_new(items, item);
    }
    return items;
}

/* What this program itself wrote; a text that it cannot read is shown as nothing. */
static json_t *result_item(const struct run *run)
{
    json_error_t ignored;
    json_t *item = run->result == NULL ? NULL : json_loads(run->result, 0, &ignored);

    return item == NULL ? json_null() : item;
}

int document_run(struct service *service, int64_t id, json_t **document, struct err *err)
{
    const char *log = run_log_path(service->arena, service->environment.home, id);
    const char *packed = run_log_packed_path(service->arena, service->environment.home, id);
    struct run_path *paths;
    struct run run;
    size_t count;

    if (store_run_load(service->arena, service->db, id, &run, err) < 0 ||
        store_run_paths_list(service->arena, service->db, id, &paths, &count, err) < 0)
        return -1;
    *document = document_run_item(&run);
    json_object_set_new(*document, "hint", hint_of(service->arena, &run));
    json_object_set_new(*document, "base", document_text(run.base));
    json_object_set_new(*document, "log",
                        document_text(access(log, F_OK) == 0      ? log
                                      : access(packed, F_OK) == 0 ? packed
                                                                  : NULL));
    json_object_set_new(*document, "failed_paths", failed_paths(paths, count));
    json_object_set_new(*document, "result", result_item(&run));
    return 0;
}

int document_run_newest(struct service *service, const char *host, enum job job, json_t **document,
                        struct err *err)
{
    struct host known = {0};
    struct run run;
    int found;

    if (host != NULL && store_host_load(service->arena, service->db, host, &known, err) < 0)
        return -1;
    found = store_run_newest(service->arena, service->db, known.id, job, &run, err);
    if (found > 0)
        return document_run(service, run.id, document, err);
    *document = json_null();
    return found;
}
