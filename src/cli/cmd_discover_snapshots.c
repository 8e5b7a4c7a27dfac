/* pobsync discover-snapshots */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/page.h"
#include "service/document_preflight.h"
#include "service/service_discover.h"

enum { LABEL = 12 };

/* "  label     sentence", in as many lines as it takes. */
static void add_labelled(struct call *call, const char *label, const char *sentence)
{
    buf_printf(&call->out, "  %-9s ", label);
    page_fill_on(&call->out, LABEL, sentence);
}

static void add_line(struct call *call, const char *label, const json_t *object, const char *key)
{
    if (json_is_string(json_object_get(object, key)))
        add_labelled(call, label, cell_text(call->arena, object, key));
}

/* The entries of a class that a person may have to look at, each with what is wrong with it. */
static void add_entries(struct call *call, const char *label, const json_t *item, const char *key)
{
    const json_t *entries = json_object_get(item, key);

    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        bool problem = json_is_string(json_object_get(entry, "problem"));

        add_labelled(call, label,
                     arena_printf(call->arena, "%s%s%s", cell_text(call->arena, entry, "path"),
                                  problem ? ": " : "",
                                  problem ? cell_text(call->arena, entry, "problem") : ""));
    }
}

static void add_texts(struct call *call, const char *label, const json_t *item, const char *key)
{
    const json_t *texts = json_object_get(item, key);

    for (size_t i = 0; i < json_array_size(texts); i++)
        add_labelled(call, label, json_string_value(json_array_get(texts, i)));
}

static void add_item(struct call *call, const json_t *item)
{
    const json_t *counts = json_object_get(item, "counts");

    buf_printf(&call->out, "%s  %s: %s\n",
               json_is_null(json_object_get(item, "host")) ? "backup root"
                                                           : cell_text(call->arena, item, "host"),
               cell_text(call->arena, item, "level"), cell_text(call->arena, item, "state"));
    add_line(call, "found", item, "found");
    add_line(call, "expected", item, "expected");
    add_line(call, "to do", item, "hint");
    if (cell_number(counts, "found") > 0)
        buf_printf(&call->out, "  %-9s %lld scheduled, %lld manual, %lld incomplete\n", "kinds",
                   (long long)cell_number(counts, "scheduled"), (long long)cell_number(counts, "manual"),
                   (long long)cell_number(counts, "incomplete"));
    add_entries(call, "unread", item, "unreadable");
    add_entries(call, "unfinish.", item, "incomplete");
    add_entries(call, "ignored", item, "ignored");
    add_texts(call, "imported", item, "imported");
    add_texts(call, "missing", item, "lost");
    add_texts(call, "back", item, "back");
    add_texts(call, "note", item, "notes");
    add_texts(call, "confirmed", item, "confirmed");
    add_texts(call, "claimed", item, "refused");
}

static void add_unknown(struct call *call, const json_t *unknown)
{
    if (json_array_size(unknown) > 0)
        buf_add_text(&call->out, "\nDirectories in the backup root that belong to no host:\n");
    for (size_t i = 0; i < json_array_size(unknown); i++) {
        const json_t *item = json_array_get(unknown, i);
        bool similar = json_is_string(json_object_get(item, "similar"));

        buf_printf(&call->out, "  %s%s%s%s\n", cell_text(call->arena, item, "directory"),
                   similar ? " (like host \"" : "", similar ? cell_text(call->arena, item, "similar") : "",
                   similar ? "\")" : "");
    }
}

static void render(struct call *call, const json_t *document)
{
    const json_t *items = json_object_get(document, "items"), *changed = json_object_get(document, "changed");

    for (size_t i = 0; i < json_array_size(items); i++)
        add_item(call, json_array_get(items, i));
    add_unknown(call, json_object_get(document, "unknown"));
    if (json_is_string(json_object_get(document, "doubt")))
        buf_printf(
            &call->out,
            "\nNothing is pruned: %s.\nCompare rows and disk, then: pobsync discover-snapshots --confirm\n",
            cell_text(call->arena, document, "doubt"));
    if (changed != NULL && json_integer_value(changed) == 0)
        call_note(call, "nothing to record");
}

/* 8 when the root, or a host that was asked for, cannot be looked at. */
static int exit_status(const json_t *document)
{
    const json_t *items = json_object_get(document, "items");

    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(items, i), "level")), "fail") == 0)
            return err_exit_status(ERR_ROOT);
    return 0;
}

static int run(struct call *call, struct err *err)
{
    const struct discover_request request = {.host = call_value(call, "host"),
                                             .confirm = call_has(call, "confirm")};
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (call_has(call, "preflight") && request.confirm)
        return err_set(err, ERR_USAGE, "--preflight only reports: it cannot stand beside --confirm");
    service = call_service(call, err);
    if (service == NULL ||
        (call_has(call, "preflight") ? document_preflight(service, request.host, &document, err)
                                     : service_discover(service, &request, &document, err)) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document);
    return exit_status(document);
}

static const struct option_spec options[] = {
    {"host", 0, "HOST", "look at this host alone"},
    {"preflight", 0, NULL, "only report what is there; change nothing"},
    {"confirm", 0, NULL, "scan claimed snapshots, so that they count; say that rows and disk agree"},
    {0},
};

const struct command cmd_discover_snapshots = {
    .name = "discover-snapshots",
    .summary = "compare the backup root with what is recorded, and record what is new",
    .options = options,
    .details =
        "A snapshot that is found and not recorded becomes a claimed one: it is listed, never pruned, and not "
        "relied on before --confirm has scanned it. A recorded one that is not on disk is marked as missing, and "
        "loses the mark when it is back. Nothing is deleted, and a second call changes nothing.\n\n"
        "--preflight reads only, within 2 seconds a host: found = new + recorded + unreadable + incomplete + "
        "ignored. Directories that belong to no host are listed as well, each with the host that was probably "
        "meant. --confirm without --host also ends the doubt that stops prunes after a database was restored or "
        "a root adopted.",
    .exits =
        "5 when there is no such host; 8 when the backup root or a host's directory is not what it should be.",
    .examples = "pobsync discover-snapshots --preflight\n"
                "pobsync discover-snapshots --host web1\n"
                "pobsync discover-snapshots --confirm",
    .json = true,
    .long_running = true,
    .run = run,
};
