/* pobsync retention */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/problem.h"
#include "cli/table.h"
#include "service/service_retention.h"

/* The options of a simulation, by the names of their fields. */
static const char *const simulated[] = {"keep_last",    "keep_hourly", "keep_daily",   "keep_weekly",
                                        "keep_monthly", "keep_yearly", "protect_bases"};
enum { SIMULATED = sizeof simulated / sizeof simulated[0] };

/* Fills the layer of a simulation. *any tells whether there is one. */
static int read_what_if(struct call *call, struct config *what_if, bool *any, struct err *err)
{
    *any = false;
    for (size_t i = 0; i < SIMULATED; i++) {
        const struct field *field = config_field(simulated[i]);
        const char *option = field_option(call->arena, field) + 2;
        const char *value = field->type == FIELD_BOOL ? "yes" : call_value(call, option);

        if (!call_has(call, option))
            continue;
        *any = true;
        if (config_set(call->arena, what_if, SCOPE_HOST, field, value, err) < 0)
            return -1;
    }
    return 0;
}

static const char *join(struct arena *arena, const json_t *words)
{
    struct list list = {0};

    for (size_t i = 0; i < json_array_size(words); i++)
        list_add(arena, &list, json_string_value(json_array_get(words, i)));
    return list_join(arena, &list, ", ");
}

/* "daily 14, weekly 8": what the policy sets. */
static const char *policy_text(struct arena *arena, const json_t *policy)
{
    struct list words = {0};

    for (size_t i = 0; i < SIMULATED; i++) {
        int64_t count = cell_number(policy, simulated[i]);

        if (count > 0)
            list_add(arena, &words,
                     arena_printf(arena, "%s %lld", simulated[i] + strlen("keep_"), (long long)count));
    }
    if (words.count == 0)
        list_add(arena, &words, "no rule set, everything is kept");
    if (json_is_true(json_object_get(policy, "protect_bases")))
        list_add(arena, &words, "bases of kept ones");
    return list_join(arena, &words, ", ");
}

static void add_items(struct table *table, const char *action, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        table_add(table, action);
        table_add(table, cell_text(table->arena, item, "name"));
        table_add(table, join(table->arena, json_object_get(item, "reasons")));
    }
}

static void render_plan(struct call *call, const json_t *plan)
{
    static const struct table_column columns[] = {
        {"PLAN", TABLE_LEFT}, {"SNAPSHOT", TABLE_LEFT}, {"WHY", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    buf_printf(&call->out, "%s, %s: %s\n", cell_text(call->arena, plan, "host"),
               cell_text(call->arena, plan, "kind"),
               policy_text(call->arena, json_object_get(plan, "policy")));
    add_items(&table, "keep", json_object_get(plan, "keep"));
    add_items(&table, "delete", json_object_get(plan, "delete"));
    add_items(&table, "incomplete", json_object_get(plan, "incomplete"));
    if (table_row_count(&table) > 0)
        table_render(&table, &call->terminal, &call->out);
    buf_printf(&call->out, "keep %zu, delete %zu; plan %s\n", json_array_size(json_object_get(plan, "keep")),
               json_array_size(json_object_get(plan, "delete")), cell_text(call->arena, plan, "plan_id"));
    call_flush(call);
    if (json_is_string(json_object_get(plan, "refusal")))
        call_note(call, "this plan may not be applied: %s", cell_text(call->arena, plan, "refusal"));
}

/* A document is one plan, or a list of them. */
static const json_t *plan_at(const json_t *document, size_t index)
{
    const json_t *items = json_object_get(document, "items");

    if (items != NULL)
        return json_array_get(items, index);
    return index == 0 ? document : NULL;
}

static size_t deletions(const json_t *document)
{
    size_t count = 0;

    for (size_t i = 0; plan_at(document, i) != NULL; i++)
        count += json_array_size(json_object_get(plan_at(document, i), "delete"));
    return count;
}

static void render_plans(struct call *call, const json_t *document)
{
    for (size_t i = 0; plan_at(document, i) != NULL; i++) {
        if (i > 0)
            buf_add_char(&call->out, '\n');
        render_plan(call, plan_at(document, i));
    }
}

static void on_notice(void *context, const char *line)
{
    call_note(context, "%s", line);
}

/* Shows the plans and asks; what is applied then is what was shown. */
static bool shown_and_confirmed(struct call *call, const json_t *document, struct retention_request *request)
{
    char question[200];

    if (call->no_input || call->json || !call->terminal.err_is_tty || deletions(document) == 0)
        return false;
    render_plans(call, document);
    if (request->plan_id == NULL)
        request->plan_id = json_string_value(json_object_get(plan_at(document, 0), "plan_id"));
    if (plan_at(document, 1) != NULL)
        request->manual_id = json_string_value(json_object_get(plan_at(document, 1), "plan_id"));
    snprintf(question, sizeof question, "type yes to delete %zu snapshots of \"%s\": ", deletions(document),
             request->host);
    return terminal_confirm(&call->terminal, question, "yes");
}

static int read_limit(const struct call *call, int64_t *limit, struct err *err)
{
    const char *value = call_value(call, "max-delete");

    *limit = -1;
    if (value == NULL)
        return 0;
    return parse_int(value, 0, 1000000, limit, err) < 0 ? err_in(err, "--max-delete") : 0;
}

static void render_applied(struct call *call, const json_t *document)
{
    const json_t *run = json_object_get(document, "run");
    const json_t *stats = json_object_get(run, "stats");

    if (deletions(document) == 0)
        call_note(call, "nothing to delete");
    else
        call_note(call, "run %s: %s; %s freed", cell_count(call->arena, run, "id"),
                  cell_text(call->arena, run, "message"), cell_bytes(call->arena, stats, "freed_bytes"));
}

static int apply(struct call *call, struct service *service, struct retention_request *request,
                 struct err *err)
{
    JSON_SCOPED *shown = NULL;
    JSON_SCOPED *document = NULL;
    int exit_status = 0;

    if (!request->confirmed) {
        if (service_retention_plan(service, request->host, request->kind, NULL, &shown, err) < 0)
            return -1;
        request->confirmed = shown_and_confirmed(call, shown, request);
    }
    if (service_retention_apply(service, request, &document, &exit_status, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return exit_status;
    }
    if (shown == NULL)
        render_plans(call, document);
    render_applied(call, document);
    return exit_status;
}

static int run(struct call *call, struct err *err)
{
    struct retention_request request = {
        .host = call_word(call, 0),
        .kind = call_has(call, "kind") ? call_value(call, "kind") : "scheduled",
        .plan_id = call_value(call, "plan-id"),
        .confirmed = call_has(call, "yes"),
        .trigger = "cli",
        .notice = on_notice,
        .context = call,
    };
    struct config *what_if = arena_alloc(call->arena, sizeof *what_if);
    JSON_SCOPED *document = NULL;
    struct service *service;
    bool simulation;

    if (read_what_if(call, what_if, &simulation, err) < 0 || read_limit(call, &request.max_delete, err) < 0)
        return -1;
    if (call_has(call, "apply") && simulation) {
        err_set(err, ERR_USAGE, "a simulation is not applied");
        return err_hint(err, "set the policy first: pobsync configure-host %s --keep-daily N", request.host);
    }
    if (request.plan_id != NULL && strcmp(request.kind, "all") == 0)
        return err_set(err, ERR_USAGE, "--plan-id names one plan, and --kind all makes two");
    service = call_service(call, err);
    if (service == NULL)
        return -1;
    if (call_has(call, "apply"))
        return apply(call, service, &request, err);
    if (service_retention_plan(service, request.host, request.kind, simulation ? what_if : NULL, &document,
                               err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        render_plans(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"kind", 0, "scheduled|manual|all", "whose snapshots; scheduled unless told, all is two plans"},
    {"apply", 0, NULL, "delete what the plan deletes"},
    {"yes", 0, NULL, "with --apply: do it without asking"},
    {"max-delete", 0, "N",
     "with --apply: delete nothing if it would be more; the host's setting unless told"},
    {"plan-id", 0, "ID", "with --apply: delete nothing if the plan is no longer the one of this id"},
    {"keep-last", 0, "N", "simulate another policy: how many, whatever their time"},
    {"keep-hourly", 0, "N", "simulate another policy: one in each of so many hours"},
    {"keep-daily", 0, "N", "simulate another policy: one in each of so many days"},
    {"keep-weekly", 0, "N", "simulate another policy: one in each of so many weeks"},
    {"keep-monthly", 0, "N", "simulate another policy: one in each of so many months"},
    {"keep-yearly", 0, "N", "simulate another policy: one in each of so many years"},
    {"protect-bases", 0, NULL, "simulate another policy: keep the bases of kept snapshots too"},
    {0},
};

const struct command cmd_retention = {
    .name = "retention",
    .summary = "show which snapshots stay and which go, and why; or apply it",
    .operands = "HOST",
    .options = options,
    .details =
        "Each rule is counted for itself, from the newest snapshot to the oldest, over the periods that have a "
        "snapshot. The newest good one, pinned, held, unconfirmed and unfinished ones are never deleted. Without "
        "--apply nothing is changed.\n\n"
        "With --apply the plan is made once more; more deletions than --max-delete, a plan that has changed, a "
        "held snapshot, a clock that went back or a directory that is not what its record says: nothing is deleted. "
        "Each deletion is written down, in the database and in .pobsync/purges.jsonl of the host.",
    .exits =
        "3 when the files are not all removed yet, 5 when there is no such host, 6 while a run of the host goes "
        "on, 7 when a guard refuses, 8 for the backup root, 130 when interrupted.",
    .examples = "pobsync retention web1\npobsync retention web1 --keep-daily 3 --keep-weekly 4\n"
                "pobsync retention web1 --apply --yes --max-delete 5",
    .json = true,
    .long_running = true,
    .run = run,
};
