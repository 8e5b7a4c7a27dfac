/* pobsync find */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "model/rule.h"
#include "service/find_words.h"
#include "service/service_browse.h"

static const char *size_of(struct arena *arena, const json_t *item)
{
    const char *type = cell_text(arena, item, "type");

    return strcmp(type, "file") == 0 ? cell_bytes(arena, item, "size") : type;
}

/* One line as soon as it is found, with a place that can be given to cat or restore. */
static void on_found(void *context, const json_t *item)
{
    struct call *call = context;
    struct arena *arena = call->arena;
    const char *snapshot = json_string_value(json_array_get(json_object_get(item, "snapshots"), 0));

    buf_printf(&call->out, "%10s  %s  %s@%s:%s\n", size_of(arena, item), cell_minute(arena, item, "modified"),
               json_is_string(json_object_get(item, "host")) ? cell_text(arena, item, "host")
                                                             : call->words.items[0],
               snapshot, cell_text(arena, item, "path"));
    call_flush(call);
}

static int read_wish(const struct call *call, int64_t now, struct find_wish *wish, struct err *err)
{
    const struct find_words words = {call_value(call, "name"), call_value(call, "since"),
                                     call_value(call, "until"), call_value(call, "size")};

    if (words.name == NULL) {
        err_set(err, ERR_USAGE, "what is to be found is missing: --name PATTERN");
        return err_hint(err, "pobsync find %s --name 'fstab*'",
                        call_word(call, 0) != NULL ? call_word(call, 0) : "HOST");
    }
    return find_words_wish(&words, now, wish, err);
}

static void note_end(struct call *call, const json_t *document)
{
    const json_t *unread = json_object_get(document, "unread");

    for (size_t i = 0; i < json_array_size(unread); i++)
        call_note(call, "not searched to its end: %s: %s",
                  cell_text(call->arena, json_array_get(unread, i), "snapshot"),
                  cell_text(call->arena, json_array_get(unread, i), "why"));
    call_note(call, "%zu found, among %s names in %s snapshots",
              json_array_size(json_object_get(document, "items")),
              cell_count(call->arena, document, "entries"), cell_count(call->arena, document, "searched"));
}

/* What is found everywhere is told host by host, when that host has been searched. */
static int run_everywhere(struct call *call, struct browse_search *search, json_t **document, struct err *err)
{
    const json_t *items;

    if (search->snapshot != NULL) {
        err_set(err, ERR_USAGE, "--snapshot goes with a HOST");
        return err_hint(err, "without one the newest snapshot of each host is searched");
    }
    search->found = NULL;
    if (service_browse_find_everywhere(&call->service, search, 0, document, err) < 0)
        return -1;
    items = json_object_get(*document, "items");
    for (size_t i = 0; i < json_array_size(items) && !call->json; i++)
        on_found(call, json_array_get(items, i));
    return 0;
}

static void note_everywhere(struct call *call, const json_t *document)
{
    const json_t *unread = json_object_get(document, "unread");

    for (size_t i = 0; i < json_array_size(unread); i++)
        call_note(call, "not searched to its end: %s: %s",
                  cell_text(call->arena, json_array_get(unread, i), "host"),
                  cell_text(call->arena, json_array_get(unread, i), "why"));
    call_note(call, "%zu found, among %s names in the newest snapshots of %s hosts",
              json_array_size(json_object_get(document, "items")),
              cell_count(call->arena, document, "entries"), cell_count(call->arena, document, "searched"));
}

static int run(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;
    struct browse_search search = {.found = call->json ? NULL : on_found, .context = call};
    struct service *service;

    search.host = call_word(call, 0);
    search.snapshot = call_value(call, "snapshot");
    if (search.host != NULL && rule_host_name(search.host, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service == NULL || read_wish(call, service->now, &search.wish, err) < 0 ||
        (search.host == NULL ? run_everywhere(call, &search, &document, err)
                             : service_browse_find(service, &search, &document, err)) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else if (search.host == NULL)
        note_everywhere(call, document);
    else
        note_end(call, document);
    return json_array_size(json_object_get(document, "unread")) > 0 ? err_exit_status(ERR_PARTIAL) : 0;
}

static const struct option_spec options[] = {
    {"name", 0, "PATTERN", "the name, with * ? and [] as the shell has them; must be given"},
    {"since", 0, "WHEN", "only what was modified then or later: 2026-11-22, or 7d for so long ago"},
    {"until", 0, "WHEN", "only what was modified before that"},
    {"size", 0, "SIZE", "only files of this size; +10M at least, -10M at most"},
    {"snapshot", 0, "SNAPSHOT", "look into one snapshot only: a name, a date or latest"},
    {0},
};

const struct command cmd_find = {
    .name = "find",
    .summary = "look for a name in all snapshots of a host, or on all hosts",
    .operands = "[HOST]",
    .options = options,
    .details =
        "The newest snapshot is searched first, and what is found is printed at once: size, time of modification (UTC), "
        "and the place, as pobsync cat and restore take it. Each version of a path is printed once, with the newest "
        "snapshot that holds it; --json lists all of them. Without HOST the newest good snapshot of every host is searched. There "
        "is no index: about a tenth of a second for 100,000 "
        "names that are in memory, more when the disk has to be read.",
    .exits = "3 when something could not be searched, 5 when there is no such host, 8 for the backup root.",
    .examples =
        "pobsync find web1 --name 'fstab*'\npobsync find web1 --name '*.sql' --size +100M --since 30d",
    .json = true,
    .long_running = true,
    .run = run,
};
