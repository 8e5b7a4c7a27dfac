/* pobsync recover */
#include "cli/cell.h"
#include "cli/commands.h"
#include "service/service_recover.h"

static void render(struct call *call, const json_t *document)
{
    const json_t *items = json_object_get(document, "items");

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *done = json_object_get(item, "done");
        const char *host = json_is_null(json_object_get(item, "host")) ? "backup root"
                                                                       : cell_text(call->arena, item, "host");

        if (json_is_string(json_object_get(item, "message")))
            buf_printf(&call->out, "%s: %s: %s\n", host, cell_text(call->arena, item, "state"),
                       cell_text(call->arena, item, "message"));
        for (size_t j = 0; j < json_array_size(done); j++)
            buf_printf(&call->out, "%s: %s\n", host, json_string_value(json_array_get(done, j)));
    }
    if (json_array_size(items) == 0)
        call_note(call, "nothing to recover");
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL || service_recover(service, call_has(call, "dry-run"), &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"dry-run", 0, NULL, "change nothing; tell what there is to do"},
    {0},
};

const struct command cmd_recover = {
    .name = "recover",
    .summary = "put right what runs that died have left",
    .options = options,
    .details =
        "Ends rows of dead runs, adopts snapshots that were complete, ends orphaned processes, empties the "
        "trash. A worker does the same by itself when it begins and whenever a run dies, and each run does it "
        "for its own host, so this is for the impatient. Repeating it does no harm.",
    .examples = "pobsync recover --dry-run\npobsync recover",
    .json = true,
    .long_running = true,
    .run = run,
};
