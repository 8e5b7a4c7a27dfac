/* pobsync show */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "service/document.h"

static void add_keys(struct call *call, const json_t *document)
{
    const json_t *key = json_object_get(document, "key");
    const json_t *pinned = json_object_get(document, "pinned_keys");

    buf_printf(&call->out, "key        %s\n",
               json_is_object(key) ? cell_text(call->arena, key, "fingerprint") : "none yet");
    if (json_array_size(pinned) == 0)
        buf_add_text(&call->out, "host key   none pinned yet\n");
    for (size_t i = 0; i < json_array_size(pinned); i++) {
        const json_t *item = json_array_get(pinned, i);

        buf_printf(&call->out, "host key   %s %s\n", cell_text(call->arena, item, "type"),
                   cell_text(call->arena, item, "fingerprint"));
    }
}

static void add_running(struct call *call, const json_t *running)
{
    const char *progress = progress_cell(call->arena, json_object_get(running, "progress"));

    if (json_is_object(running))
        buf_printf(&call->out, "running    run %s, %s%s%s\n", cell_count(call->arena, running, "id"),
                   cell_text(call->arena, running, "job"), progress == NULL ? "" : ": ",
                   progress == NULL ? "" : progress);
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL || document_host(service, call_word(call, 0), &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    buf_printf(&call->out, "host       %s\n", cell_text(call->arena, document, "host"));
    buf_printf(&call->out, "created    %s UTC\n", cell_minute(call->arena, document, "created_at"));
    buf_printf(&call->out, "directory  %s\n", cell_text(call->arena, document, "path"));
    add_keys(call, document);
    add_running(call, json_object_get(document, "running"));
    buf_add_char(&call->out, '\n');
    settings_render(call, document, NULL);
    return 0;
}

const struct command cmd_show = {
    .name = "show",
    .summary = "show a host: keys, settings, where each comes from",
    .operands = "HOST",
    .details =
        "The origin of a setting is default, environment, global or host. \"(not set)\" and \"(nothing)\" are "
        "two things: the second was set on purpose.",
    .exits = "5 when there is no such host.",
    .examples = "pobsync show web1",
    .json = true,
    .run = run,
};
