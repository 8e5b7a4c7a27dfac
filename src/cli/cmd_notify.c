/* pobsync notify */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "cli/table.h"
#include "model/notification.h"
#include "service/service_alert.h"
#include "service/service_notification.h"

enum { LEVEL_WIDTH = 7 };

/* Printed as they come: the next one may take its time. */
static void on_stage(void *context, const json_t *stage)
{
    struct call *call = context;
    struct arena *arena = call->arena;
    const char *level = cell_text(arena, stage, "level");
    const char *color = call->terminal.color ? terminal_state_color(level) : NULL;
    const char *hint = json_string_value(json_object_get(stage, "hint"));

    if (color != NULL)
        buf_printf(&call->out, "\033[%sm%-*s\033[0m", color, LEVEL_WIDTH, level);
    else
        buf_printf(&call->out, "%-*s", LEVEL_WIDTH, level);
    buf_printf(&call->out, "  %s\n%*s%s\n", cell_text(arena, stage, "stage"), LEVEL_WIDTH + 2, "",
               cell_text(arena, stage, "found"));
    if (hint != NULL)
        buf_printf(&call->out, "%*s%s\n", LEVEL_WIDTH + 2, "", cell_text(arena, stage, "hint"));
    call_flush(call);
}

static int try_it(struct call *call, struct service *service, struct err *err)
{
    JSON_SCOPED *document = NULL;

    if (service_notification_test(service, call->json ? NULL : on_stage, call, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    return json_is_true(json_object_get(document, "ok")) ? 0 : err_exit_status(ERR_FAILED);
}

static void render_waiting(struct call *call, const json_t *document, int64_t now)
{
    static const struct table_column columns[] = {{"WAITS", TABLE_LEFT},
                                                  {"FOR", TABLE_LEFT},
                                                  {"TRIES", TABLE_RIGHT},
                                                  {"NEXT", TABLE_LEFT},
                                                  {"BECAUSE", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *waiting = json_object_get(document, "waiting");

    for (size_t i = 0; i < json_array_size(waiting); i++) {
        const json_t *item = json_array_get(waiting, i);
        bool is_mail = json_is_string(json_object_get(item, "recipient"));

        table_add(&table, cell_ago(call->arena, item, "created_at", now));
        table_add(&table, cell_text(call->arena, item, is_mail ? "recipient" : "channel"));
        table_add(&table, cell_text(call->arena, item, "tries"));
        table_add(&table, cell_ago(call->arena, item, "next_try_at", now));
        table_add(&table, cell_text(call->arena, item, "last_error"));
    }
    if (table_row_count(&table) == 0)
        return;
    buf_add_char(&call->out, '\n');
    table_render(&table, &call->terminal, &call->out);
}

/* What the scheduler does by itself, now and for a person. */
static int deliver(struct call *call, struct service *service, struct err *err)
{
    struct alert_delivery delivery;
    size_t told;

    if (service_alert_evaluate(service, NULL, &told, err) < 0 ||
        service_alert_deliver(service, true, &delivery, err) < 0)
        return -1;
    if (call->json) {
        JSON_SCOPED *document =
            json_pack("{s:I, s:I, s:I, s:I, s:I}", "events", (json_int_t)told, "delivered",
                      (json_int_t)delivery.delivered, "failed", (json_int_t)delivery.failed, "dropped",
                      (json_int_t)delivery.dropped, "waiting", (json_int_t)delivery.waiting);

        call_add_json(call, document);
    } else {
        call_note(call, "%zu event%s; %zu message%s sent, %zu not taken, %zu given up, %zu waiting", told,
                  told == 1 ? "" : "s", delivery.delivered, delivery.delivered == 1 ? "" : "s",
                  delivery.failed, delivery.dropped, delivery.waiting);
    }
    return delivery.failed == 0 ? 0 : err_exit_status(ERR_FAILED);
}

static int run(struct call *call, struct err *err)
{
    bool test = call_has(call, "test");
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *changed;

    if (service == NULL)
        return -1;
    if (call->change_count > 0 || (!test && !call_has(call, "deliver"))) {
        if ((call->change_count > 0
                 ? service_notification_change(service, call->changes, call->change_count, &document, err)
                 : document_notification(service, &document, err)) < 0)
            return -1;
    }
    if (test)
        return try_it(call, service, err);
    if (call_has(call, "deliver"))
        return deliver(call, service, err);
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    changed = json_object_get(document, "changed");
    if (changed != NULL && json_array_size(changed) == 0)
        call_note(call, "nothing changed");
    else
        settings_render(call, document, changed);
    if (changed == NULL)
        render_waiting(call, document, service->now);
    return 0;
}

static const struct option_spec options[] = {
    {"deliver", 0, NULL, "look at the hosts now, and send what is to be told and what waits"},
    {"test", 0, NULL, "send a test by each way that is configured, and say how it went"},
    {0},
};

const struct command cmd_notify = {
    .name = "notify",
    .summary = "say who is told when a host needs attention, and try it",
    .options = options,
    .entity = &notification_fields,
    .details =
        "Mails and the webhook tell when a host needs attention, when that changes, every day while it lasts, and "
        "when it is over. A lost backup root is told once, not once for each host. What a server does not take is "
        "tried again for three days.\n\n"
        "The ping address is asked for after each good pass of the scheduler: a service that expects it tells you "
        "when pobsync itself has stopped.\n\n"
        "Passwords and tokens are read from files when they are needed; they are never stored here.",
    .exits = "1 when a test failed, or a message was not taken.",
    .examples = "pobsync notify --mail-to admin@example.net --smtp-host mail.example.net\n"
                "pobsync notify --smtp-port 587 --smtp-security starttls \\\n"
                "    --smtp-user backup --smtp-password-file /etc/pobsync/smtp-password\n"
                "pobsync notify --webhook-url https://hooks.example.net/pobsync\n"
                "pobsync notify --test",
    .json = true,
    .long_running = true,
    .run = run,
};
