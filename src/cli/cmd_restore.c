/* pobsync restore */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "model/place.h"
#include "service/service_key.h"
#include "service/service_push.h"
#include "service/service_queue.h"
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

static void on_notice(void *context, const char *line)
{
    call_note(context, "%s", line);
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
        return err_hint(err, "a directory of this server, which is made if it does not exist; or --to-host");
    }
    *request = (struct restore_request){.host = place.host,
                                        .snapshot = place.snapshot,
                                        .path = place.path,
                                        .replace = call_has(call, "replace")};
    return absolute(call, call_value(call, "to"), &request->to, err);
}

static int restore_here(struct call *call, struct err *err)
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

/* HOST, HOST:DIRECTORY, or nothing: the host of the snapshot, and a new directory there. */
static int read_target(struct call *call, const struct place *from, struct push_request *request,
                       struct err *err)
{
    const char *word = call_word(call, 1), *colon;
    struct place to;

    *request = (struct push_request){.host = from->host,
                                     .snapshot = from->snapshot,
                                     .path = from->path,
                                     .to_host = from->host,
                                     .replace = call_has(call, "replace"),
                                     .trigger = "cli",
                                     .notice = on_notice,
                                     .context = call};
    if (word == NULL)
        return 0;
    colon = strchr(word, ':');
    if (colon == NULL)
        word = arena_printf(call->arena, "%s:", word);
    if (place_parse(call->arena, word, &to, err) < 0)
        return -1;
    if (to.snapshot != NULL)
        return err_set(err, ERR_USAGE, "\"%s\" names a snapshot; a target is HOST:DIRECTORY", word);
    request->to_host = to.host;
    if (colon != NULL && colon[1] != '\0')
        request->to = arena_printf(call->arena, "/%s", to.path);
    return 0;
}

/* The key that may write, and its line on the host: a person puts it there. */
static int require_key(struct call *call, const struct push_request *request, struct err *err)
{
    JSON_SCOPED *key = NULL;
    bool created;

    if (service_key_line(&call->service, request->to_host, "restore", &key, err) < 0)
        return -1;
    created = json_is_true(json_object_get(key, "created"));
    if (!created)
        return 0;
    call_note(call, "a key for this restore was made; it may write. Its line for authorized_keys on \"%s\":",
              request->to_host);
    call_note(call, "%s", cell_text(call->arena, key, "authorized_keys"));
    if (!call->no_input && !call->json &&
        terminal_confirm(&call->terminal, "type yes when the line is there: ", "yes"))
        return 0;
    err_set(err, ERR_REFUSED,
            "nothing was restored: the line has yet to be put into authorized_keys on \"%s\"",
            request->to_host);
    return err_hint(err, "put it there and ask again; to see the line: pobsync key %s --line restore",
                    request->to_host);
}

static void note_push_plan(struct call *call, const json_t *plan)
{
    struct arena *arena = call->arena;

    call_note(call, "from  %s@%s:%s", cell_text(arena, plan, "host"), cell_text(arena, plan, "snapshot"),
              cell_text(arena, plan, "path"));
    call_note(call, "to    %s:%s", cell_text(arena, plan, "to_host"), cell_text(arena, plan, "to"));
    call_note(call, "%s to create, %s to replace, %s the same already, %s to leave alone",
              cell_count(arena, plan, "create"), cell_count(arena, plan, "replace"),
              cell_count(arena, plan, "same"), cell_count(arena, plan, "keep"));
    call_note(call, "%s to write; nothing is deleted", cell_bytes(arena, plan, "bytes"));
    if (cell_number(plan, "newer") > 0)
        call_note(call, "%s of those that stand there are newer than in the snapshot",
                  cell_count(arena, plan, "newer"));
    note_list(call, plan, "standing", "these stand there and differ (the first ones):");
}

/* What replaces something takes the name of the host. */
static bool is_push_confirmed(const struct call *call, const json_t *plan)
{
    const char *host = json_string_value(json_object_get(plan, "to_host"));

    if (call_has(call, "yes"))
        return true;
    if (call->no_input || call->json)
        return false;
    if (cell_number(plan, "replace") == 0)
        return terminal_confirm(&call->terminal, "type yes to restore this: ", "yes");
    return terminal_confirm(
        &call->terminal,
        arena_printf(call->arena, "files of \"%s\" will be replaced; type the name of the host: ", host),
        host);
}

static void render_push(struct call *call, const json_t *run)
{
    const json_t *result = json_object_get(json_object_get(run, "result"), "receipt");
    struct arena *arena = call->arena;

    call_note(call, "%s: %s", cell_text(arena, run, "state"), cell_text(arena, run, "message"));
    call_note(call, "%s created, %s replaced, %s left alone, %s not as in the snapshot; %s written to %s:%s",
              cell_count(arena, result, "created"), cell_count(arena, result, "replaced"),
              cell_count(arena, result, "kept"), cell_count(arena, result, "failed"),
              cell_bytes(arena, result, "bytes"), cell_text(arena, result, "to_host"),
              cell_text(arena, result, "to"));
    if (json_is_string(json_object_get(result, "aside")))
        call_note(call, "what was replaced is in %s", cell_text(arena, result, "aside"));
    note_list(call, result, "differ", "not as in the snapshot (the first ones):");
}

static int queue_push(struct call *call, const struct push_request *request, const json_t *plan,
                      struct err *err)
{
    const struct queue_wish wish = {
        .job = JOB_RESTORE,
        .host = request->host,
        .request = {.snapshot = request->snapshot,
                    .path = request->path,
                    .to_host = request->to_host,
                    .to = json_string_value(json_object_get(plan, "to")),
                    .replace = request->replace},
        .trigger = "queue",
    };
    JSON_SCOPED *document = NULL;

    if (json_object_get(plan, "path_b64") != NULL) {
        err_set(err, ERR_INVALID, "the path is no text in UTF-8, and the queue holds text");
        return err_hint(err, "restore it without --queue, or the directory that it is in");
    }
    if (service_queue_add(&call->service, &wish, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "run %s is queued; see pobsync log %s", cell_count(call->arena, document, "id"),
                  cell_count(call->arena, document, "id"));
    return 0;
}

static int restore_there(struct call *call, struct err *err)
{
    JSON_SCOPED *plan = NULL;
    JSON_SCOPED *run = NULL;
    struct push_request request;
    struct place place;
    int exit_status = 0;

    if (call_has(call, "to"))
        return err_set(err, ERR_USAGE, "--to is a directory of this server: it does not go with --to-host");
    if (place_parse(call->arena, call_word(call, 0), &place, err) < 0 ||
        read_target(call, &place, &request, err) < 0 || call_service(call, err) == NULL ||
        require_key(call, &request, err) < 0 ||
        service_push_plan(&call->service, &request, &plan, NULL, err) < 0)
        return -1;
    note_push_plan(call, plan);
    if (call_has(call, "dry-run")) {
        if (call->json)
            call_add_json(call, plan);
        return 0;
    }
    if (!is_push_confirmed(call, plan)) {
        err_set(err, ERR_REFUSED, "nothing was restored: nobody has confirmed it");
        return err_hint(err, "add --yes, or --dry-run to see the plan only");
    }
    request.snapshot = json_string_value(json_object_get(plan, "snapshot"));
    if (call_has(call, "queue"))
        return queue_push(call, &request, plan, err);
    if (service_push(&call->service, &request, &run, &exit_status, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, run);
    else
        render_push(call, run);
    return exit_status;
}

static int run(struct call *call, struct err *err)
{
    if (call_has(call, "to-host"))
        return restore_there(call, err);
    if (call_has(call, "queue") || call_word(call, 1) != NULL)
        return err_set(err, ERR_USAGE, "\"%s\" goes with --to-host only",
                       call_has(call, "queue") ? "--queue" : call_word(call, 1));
    return restore_here(call, err);
}

static const struct option_spec options[] = {
    {"to", 0, "DIRECTORY", "where to, on this server; made if absent"},
    {"to-host", 0, NULL, "to the host itself, or to HOST:DIRECTORY when that follows"},
    {"queue", 0, NULL, "with --to-host: the worker does it"},
    {"replace", 0, NULL, "what stands there and differs gives way; without it, it is left alone"},
    {"dry-run", 'n', NULL, "show the plan and do nothing"},
    {"yes", 0, NULL, "do it without asking"},
    {0},
};

const struct command cmd_restore = {
    .name = "restore",
    .summary = "copy a file or directory of a snapshot to a directory of this server, or of a host",
    .operands = "PLACE [HOST:DIRECTORY]",
    .options = options,
    .details =
        "PLACE is HOST[@SNAPSHOT]:PATH, see pobsync ls. Of a directory, its content goes right into the target; a file "
        "keeps its name. Owner, mode, times, access lists, extended attributes, hard links within PATH and holes are as "
        "in the snapshot; that takes root.\n\n"
        "The plan comes first: what would be created, what stands there, what is the same already. Nothing that "
        "stands there is changed without --replace, and no directory is ever removed. No symbolic link is followed. "
        "When it was interrupted, the same command goes on where it stopped.\n\n"
        "With --to-host it goes back over ssh: to the host of the snapshot or the one that is named, into a new "
        "directory below /var/tmp or the one that is named. The key for backups can only read, so another one is made "
        "for this restore; its line for authorized_keys is shown, and the key is removed when the restore is "
        "complete. What is replaced is kept aside in the target (.pobsync-replaced-RUN). At the end everything is "
        "compared with the snapshot by checksum.",
    .exits =
        "3 when something was left alone or failed, 1 and 9 as the host answers, 5 when there is no such host, snapshot or path, 7 when not "
        "confirmed or without room, 8 for the backup root, 130 when interrupted.",
    .examples = "pobsync restore web1:/etc --to /root/etc-of-web1\n"
                "pobsync restore web1@2026-11-01:/srv/www/index.html --to /tmp/back --yes\n"
                "pobsync restore web1:/etc --to-host\n"
                "pobsync restore web1:/srv/www --to-host web2:/srv/www --replace",
    .json = true,
    .long_running = true,
    .run = run,
};
