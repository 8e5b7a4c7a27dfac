/* pobsync diff */
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "model/place.h"
#include "service/service_browse.h"

/* "1.5 KiB", and of what changed both: "1.5 KiB > 2.0 KiB". */
static const char *size_of(struct arena *arena, const json_t *item)
{
    const char *change = cell_text(arena, item, "change");

    if (strcmp(cell_text(arena, item, "type"), "file") != 0)
        return CELL_NONE;
    if (strcmp(change, "changed") == 0 && cell_number(item, "size") != cell_number(item, "size_before"))
        return arena_printf(arena, "%s > %s", cell_bytes(arena, item, "size_before"),
                            cell_bytes(arena, item, "size"));
    return cell_bytes(arena, item, strcmp(change, "removed") == 0 ? "size_before" : "size");
}

static const char *path_of(struct arena *arena, const json_t *item)
{
    bool is_directory = strcmp(cell_text(arena, item, "type"), "directory") == 0;

    return arena_printf(arena, "%s%s", cell_text(arena, item, "path"), is_directory ? "/" : "");
}

static void render(struct call *call, const json_t *items)
{
    static const struct table_column columns[] = {
        {"CHANGE", TABLE_LEFT}, {"SIZE", TABLE_RIGHT}, {"PATH", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(&table, cell_text(call->arena, item, "change"));
        table_add(&table, size_of(call->arena, item));
        table_add(&table, path_of(call->arena, item));
    }
    table_render(&table, &call->terminal, &call->out);
}

static void note_sum(struct call *call, const json_t *document)
{
    const json_t *counts = json_object_get(document, "counts"), *bytes = json_object_get(document, "bytes");
    struct arena *arena = call->arena;

    call_note(call, "%s to %s", cell_text(arena, document, "before"), cell_text(arena, document, "after"));
    call_note(call, "%s added (%s), %s removed (%s), %s changed (%s), %s metadata only, %s of another type",
              cell_count(arena, counts, "added"), cell_bytes(arena, bytes, "added"),
              cell_count(arena, counts, "removed"), cell_bytes(arena, bytes, "removed"),
              cell_count(arena, counts, "changed"), cell_bytes(arena, bytes, "changed"),
              cell_count(arena, counts, "metadata"), cell_count(arena, counts, "type"));
    if (cell_number(document, "more") > 0)
        call_note(call, "%s more are not shown", cell_count(arena, document, "more"));
}

static void render_hunk(struct call *call, const json_t *hunk)
{
    const json_t *lines = json_object_get(hunk, "lines");

    buf_printf(&call->out, "@@ -%lld,%lld +%lld,%lld @@\n", (long long)cell_number(hunk, "before_line"),
               (long long)cell_number(hunk, "before_count"), (long long)cell_number(hunk, "after_line"),
               (long long)cell_number(hunk, "after_count"));
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *change = json_string_value(json_object_get(line, "change"));
        const char *text = json_string_value(json_object_get(line, "text"));

        buf_printf(&call->out, "%c%s%s\n",
                   strcmp(change, "same") == 0      ? ' '
                   : strcmp(change, "removed") == 0 ? '-'
                                                    : '+',
                   text_printable_lines(call->arena, text, strlen(text)),
                   json_is_true(json_object_get(line, "cut")) ? " [cut]" : "");
    }
}

static void render_lines(struct call *call, const json_t *document)
{
    const json_t *hunks = json_object_get(document, "hunks");
    struct arena *arena = call->arena;

    if (json_array_size(hunks) > 0)
        buf_printf(&call->out, "--- %s@%s:%s\n+++ %s@%s:%s\n", cell_text(arena, document, "host"),
                   cell_text(arena, document, "before"), cell_text(arena, document, "path"),
                   cell_text(arena, document, "host"), cell_text(arena, document, "after"),
                   cell_text(arena, document, "path"));
    for (size_t i = 0; i < json_array_size(hunks); i++)
        render_hunk(call, json_array_get(hunks, i));
    if (json_is_true(json_object_get(document, "same")))
        call_note(call, "the content is the same");
    else if (json_is_true(json_object_get(document, "binary")))
        call_note(call, "no text: %s before, %s after", cell_bytes(arena, document, "size_before"),
                  cell_bytes(arena, document, "size"));
    else
        call_note(call, "%s lines removed or added", cell_count(arena, document, "changes"));
    if (json_is_true(json_object_get(document, "cut")))
        call_note(call, "there is more; pobsync cat gives both");
}

static int run_lines(struct call *call, const struct place *place, struct err *err)
{
    JSON_SCOPED *document = NULL;

    if (call_has(call, "limit"))
        return err_set(err, ERR_USAGE, "--limit counts changes of a directory: it does not go with --lines");
    if (call_service(call, err) == NULL ||
        service_browse_text_diff(&call->service, place->host, place->snapshot, place->other, place->path,
                                 &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render_lines(call, document);
    return 0;
}

static int run(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;
    struct service *service;
    struct place place;
    int64_t limit = 0;

    if (place_parse_pair(call->arena, call_word(call, 0), &place, err) < 0)
        return -1;
    if (call_has(call, "lines"))
        return run_lines(call, &place, err);
    if (call_has(call, "limit") && parse_int(call_value(call, "limit"), 1, 100000000, &limit, err) < 0)
        return err_in(err, "--limit");
    service = call_service(call, err);
    if (service == NULL || service_browse_diff(service, place.host, place.snapshot, place.other, place.path,
                                               (size_t)limit, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    if (json_array_size(json_object_get(document, "items")) > 0)
        render(call, json_object_get(document, "items"));
    note_sum(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"lines", 0, NULL, "of a file: the lines that were removed and added, as diff -u tells them"},
    {"limit", 0, "N", "list at most so many changes, and count all; all unless told"},
    {0},
};

const struct command cmd_diff = {
    .name = "diff",
    .summary = "compare two snapshots, a directory in both, or the lines of a file",
    .operands = "PLACES",
    .options = options,
    .details =
        "PLACES is HOST@A..B[:PATH], where A and B are names, dates or latest, as for pobsync ls. A change is added, "
        "removed, changed (content, target of a link), metadata (owner, mode, times, attributes alone; of a directory "
        "not the times) or type (something else stands there). Unchanged files are one inode in both and not even "
        "looked at. With --lines PATH is a file of at most 1 MiB in both; what is no text is told as such.",
    .exits =
        "1 when something cannot be read, 5 when there is no such host, snapshot or path, 8 for the backup root.",
    .examples = "pobsync diff web1@2026-11-01..latest\npobsync diff web1@2026-11-01..2026-11-02:/etc\n"
                "pobsync diff web1@2026-11-01..latest:/etc/fstab --lines",
    .json = true,
    .long_running = true,
    .run = run,
};
