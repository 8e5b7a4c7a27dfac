/* pobsync remove-host */
#include <stdio.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/problem.h"

/* The refusal says what would go; on a terminal the answer may be given right away. */
static bool asked_and_confirmed(const struct call *call, const char *host, const struct err *refusal)
{
    char question[256];

    if (refusal->code != ERR_REFUSED || call->no_input || call->json || !call->terminal.err_is_tty)
        return false;
    problem_print(refusal, false);
    snprintf(question, sizeof question, "type the name of the host to remove it: ");
    return terminal_confirm(&call->terminal, question, host);
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    const char *host = call_word(call, 0);
    bool confirmed = call_has(call, "yes");
    JSON_SCOPED *document = NULL;
    int result;

    if (service == NULL)
        return -1;
    result = service_host_remove(service, host, confirmed, &document, err);
    if (result < 0 && !confirmed && asked_and_confirmed(call, host, err))
        result = service_host_remove(service, host, true, &document, err);
    if (result < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "host \"%s\" is forgotten, with %s snapshot records; its files stay in %s", host,
                  cell_count(call->arena, document, "snapshots"), cell_text(call->arena, document, "path"));
    return 0;
}

static const struct option_spec options[] = {
    {"yes", 0, NULL, "do it without asking"},
    {0},
};

const struct command cmd_remove_host = {
    .name = "remove-host",
    .summary = "forget a host; its files stay",
    .operands = "HOST",
    .options = options,
    .details =
        "Settings, pinned host keys and the records of snapshots and runs go. The host directory below the "
        "backup root is not touched.",
    .exits = "5 when there is no such host, 6 while it is being backed up, 7 without --yes.",
    .examples = "pobsync remove-host web1 --yes",
    .json = true,
    .run = run,
};
