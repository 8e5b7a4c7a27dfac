/* pobsync export-configs */
#include "cli/cell.h"
#include "cli/commands.h"
#include "service/service_legacy.h"

static void render(struct call *call, const json_t *document)
{
    const json_t *files = json_object_get(document, "files"), *left = json_object_get(document, "left");
    const char *prefix = cell_text(call->arena, document, "prefix");
    const json_t *file;
    size_t i;

    json_array_foreach(files, i, file)
    {
        buf_printf(&call->out, "%s/%s\n", prefix, cell_text(call->arena, file, "file"));
    }
    json_array_foreach(left, i, file)
    {
        call_note(call, "%s/config/hosts/%s was there before and is of no host; an import takes it too",
                  prefix, json_string_value(file));
    }
}

static int run(struct call *call, struct err *err)
{
    const char *prefix = call_value(call, "prefix");
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (prefix == NULL) {
        err_set(err, ERR_USAGE, "\"export-configs\" needs --prefix DIR");
        return err_hint(err, "DIR is where config/ is written; see pobsync export-configs --help");
    }
    service = call_service(call, err);
    if (service == NULL || service_legacy_export(service, prefix, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"prefix", 0, "DIR", "an existing directory, below which config/ is written"},
    {0},
};

const struct command cmd_export_configs = {
    .name = "export-configs",
    .summary = "write the settings as YAML files that import-configs reads",
    .options = options,
    .details =
        "Writes config/global.yaml and one config/hosts/NAME.yaml for each host below DIR, in place of files of "
        "the same name, and prints their paths. Only what is set is written, so that importing the files gives "
        "the same settings. Keys, pinned host keys and records of snapshots are no part of it. Nothing is "
        "written through a symbolic link.",
    .examples = "pobsync export-configs --prefix /root/pobsync-settings",
    .json = true,
    .run = run,
};
