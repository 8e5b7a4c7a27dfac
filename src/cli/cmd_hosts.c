/* pobsync hosts */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/document.h"

static void add_host(struct table *table, const json_t *host, int64_t now)
{
    struct arena *arena = table->arena;
    const json_t *last_run = json_object_get(host, "last_run");

    table_add(table, cell_text(arena, host, "host"));
    table_add(table, cell_text(arena, host, "health"));
    table_add(table, json_is_object(last_run) ? cell_text(arena, last_run, "state") : "never");
    table_add(table, cell_ago(arena, json_object_get(host, "last_good"), "started_at", now));
    table_add(table, cell_ago(arena, host, "next_at", now));
    table_add(table, cell_count(arena, host, "snapshots"));
    table_add(table, cell_text(arena, host, "address"));
}

static int run(struct call *call, struct err *err)
{
    static const struct table_column columns[] = {{"HOST", TABLE_LEFT},      {"HEALTH", TABLE_STATE},
                                                  {"LAST RUN", TABLE_STATE}, {"LAST GOOD", TABLE_LEFT},
                                                  {"NEXT RUN", TABLE_LEFT},  {"SNAPSHOTS", TABLE_RIGHT},
                                                  {"ADDRESS", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *items;

    if (service == NULL || document_hosts(service, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    items = json_object_get(document, "items");
    if (json_array_size(items) == 0) {
        call_note(call, "no hosts yet; add one: pobsync configure-host HOST --address ADDR");
        return 0;
    }
    for (size_t i = 0; i < json_array_size(items); i++)
        add_host(&table, json_array_get(items, i), service->now);
    table_render(&table, &call->terminal, &call->out);
    return 0;
}

const struct command cmd_hosts = {
    .name = "hosts",
    .summary = "list the hosts: health, last run, last good snapshot, next run",
    .examples = "pobsync hosts\npobsync hosts --json",
    .json = true,
    .run = run,
};
