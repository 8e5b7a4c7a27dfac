/* pobsync import-configs */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_legacy.h"

/* Lists are one item a line; in a table they are separated by commas. */
static const char *one_line(struct call *call, const json_t *item, const char *key)
{
    const char *text = json_string_value(json_object_get(item, key));
    struct list lines = {0};

    if (text == NULL)
        return "not set";
    list_add_lines(call->arena, &lines, text);
    return lines.count == 0 ? "nothing" : list_join(call->arena, &lines, ", ");
}

static const char *value_of(struct call *call, const json_t *item)
{
    const char *outcome = json_string_value(json_object_get(item, "outcome"));

    if (strcmp(outcome, "unknown") == 0)
        return "no such setting";
    if (strcmp(outcome, "left_out") == 0)
        return cell_text(call->arena, item, "note");
    if (strcmp(outcome, "changed") == 0)
        return arena_printf(call->arena, "%s (was %s)", one_line(call, item, "value"),
                            one_line(call, item, "before"));
    return one_line(call, item, "value");
}

static void render_file(struct call *call, const json_t *file)
{
    static const struct table_column columns[] = {
        {"", TABLE_LEFT}, {"", TABLE_RIGHT}, {"", TABLE_LEFT}, {"", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *item;
    size_t i;

    buf_printf(&call->out, "%s%s\n", cell_text(call->arena, file, "file"),
               json_is_true(json_object_get(file, "created")) ? " (a new host)" : "");
    json_array_foreach(json_object_get(file, "items"), i, item)
    {
        const char *outcome = json_string_value(json_object_get(item, "outcome"));

        table_add(&table,
                  arena_printf(call->arena, "  %s", strcmp(outcome, "left_out") == 0 ? "left out" : outcome));
        table_add(&table, arena_printf(call->arena, "line %lld", (long long)cell_number(item, "line")));
        table_add(&table, cell_text(call->arena, item, "key"));
        table_add(&table, value_of(call, item));
    }
    table_render(&table, &call->terminal, &call->out);
}

static const char *mistake_line(struct call *call, const json_t *mistake)
{
    long long line = cell_number(mistake, "line"), column = cell_number(mistake, "column");

    if (line <= 0)
        return arena_printf(call->arena, "%s: %s", cell_text(call->arena, mistake, "file"),
                            cell_text(call->arena, mistake, "message"));
    return arena_printf(call->arena, "%s:%lld:%lld: %s", cell_text(call->arena, mistake, "file"), line,
                        column, cell_text(call->arena, mistake, "message"));
}

/* The first one is the error, the others stand before it. */
static int refuse(struct call *call, const json_t *document, struct err *err)
{
    const json_t *mistakes = json_object_get(document, "mistakes");
    size_t count = json_array_size(mistakes);

    for (size_t i = 1; i < count; i++)
        call_note(call, "%s", mistake_line(call, json_array_get(mistakes, i)));
    err_set(err, ERR_INVALID, "%s", mistake_line(call, json_array_get(mistakes, 0)));
    if (count == 1)
        return err_hint(err, "nothing was imported; correct the file and import again");
    return err_hint(err, "nothing was imported: %zu mistakes; correct the files and import again", count);
}

static void render(struct call *call, const json_t *document)
{
    const json_t *counts = json_object_get(document, "counts"), *root = json_object_get(document, "root");
    const json_t *file;
    size_t i;

    json_array_foreach(json_object_get(document, "files"), i, file)
    {
        render_file(call, file);
    }
    call_note(call, "%lld taken, %lld changed, %lld unchanged, %lld left out, %lld unknown%s",
              (long long)cell_number(counts, "taken"), (long long)cell_number(counts, "changed"),
              (long long)cell_number(counts, "unchanged"), (long long)cell_number(counts, "left_out"),
              (long long)cell_number(counts, "unknown"),
              json_is_true(json_object_get(document, "dry_run")) ? "; dry run: nothing was written" : "");
    if (!json_is_object(root))
        return;
    call_note(call, "the backup root cannot be used yet: %s", cell_text(call->arena, root, "found"));
    call_note(call, "  %s", cell_text(call->arena, root, "hint"));
}

static int run(struct call *call, struct err *err)
{
    const char *prefix = call_value(call, "prefix");
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (prefix == NULL) {
        err_set(err, ERR_USAGE, "\"import-configs\" needs --prefix DIR");
        return err_hint(err, "DIR is what holds config/global.yaml; see pobsync import-configs --help");
    }
    service = call_service(call, err);
    if (service == NULL ||
        service_legacy_import(service, prefix, call_has(call, "dry-run"), &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    if (!json_is_true(json_object_get(document, "ok")))
        return refuse(call, document, err);
    if (!call->json)
        render(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"prefix", 0, "DIR", "the directory that holds config/global.yaml and config/hosts/"},
    {"dry-run", 0, NULL, "read and check everything, report, and change nothing"},
    {0},
};

const struct command cmd_import_configs = {
    .name = "import-configs",
    .summary = "take the settings of YAML files of an earlier version",
    .options = options,
    .details =
        "Reads config/global.yaml and config/hosts/NAME.yaml below DIR and takes what they say about settings, "
        "hosts, schedules and retention. Each key is reported: taken, changed, unchanged, left out, or unknown. "
        "A mistake is told with file, line and column, and then nothing at all is imported. Hosts are made or "
        "changed, never removed; what a file does not mention stays.\n\n"
        "The backup root is noted, not marked: look at the disk, then mark it with configure-global.",
    .exits = "2 when a file has a mistake, 5 when there are no such files.",
    .examples = "pobsync import-configs --prefix /opt/pobsync --dry-run\n"
                "pobsync import-configs --prefix /opt/pobsync",
    .json = true,
    .run = run,
};
