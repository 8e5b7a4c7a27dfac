/* pobsync host-key */
#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_key.h"

static void add_key(struct table *table, const char *what, const json_t *key)
{
    struct arena *arena = table->arena;

    table_add(table, what);
    table_add(table, cell_text(arena, key, "type"));
    table_add(table, cell_text(arena, key, "fingerprint"));
    table_add(table, cell_minute(arena, key, "pinned_at"));
    table_add(table, cell_text(arena, key, "pinned_by"));
}

static void render(struct call *call, const json_t *document)
{
    static const struct table_column columns[] = {{"HOST KEY", TABLE_LEFT},
                                                  {"TYPE", TABLE_LEFT},
                                                  {"FINGERPRINT", TABLE_LEFT},
                                                  {"PINNED (UTC)", TABLE_LEFT},
                                                  {"BY", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);
    const json_t *pinned = json_object_get(document, "pinned");
    const json_t *shown = json_object_get(document, "shown");

    for (size_t i = 0; i < json_array_size(pinned); i++)
        add_key(&table, "pinned", json_array_get(pinned, i));
    if (json_is_object(shown))
        add_key(&table, "shown", shown);
    if (table_row_count(&table) > 0)
        table_render(&table, &call->terminal, &call->out);
    if (json_array_size(pinned) == 0)
        call_note(call, "no host key is pinned; pobsync test-connection %s pins it", call_word(call, 0));
}

static int show(struct call *call, struct service *service, json_t **document, struct err *err)
{
    const char *host = call_word(call, 0);

    if (service_host_key_show(service, host, !call_has(call, "no-probe"), document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, *document);
    else
        render(call, *document);
    if (!json_is_false(json_object_get(*document, "match")))
        return 0;
    call_flush(call);
    if (call->json)
        return err_exit_status(ERR_UNREACHABLE);
    err_set(err, ERR_UNREACHABLE, "the host key that \"%s\" shows is not the one that is pinned", host);
    return err_hint(err,
                    "if the machine was reinstalled, compare the fingerprint on its console, then: "
                    "pobsync host-key %s --accept %s",
                    host, cell_text(call->arena, json_object_get(*document, "shown"), "fingerprint"));
}

static int run(struct call *call, struct err *err)
{
    const char *host = call_word(call, 0);
    const char *accept = call_value(call, "accept");
    bool forget = call_has(call, "forget");
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (accept != NULL && forget)
        return err_set(err, ERR_USAGE, "--accept and --forget contradict each other");
    service = call_service(call, err);
    if (service == NULL)
        return -1;
    if (accept == NULL && !forget)
        return show(call, service, &document, err);
    if ((forget ? service_host_key_forget(service, host, &document, err)
                : service_host_key_accept(service, host, accept, &document, err)) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else if (forget)
        call_note(call,
                  "the host key of \"%s\" is forgotten; the next backup or test from a terminal pins anew",
                  host);
    else
        call_note(call, "the host key %s is pinned for \"%s\"", accept, host);
    return 0;
}

static const struct option_spec options[] = {
    {"accept", 0, "FINGERPRINT", "pin the key that the host shows, if it has this fingerprint (SHA256:...)"},
    {"forget", 0, NULL, "forget what is pinned, for a machine that was reinstalled"},
    {"no-probe", 0, NULL, "do not ask the host which key it shows now"},
    {0},
};

const struct command cmd_host_key = {
    .name = "host-key",
    .summary = "show, accept or forget the pinned key of a host",
    .operands = "HOST",
    .options = options,
    .details =
        "The key that a machine shows at first contact is pinned; from then on any other key is refused, and "
        "accepted only here, by its fingerprint.",
    .exits =
        "5 for an unknown host, 7 when the host shows another key than the one to accept, 9 when it cannot be "
        "reached or shows another key than the pinned one.",
    .examples = "pobsync host-key web1\npobsync host-key web1 --accept SHA256:...",
    .json = true,
    .long_running = true,
    .run = run,
};
