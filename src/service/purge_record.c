/* Reading purges.jsonl. */
#include "service/purge_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/when.h"
#include "plan/snapshot_name.h"
#include "sys/fs.h"

enum { PROBLEMS_SHOWN = 10 };

static int refuse(struct err *err, const char *key)
{
    return err_set(err, ERR_INVALID, "\"%s\" makes no sense", key);
}

/* `needed`: neither absent nor null nor empty. */
static int text_of(struct arena *arena, const json_t *line, const char *key, bool needed, const char **text,
                   struct err *err)
{
    const json_t *value = json_object_get(line, key);

    *text = arena_strdup(arena, json_string_value(value));
    if (*text == NULL)
        return needed || (value != NULL && !json_is_null(value)) ? refuse(err, key) : 0;
    return text_has_control(*text) || (needed && (*text)[0] == '\0') ? refuse(err, key) : 0;
}

static int time_of(const json_t *line, const char *key, bool needed, int64_t *when, struct err *err)
{
    const json_t *value = json_object_get(line, key);

    *when = 0;
    if (!json_is_string(value))
        return needed || (value != NULL && !json_is_null(value)) ? refuse(err, key) : 0;
    return when_parse_rfc3339(json_string_value(value), when, err) < 0 ? err_in(err, "\"%s\"", key) : 0;
}

/* -1 in the figure is "not known". */
static int count_of(const json_t *line, const char *key, int64_t *count, struct err *err)
{
    const json_t *value = json_object_get(line, key);

    *count = json_is_integer(value) ? json_integer_value(value) : -1;
    if (value == NULL || json_is_null(value))
        return 0;
    return *count < 0 ? refuse(err, key) : 0;
}

static int snapshot_of(struct arena *arena, const json_t *line, struct purge *purge, struct err *err)
{
    const char *kind;
    int64_t when;

    if (text_of(arena, line, "snapshot", true, &purge->snapshot, err) < 0 ||
        text_of(arena, line, "kind", true, &kind, err) < 0 ||
        text_of(arena, line, "status", false, &purge->status, err) < 0)
        return -1;
    if (strlen(purge->snapshot) > 255 || strchr(purge->snapshot, '/') != NULL ||
        !snapshot_name_is_candidate(purge->snapshot, &when))
        return refuse(err, "snapshot");
    purge->kind = snapshot_kind_parse(kind);
    if (purge->kind == KIND__MAX)
        return refuse(err, "kind");
    return snapshot_status_parse(purge->status) == SNAPSHOT__MAX ? refuse(err, "status") : 0;
}

static int take(struct arena *arena, const char *host, const json_t *line, struct purge *purge,
                struct err *err)
{
    if (count_of(line, "id", &purge->id, err) < 0 || time_of(line, "at", true, &purge->at, err) < 0 ||
        text_of(arena, line, "actor", true, &purge->actor, err) < 0 ||
        text_of(arena, line, "origin", true, &purge->origin, err) < 0 ||
        text_of(arena, line, "host", true, &purge->host, err) < 0 ||
        snapshot_of(arena, line, purge, err) < 0 ||
        time_of(line, "started_at", false, &purge->snapshot_started_at, err) < 0 ||
        count_of(line, "files", &purge->files, err) < 0 || count_of(line, "bytes", &purge->bytes, err) < 0 ||
        count_of(line, "new_bytes", &purge->new_bytes, err) < 0 ||
        text_of(arena, line, "reason", true, &purge->reason, err) < 0 ||
        text_of(arena, line, "plan", false, &purge->plan, err) < 0 ||
        time_of(line, "removed_at", false, &purge->removed_at, err) < 0 ||
        count_of(line, "removed_entries", &purge->removed_entries, err) < 0 ||
        count_of(line, "freed_bytes", &purge->freed_bytes, err) < 0)
        return -1;
    if (purge->id < 1)
        return refuse(err, "id");
    return strcmp(purge->host, host) == 0
               ? 0
               : err_set(err, ERR_INVALID, "it is of host \"%s\", expected \"%s\"", purge->host, host);
}

int purge_record_parse(struct arena *arena, const char *host, const char *line, size_t size,
                       struct purge *purge, struct err *err)
{
    json_error_t problem;
    json_t *json;
    int result;

    *purge = (struct purge){0};
    if (size > PURGE_LINE_MAX)
        return err_set(err, ERR_INVALID, "it has %zu bytes, more than %d", size, (int)PURGE_LINE_MAX);
    json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL)
        return err_set(err, ERR_INVALID, "%s", problem.text);
    result = json_is_object(json) ? take(arena, host, json, purge, err)
                                  : err_set(err, ERR_INVALID, "it is no object");
    json_decref(json);
    return result;
}

static void note_problem(struct arena *arena, size_t number, const char *message,
                         struct purge_records *records)
{
    records->unreadable++;
    if (records->problems.count < PROBLEMS_SHOWN)
        list_add(arena, &records->problems, arena_printf(arena, "line %zu: %s", number, message));
}

/* What one purge is: it has two lines when all went well. */
struct place {
    int64_t id;
    const char *snapshot;
    size_t line;
};

static int by_purge(const void *a, const void *b)
{
    const struct place *one = a, *other = b;
    int order = one->id < other->id ? -1 : one->id > other->id ? 1 : strcmp(one->snapshot, other->snapshot);

    if (order != 0)
        return order;
    return one->line < other->line ? -1 : 1;
}

/* Each purge once: where its first line is, as its last one says. */
static void join_lines(struct arena *arena, struct purge_records *records)
{
    struct place *places = arena_alloc(arena, (records->count + 1) * sizeof *places);
    bool *is_first = arena_alloc(arena, records->count + 1);
    size_t kept = 0;

    for (size_t i = 0; i < records->count; i++)
        places[i] = (struct place){records->purges[i].id, records->purges[i].snapshot, i};
    qsort(places, records->count, sizeof *places, by_purge);
    for (size_t i = 0, first = 0; i < records->count; i++) {
        if (places[i].id != places[first].id || strcmp(places[i].snapshot, places[first].snapshot) != 0)
            first = i;
        is_first[places[first].line] = true;
        records->purges[places[first].line] = records->purges[places[i].line];
    }
    for (size_t i = 0; i < records->count; i++)
        if (is_first[i])
            records->purges[kept++] = records->purges[i];
    records->count = kept;
}

void purge_records_parse(struct arena *arena, const char *host, const char *text, size_t size,
                         struct purge_records *records)
{
    size_t lines = 0, number = 0;
    struct err err;

    *records = (struct purge_records){0};
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    records->purges = arena_alloc(arena, (lines + 1) * sizeof *records->purges);
    while (lines > number) {
        const char *end = memchr(text, '\n', size);
        size_t length = (size_t)(end - text);

        number++;
        if (purge_record_parse(arena, host, text, length, &records->purges[records->count], &err) == 0)
            records->count++;
        else
            note_problem(arena, number, err.message, records);
        text += length + 1;
        size -= length + 1;
    }
    join_lines(arena, records);
}

int purge_records_load(struct arena *arena, const char *host, int host_fd, struct purge_records *records,
                       struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;

    *records = (struct purge_records){0};
    if (fs_read_file(host_fd, ".pobsync/purges.jsonl", PURGE_FILE_MAX, &content, err) < 0)
        return errno == ENOENT ? 0 : -1;
    purge_records_parse(arena, host, buf_text(&content), content.size, records);
    return 0;
}
