/* pobsync users */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_user.h"

static void render(struct call *call, const json_t *document, int64_t now)
{
    static const struct table_column columns[] = {{"USER", TABLE_LEFT},
                                                  {"ROLE", TABLE_LEFT},
                                                  {"STATE", TABLE_STATE},
                                                  {"LAST LOGIN", TABLE_LEFT},
                                                  {"SESSIONS", TABLE_RIGHT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *items = json_object_get(document, "items");

    if (json_array_size(items) == 0) {
        call_note(call, "no users yet: pobsync create-user NAME --role admin");
        return;
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(&table, cell_text(call->arena, item, "name"));
        table_add(&table, cell_text(call->arena, item, "role"));
        table_add(&table, json_is_true(json_object_get(item, "enabled")) ? "enabled" : "disabled");
        table_add(&table, cell_ago(call->arena, item, "last_login_at", now));
        table_add(&table, cell_count(call->arena, item, "sessions"));
    }
    table_render(&table, &call->terminal, &call->out);
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;

    if (service == NULL || document_users(service, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render(call, document, service->now);
    return 0;
}

const struct command cmd_users = {
    .name = "users",
    .summary = "list who may log in to the web pages",
    .examples = "pobsync users",
    .json = true,
    .run = run,
};
