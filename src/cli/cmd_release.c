/* pobsync release */
#include "cli/cell.h"
#include "cli/commands.h"
#include "service/service_snapshot.h"

static int run(struct call *call, struct err *err)
{
    const char *reason = call_value(call, "reason");
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (reason == NULL) {
        err_set(err, ERR_USAGE, "\"release\" needs --reason TEXT");
        return err_hint(err, "say why the snapshot is good after all; see pobsync release --help");
    }
    service = call_service(call, err);
    if (service == NULL ||
        service_snapshot_release(service, call_word(call, 0), call_word(call, 1), reason, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "snapshot %s of \"%s\" is released: one may rely on it",
                  cell_text(call->arena, document, "name"), call_word(call, 0));
    return 0;
}

static const struct option_spec options[] = {
    {"reason", 0, "TEXT", "why the snapshot is good after all; it is written down"},
    {0},
};

const struct command cmd_release = {
    .name = "release",
    .summary = "release a held snapshot, so that it counts as good",
    .operands = "HOST SNAPSHOT",
    .options = options,
    .details =
        "A snapshot is held when its source was empty or had shrunk by more than half. SNAPSHOT is a name, or "
        "latest for the newest held one. Until it is released a held snapshot is not good, and nothing of the "
        "host is pruned.",
    .exits = "5 when there is no such host or snapshot, 7 when it is not held.",
    .examples = "pobsync release web1 latest --reason 'moved /srv to web2'",
    .json = true,
    .run = run,
};
