/* pobsync pin */
#include "cli/cell.h"
#include "cli/commands.h"
#include "service/service_snapshot.h"

static int run(struct call *call, struct err *err)
{
    const char *reason = call_value(call, "reason");
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (reason == NULL) {
        err_set(err, ERR_USAGE, "\"pin\" needs --reason TEXT");
        return err_hint(err, "say why the snapshot is to stay; see pobsync pin --help");
    }
    service = call_service(call, err);
    if (service == NULL ||
        service_snapshot_pin(service, call_word(call, 0), call_word(call, 1), reason, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "snapshot %s of \"%s\" is pinned: it stays until it is unpinned",
                  cell_text(call->arena, document, "name"), call_word(call, 0));
    return 0;
}

static const struct option_spec options[] = {
    {"reason", 0, "TEXT", "why it is to stay; it is written down"},
    {0},
};

const struct command cmd_pin = {
    .name = "pin",
    .summary = "keep a snapshot, whatever retention says",
    .operands = "HOST SNAPSHOT",
    .options = options,
    .details =
        "SNAPSHOT is a name, or latest for the newest good one. A pinned snapshot is neither pruned nor deleted "
        "until it is unpinned.",
    .exits = "5 when there is no such host or snapshot, 7 when it never finished or is being deleted.",
    .examples = "pobsync pin web1 latest --reason 'before the upgrade'",
    .json = true,
    .run = run,
};
