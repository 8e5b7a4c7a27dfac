/* pobsync space */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/document_space.h"
#include "service/service_queue.h"
#include "service/service_space.h"

static void render(struct call *call, const json_t *items)
{
    static const struct table_column columns[] = {{"SNAPSHOT", TABLE_LEFT},   {"KIND", TABLE_LEFT},
                                                  {"SIZE", TABLE_RIGHT},      {"NEW", TABLE_RIGHT},
                                                  {"EXCLUSIVE", TABLE_RIGHT}, {"FOLDERS", TABLE_RIGHT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(&table, cell_text(call->arena, item, "name"));
        table_add(&table, cell_text(call->arena, item, "kind"));
        table_add(&table, cell_bytes(call->arena, item, "bytes"));
        table_add(&table, cell_bytes(call->arena, item, "new_bytes"));
        table_add(&table, cell_bytes(call->arena, item, "exclusive_bytes"));
        table_add(&table, cell_bytes(call->arena, item, "directory_bytes"));
    }
    table_render(&table, &call->terminal, &call->out);
}

static void note_sum(struct call *call, const json_t *document)
{
    const json_t *unread = json_object_get(document, "unread"), *chosen = json_object_get(document, "chosen");

    call_note(call, "all together: %s; if nothing were shared: %s",
              cell_bytes(call->arena, document, "bytes"), cell_bytes(call->arena, document, "sum_bytes"));
    if (json_array_size(chosen) > 0)
        call_note(call, "without these %zu: %s free", json_array_size(chosen),
                  cell_bytes(call->arena, document, "freed_bytes"));
    for (size_t i = 0; i < json_array_size(unread); i++)
        call_note(call, "not measured in full: %s: %s",
                  cell_text(call->arena, json_array_get(unread, i), "snapshot"),
                  cell_text(call->arena, json_array_get(unread, i), "why"));
}

/* What was recorded; nothing is measured now. */
static void note_recorded(struct call *call, const json_t *document)
{
    if (!json_is_string(json_object_get(document, "as_of"))) {
        call_note(call, "not measured yet: pobsync space %s", cell_text(call->arena, document, "host"));
        return;
    }
    note_sum(call, document);
    call_note(call, "measured %s; snapshots that are younger: %s", cell_text(call->arena, document, "as_of"),
              cell_count(call->arena, document, "unmeasured"));
    if (cell_number(document, "unread_entries") > 0)
        call_note(call, "%s entries could not be looked at: the figures are too low",
                  cell_count(call->arena, document, "unread_entries"));
}

static void show_host(struct call *call, const json_t *document, bool recorded)
{
    if (call->json) {
        call_add_json(call, document);
    } else if (json_array_size(json_object_get(document, "items")) == 0) {
        call_note(call, "no snapshots yet; make one: pobsync backup %s", call_word(call, 0));
    } else {
        render(call, json_object_get(document, "items"));
        if (recorded)
            note_recorded(call, document);
        else
            note_sum(call, document);
    }
}

static void render_hosts(struct call *call, const json_t *hosts)
{
    static const struct table_column columns[] = {{"HOST", TABLE_LEFT},     {"NEW/DAY", TABLE_RIGHT},
                                                  {"ON DISK", TABLE_RIGHT}, {"UNSHARED", TABLE_RIGHT},
                                                  {"SNAPS", TABLE_RIGHT},   {"MEASURED", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(hosts); i++) {
        const json_t *item = json_array_get(hosts, i);

        table_add(&table, cell_text(call->arena, item, "host"));
        table_add(&table, cell_bytes(call->arena, item, "per_day_bytes"));
        table_add(&table, cell_bytes(call->arena, item, "bytes"));
        table_add(&table, cell_bytes(call->arena, item, "sum_bytes"));
        table_add(&table, cell_count(call->arena, item, "snapshots"));
        table_add(&table, cell_text(call->arena, item, "as_of"));
    }
    table_render(&table, &call->terminal, &call->out);
}

static void note_room(struct call *call, const json_t *document)
{
    const json_t *bytes = json_object_get(document, "bytes"), *inodes = json_object_get(document, "inodes");

    call_note(call, "%s of %s free: %s", cell_bytes(call->arena, bytes, "free"),
              cell_bytes(call->arena, bytes, "total"), cell_text(call->arena, bytes, "sentence"));
    if (json_is_object(inodes))
        call_note(call, "%s of %s inodes free: %s", cell_count(call->arena, inodes, "free"),
                  cell_count(call->arena, inodes, "total"), cell_text(call->arena, inodes, "sentence"));
}

static int show_all(struct call *call, struct service *service, struct err *err)
{
    JSON_SCOPED *document = NULL;

    if (call_has(call, "recorded") || call_has(call, "queue") || call_value(call, "without") != NULL)
        return err_set(err, ERR_USAGE, "--without, --recorded and --queue go with a HOST");
    if (document_space(service, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    render_hosts(call, json_object_get(document, "hosts"));
    note_room(call, document);
    return 0;
}

static int queue(struct call *call, struct service *service, const struct list *chosen, struct err *err)
{
    const struct queue_wish wish = {
        .job = JOB_SPACE,
        .host = call_word(call, 0),
        .request = {.chosen = chosen->count == 0 ? NULL : list_lines(call->arena, chosen)},
        .trigger = "queue",
    };
    JSON_SCOPED *document = NULL;

    if (service_queue_add(service, &wish, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "run %s is queued; once it has ended: pobsync space %s --recorded",
                  cell_count(call->arena, document, "id"), call_word(call, 0));
    return 0;
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    struct list chosen = {0};
    bool recorded = call_has(call, "recorded");

    if (service == NULL)
        return -1;
    if (call_word(call, 0) == NULL)
        return show_all(call, service, err);
    for (size_t i = 0; i < call->use_count; i++)
        if (strcmp(call->uses[i].spec->name, "without") == 0)
            list_add(call->arena, &chosen, call->uses[i].value);
    if (recorded && (chosen.count > 0 || call_has(call, "queue")))
        return err_set(err, ERR_USAGE,
                       "--recorded measures nothing: it goes with neither --without nor --queue");
    if (call_has(call, "queue"))
        return queue(call, service, &chosen, err);
    if ((recorded ? document_space_host(service, call_word(call, 0), &document, err)
                  : service_space_measure(service, call_word(call, 0), &chosen, &document, err)) < 0)
        return -1;
    show_host(call, document, recorded);
    return json_array_size(json_object_get(document, "unread")) > 0 ? err_exit_status(ERR_PARTIAL) : 0;
}

static const struct option_spec options[] = {
    {"recorded", 0, NULL, "print what was measured last, and measure nothing"},
    {"queue", 0, NULL, "let a worker do it: put it into the queue and return at once"},
    {"without", 0, "SNAPSHOT", "also tell what would be free if this one went; may be given several times"},
    {0},
};

const struct command cmd_space = {
    .name = "space",
    .summary = "measure what snapshots take on disk, and tell when it is full",
    .operands = "[HOST]",
    .options = options,
    .details =
        "SIZE is what du -s says of the snapshot's data. NEW is what no older snapshot held. EXCLUSIVE is what would be "
        "free if this one alone went: of two that share a file, neither has it to itself, so these figures do not add "
        "up; --without measures a set together. FOLDERS is the part of each that directories take, which are never "
        "shared. All snapshots are read in one pass by inode numbers, and the figures are recorded with their date.\n\n"
        "Without HOST nothing is measured: each host with its new data a day over the last week, what was recorded of it, "
        "and what is free, in bytes and inodes, with a forecast: the median trend of the lowest value of each of the last "
        "30 days, from 7 days on. The scheduler notes what is free once an hour.",
    .exits = "3 when something could not be measured, 5 when there is no such host, 8 for the backup root.",
    .examples =
        "pobsync space\npobsync space web1\npobsync space web1 --without 2026-11-01 --without 2026-11-02",
    .json = true,
    .long_running = true,
    .run = run,
};
