/* pobsync unpin */
#include "cli/cell.h"
#include "cli/commands.h"
#include "service/service_snapshot.h"

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL ||
        service_snapshot_unpin(service, call_word(call, 0), call_word(call, 1), &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "snapshot %s of \"%s\" is no longer pinned: retention decides",
                  cell_text(call->arena, document, "name"), call_word(call, 0));
    return 0;
}

const struct command cmd_unpin = {
    .name = "unpin",
    .summary = "let retention decide about a pinned snapshot again",
    .operands = "HOST SNAPSHOT",
    .details = "SNAPSHOT is a name, or latest for the newest pinned one.",
    .exits = "5 when there is no such host or snapshot, 7 when it is not pinned.",
    .examples = "pobsync unpin web1 latest",
    .json = true,
    .run = run,
};
