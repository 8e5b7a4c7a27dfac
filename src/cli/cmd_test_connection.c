/* pobsync test-connection */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/problem.h"
#include "model/run.h"
#include "service/service_key.h"

enum { STAGE_WIDTH = 14, LEVEL_WIDTH = 7 };

/* Stages are printed as they come: the next one may take its time. */
static void on_stage(void *context, const json_t *stage)
{
    struct call *call = context;
    struct arena *arena = call->arena;
    const char *level = cell_text(arena, stage, "level");
    const char *color = call->terminal.color ? terminal_state_color(level) : NULL;
    const char *hint = json_string_value(json_object_get(stage, "hint"));
    int64_t took_ms = cell_number(stage, "took_ms");
    const char *took = took_ms < 0 ? CELL_NONE : arena_printf(arena, "%lld ms", (long long)took_ms);

    buf_printf(&call->out, "%-*s  ", STAGE_WIDTH, cell_text(arena, stage, "stage"));
    if (color != NULL)
        buf_printf(&call->out, "\033[%sm%-*s\033[0m", color, LEVEL_WIDTH, level);
    else
        buf_printf(&call->out, "%-*s", LEVEL_WIDTH, level);
    buf_printf(&call->out, "  %8s  %s\n", took, cell_text(arena, stage, "found"));
    if (hint != NULL && hint[0] != '\0')
        buf_printf(&call->out, "%*s%s\n", STAGE_WIDTH + LEVEL_WIDTH + 14, "",
                   cell_text(arena, stage, "hint"));
    call_flush(call);
}

/* The exit status that a run would have ended with. */
static int conclude(struct call *call, const json_t *document)
{
    const char *pinned = json_string_value(json_object_get(document, "pinned"));
    const char *name = json_string_value(json_object_get(document, "cause"));
    enum cause cause = name != NULL ? cause_parse(name) : CAUSE_NONE;
    struct err err;

    if (pinned != NULL)
        call_note(call, "host key pinned: %s", pinned);
    if (json_is_true(json_object_get(document, "ok")))
        return 0;
    if (cause == CAUSE__MAX)
        cause = CAUSE_NONE;
    if (!call->json) {
        err_set(&err, cause_error(cause), "host \"%s\" cannot be backed up%s%s", call_word(call, 0),
                cause == CAUSE_NONE ? "" : ": ", cause_name(cause));
        problem_print(&err, false);
    }
    return err_exit_status(cause_error(cause));
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL || service_connection_test(service, call_word(call, 0), call->json ? NULL : on_stage,
                                                   call, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    return conclude(call, document);
}

const struct command cmd_test_connection = {
    .name = "test-connection",
    .summary = "test in steps whether a host can be backed up",
    .operands = "HOST",
    .details =
        "Name, port, host key, login, rsync, forced command, source root: each with its time and, when it "
        "fails, its usual cause. The host's key is pinned at first contact, and its fingerprint printed.",
    .exits =
        "9 when the host cannot be reached or a key was refused; otherwise what a backup would end with.",
    .examples = "pobsync test-connection web1",
    .json = true,
    .long_running = true,
    .run = run,
};
