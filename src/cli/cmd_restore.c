/* pobsync restore */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "model/place.h"
#include "service/service_restore.h"

static int absolute(struct call *call, const char *path, const char **to, struct err *err)
{
    char here[PATH_MAX];

    if (path[0] == '/') {
        *to = path;
        return 0;
    }
    if (getcwd(here, sizeof here) == NULL)
        return err_errno(err, ERR_IO, errno, "\"%s\": the working directory is not known", path);
    *to = arena_printf(call->arena, "%s/%s", here, path);
    return 0;
}

static void note_list(struct call *call, const json_t *document, const char *key, const char *title)
{
    const json_t *list = json_object_get(document, key);

    if (json_array_size(list) > 0)
        call_note(call, "%s", title);
    for (size_t i = 0; i < json_array_size(list); i++)
        call_note(call, "  %s", json_string_value(json_array_get(list, i)));
}

static void note_plan(struct call *call, const json_t *plan)
{
    struct arena *arena = call->arena;

    call_note(call, "from  %s@%s:%s", cell_text(arena, plan, "host"), cell_text(arena, plan, "snapshot"),
              cell_text(arena, plan, "path"));
    call_note(call, "to    %s (%s)", cell_text(arena, plan, "to"),
              json_is_true(json_object_get(plan, "exists")) ? "exists" : "to be made");
    call_note(call, "%s to create, %s to replace, %s the same already, %s to leave alone",
              cell_count(arena, plan, "create"), cell_count(arena, plan, "replace"),
              cell_count(arena, plan, "same"), cell_count(arena, plan, "keep"));
    call_note(call, "%s to write, %s free", cell_bytes(arena, plan, "bytes"),
              cell_bytes(arena, plan, "free_bytes"));
    note_list(call, plan, "standing", "these stand there and differ (the first ones):");
    note_list(call, plan, "problems", "these cannot be read (the first ones):");
}

static void note_result(struct call *call, const json_t *result)
{
    struct arena *arena = call->arena;

    call_note(call,
              "%s created, %s replaced, %s the same already, %s left alone, %s failed; %s written to %s",
              cell_count(arena, result, "created"), cell_count(arena, result, "replaced"),
              cell_count(arena, result, "same"), cell_count(arena, result, "kept"),
              cell_count(arena, result, "failed"), cell_bytes(arena, result, "bytes"),
              cell_text(arena, result, "to"));
    note_list(call, result, "problems", "not as in the snapshot (the first ones):");
}

/* With --yes, or the answer to a question on a terminal. */
static bool is_confirmed(const struct call *call)
{
    if (call_has(call, "yes"))
        return true;
    return !call->no_input && !call->json &&
           terminal_confirm(&call->terminal, "type yes to restore this: ", "yes");
}

static int read_request(struct call *call, struct restore_request *request, struct err *err)
{
    struct place place;

    if (place_parse(call->arena, call_word(call, 0), &place, err) < 0)
        return -1;
    if (!call_has(call, "to")) {
        err_set(err, ERR_USAGE, "where to is missing: --to DIRECTORY");
        return err_hint(err, "a directory of this server; it is made if it does not exist");
    }
    *request = (struct restore_request){.host = place.host,
                                        .snapshot = place.snapshot,
                                        .path = place.path,
                                        .replace = call_has(call, "replace")};
    return absolute(call, call_value(call, "to"), &request->to, err);
}

static int run(struct call *call, struct err *err)
{
    JSON_SCOPED *plan = NULL;
    JSON_SCOPED *result = NULL;
    struct restore_request request;
    struct service *service;
    int exit_status = 0;

    if (read_request(call, &request, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service == NULL || service_restore_plan(service, &request, &plan, err) < 0)
        return -1;
    note_plan(call, plan);
    if (call_has(call, "dry-run")) {
        if (call->json)
            call_add_json(call, plan);
        return 0;
    }
    if (!is_confirmed(call)) {
        err_set(err, ERR_REFUSED, "nothing was restored: nobody has confirmed it");
        return err_hint(err, "add --yes, or --dry-run to see the plan only");
    }
    /* The snapshot of the plan, even if a newer one has come meanwhile. */
    request.snapshot = json_string_value(json_object_get(plan, "snapshot"));
    if (service_restore_apply(service, &request, &result, &exit_status, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, result);
    else
        note_result(call, result);
    return exit_status;
}

static const struct option_spec options[] = {
    {"to", 0, "DIRECTORY", "where to, on this server; made if absent; must be given"},
    {"replace", 0, NULL, "what stands there and differs gives way; without it, it is left alone"},
    {"dry-run", 'n', NULL, "show the plan and do nothing"},
    {"yes", 0, NULL, "do it without asking"},
    {0},
};

const struct command cmd_restore = {
    .name = "restore",
    .summary = "copy a file or directory of a snapshot to a directory of this server",
    .operands = "PLACE",
    .options = options,
    .details =
        "PLACE is HOST[@SNAPSHOT]:PATH, see pobsync ls. Of a directory, its content goes right into the target; a file "
        "keeps its name. Owner, mode, times, access lists, extended attributes, hard links within PATH and holes are as "
        "in the snapshot; that takes root.\n\n"
        "The plan comes first: what would be created, what stands there, what is the same already. Nothing that "
        "stands there is changed without --replace, and no directory is ever removed. No symbolic link is followed. "
        "When it was interrupted, the same command goes on where it stopped. To restore to the host itself, "
        "restore here and copy from here, or see doc/operations.md.",
    .exits =
        "3 when something was left alone or failed, 5 when there is no such host, snapshot or path, 7 when not "
        "confirmed or without room, 8 for the backup root, 130 when interrupted.",
    .examples = "pobsync restore web1:/etc --to /root/etc-of-web1\n"
                "pobsync restore web1@2026-11-01:/srv/www/index.html --to /tmp/back --yes",
    .json = true,
    .long_running = true,
    .run = run,
};
