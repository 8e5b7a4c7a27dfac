/* pobsync delete */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/problem.h"
#include "service/service_delete.h"

static void on_notice(void *context, const char *line)
{
    call_note(context, "%s", line);
}

/* The refusal says what would go; on a terminal the answer may be given right away. */
static bool asked_and_confirmed(const struct call *call, const struct deletion_request *request,
                                const struct err *refusal)
{
    if (call->no_input || call->json || !call->terminal.err_is_tty)
        return false;
    problem_print(refusal, false);
    return terminal_confirm(&call->terminal,
                            "type the name of the snapshot to delete it: ", request->snapshot);
}

static int run(struct call *call, struct err *err)
{
    bool unconfirmed = false;
    struct deletion_request request = {
        .host = call_word(call, 0),
        .snapshot = call_word(call, 1),
        .reason = call_value(call, "reason"),
        .confirmed = call_has(call, "yes"),
        .unconfirmed = &unconfirmed,
        .trigger = "cli",
        .notice = on_notice,
        .context = call,
    };
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *ended;
    int exit_status = 0, result;

    if (service == NULL)
        return -1;
    result = service_snapshot_delete(service, &request, &document, &exit_status, err);
    if (result < 0 && unconfirmed && asked_and_confirmed(call, &request, err)) {
        request.confirmed = true;
        result = service_snapshot_delete(service, &request, &document, &exit_status, err);
    }
    if (result < 0)
        return -1;
    ended = json_object_get(document, "run");
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "run %s: %s; %s freed", cell_count(call->arena, ended, "id"),
                  cell_text(call->arena, ended, "message"),
                  cell_bytes(call->arena, json_object_get(ended, "stats"), "freed_bytes"));
    return exit_status;
}

static const struct option_spec options[] = {
    {"yes", 0, NULL, "do it without asking"},
    {"reason", 0, "TEXT", "why; it is written down"},
    {0},
};

const struct command cmd_delete = {
    .name = "delete",
    .summary = "delete one snapshot for good",
    .operands = "HOST SNAPSHOT",
    .options = options,
    .details =
        "Other snapshots lose nothing: what they share with it stays theirs. Refused for the newest good "
        "snapshot, a pinned, held or unconfirmed one, and the base of a run in progress.",
    .exits =
        "3 when the files are not all removed yet, 5 when there is no such host or snapshot, 6 while a run of the "
        "host goes on, 7 when it is refused or not confirmed, 8 for the backup root.",
    .examples = "pobsync delete web1 20261122-021500Z__9f3a61c2 --yes",
    .json = true,
    .long_running = true,
    .run = run,
};
