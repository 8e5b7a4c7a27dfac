/* pobsync check */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/document.h"

/* A row below the check, if there is anything to say. */
static void add_remark(struct table *table, const char *label, const json_t *check, const char *key)
{
    if (json_string_length(json_object_get(check, key)) == 0)
        return;
    table_add(table, "");
    table_add(table, "");
    table_add(table, arena_printf(table->arena, "  %s%s", label, cell_text(table->arena, check, key)));
}

static void render_checks(struct call *call, const json_t *checks)
{
    static const struct table_column columns[] = {
        {"CHECK", TABLE_LEFT}, {"LEVEL", TABLE_STATE}, {"FOUND", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        table_add(&table, cell_text(call->arena, check, "name"));
        table_add(&table, cell_text(call->arena, check, "level"));
        table_add(&table, cell_text(call->arena, check, "found"));
        add_remark(&table, "expected: ", check, "expected");
        add_remark(&table, "", check, "hint");
    }
    table_render(&table, &call->terminal, &call->out);
}

/* Members are {"value", "origin"}, or the value alone. */
static void render_environment(struct call *call, json_t *environment)
{
    static const struct table_column columns[] = {
        {"ENVIRONMENT", TABLE_LEFT}, {"VALUE", TABLE_LEFT}, {"ORIGIN", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const char *name;
    json_t *member;

    json_object_foreach(environment, name, member)
    {
        bool has_origin = json_is_object(member);

        table_add(&table, name);
        table_add(&table, has_origin ? cell_text(call->arena, member, "value")
                                     : cell_text(call->arena, environment, name));
        table_add(&table, has_origin ? cell_text(call->arena, member, "origin") : CELL_NONE);
    }
    table_render(&table, &call->terminal, &call->out);
}

static int run(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;

    if (service_open_unmigrated(&call->service, call->arena, "cli", err) < 0)
        return -1;
    call->service_is_open = true;
    if (document_check(&call->service, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
    } else {
        render_checks(call, json_object_get(document, "checks"));
        buf_add_char(&call->out, '\n');
        render_environment(call, json_object_get(document, "environment"));
    }
    return json_is_true(json_object_get(document, "ok")) ? 0 : err_exit_status(ERR_FAILED);
}

const struct command cmd_check = {
    .name = "check",
    .summary = "check this server: programs, database, backup root",
    .details =
        "Changes nothing. What is wrong is listed with what to do. The environment that is in force is shown "
        "with where it comes from.",
    .exits = "1 when a check has failed; warnings alone are 0.",
    .examples = "pobsync check\npobsync check --json",
    .json = true,
    .run = run,
};
