/* pobsync adopt */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_adopt.h"

/* What stands behind an item: its figures, or why it stays. */
static const char *remark(struct call *call, const json_t *item, bool applied)
{
    if (json_is_string(json_object_get(item, "reason")))
        return cell_text(call->arena, item, "reason");
    if (strcmp(json_string_value(json_object_get(item, "action")), "finish") == 0)
        return "begun by an earlier attempt";
    if (!applied)
        return strcmp(cell_text(call->arena, item, "status"), "partial") == 0 ? "partial: paths are missing"
                                                                              : "";
    return arena_printf(call->arena, "%s files, %s linked", cell_count(call->arena, item, "files"),
                        cell_count(call->arena, item, "linked_files"));
}

static void render(struct call *call, const json_t *document)
{
    static const struct table_column columns[] = {
        {"ACTION", TABLE_LEFT}, {"TIME (UTC)", TABLE_LEFT}, {"TREE", TABLE_LEFT}, {"", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    bool applied = json_is_true(json_object_get(document, "applied"));
    size_t take = 0, i;
    const json_t *item;

    json_array_foreach(json_object_get(document, "items"), i, item)
    {
        bool named = json_is_string(json_object_get(item, "source"));

        table_add(&table, cell_text(call->arena, item, "action"));
        table_add(&table, cell_minute(call->arena, item, "started_at"));
        table_add(&table, cell_text(call->arena, item, named ? "source" : "name"));
        table_add(&table, remark(call, item, applied));
        take += strcmp(json_string_value(json_object_get(item, "action")), "leave") != 0;
    }
    table_render(&table, &call->terminal, &call->out);
    if (applied)
        call_note(call, "%lld snapshots adopted; see pobsync snapshots %s",
                  (long long)cell_number(document, "adopted"), cell_text(call->arena, document, "host"));
    else
        call_note(call, "nothing was changed; to take the %zu tree%s, repeat with --yes", take,
                  take == 1 ? "" : "s");
}

static int run(struct call *call, struct err *err)
{
    const char *from = call_value(call, "from"), *host = call_value(call, "host");
    struct adopt_request request = {
        .path = call_word(call, 0), .host = host, .confirmed = call_has(call, "yes")};
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (from == NULL || host == NULL) {
        err_set(err, ERR_USAGE, "\"adopt\" needs --from TOOL and --host HOST");
        return err_hint(err, "for example: pobsync adopt --from rsnapshot PATH --host web1");
    }
    request.tool = adoption_tool_parse(from); /* one of the option's words */
    service = call_service(call, err);
    if (service == NULL || service_adopt(service, &request, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"from", 0, "rsnapshot|dirvish|backintime", "the tool that made the backups"},
    {"host", 0, "HOST", "the host whose snapshots they become"},
    {"yes", 0, NULL, "do it; without it the plan is printed and nothing is changed"},
    {0},
};

const struct command cmd_adopt = {
    .name = "adopt",
    .summary = "make backups of rsnapshot, dirvish or Back In Time snapshots",
    .operands = "PATH",
    .options = options,
    .details =
        "PATH holds the backups: rsnapshot's snapshot_root, a vault of dirvish, the profile of Back In Time or "
        "what lies above it. Each tree is renamed into the directory of the host, with the time at which it was "
        "made, and scanned; nothing is copied or deleted, so hard links stay and the next backup links to the "
        "newest one. PATH must be on the file system of the backup root. Stop the other tool first.\n\n"
        "Of rsnapshot the backup point that is called as the host is taken, or the only one that there is; else "
        "all of them, as directories. What is unfinished, failed or cannot be dated stays where it is, and is listed. An "
        "attempt that was interrupted goes on when it is repeated.",
    .exits = "5 when there is no such host or nothing to adopt, 6 when the host is busy, 7 when PATH is on "
             "another file system, 8 when the backup root cannot be used.",
    .examples = "pobsync adopt --from rsnapshot /backups/rsnapshot --host web1\n"
                "pobsync adopt --from dirvish /backups/vaults/web1 --host web1 --yes",
    .json = true,
    .long_running = true,
    .run = run,
};
