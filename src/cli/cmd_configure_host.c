/* pobsync configure-host */
#include "cli/commands.h"
#include "cli/settings.h"

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    const char *host = call_word(call, 0);
    JSON_SCOPED *document = NULL;
    const json_t *changed;

    if (service == NULL)
        return -1;
    if (service_host_configure(service, host, call->changes, call->change_count, &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    changed = json_object_get(document, "changed");
    if (json_array_size(changed) == 0)
        call_note(call, "nothing changed");
    else
        settings_render(call, document, changed);
    if (json_is_true(json_object_get(document, "created")))
        call_note(call, "host \"%s\" is new; next: pobsync key %s", host, host);
    return 0;
}

const struct command cmd_configure_host = {
    .name = "configure-host",
    .summary = "add a host, or change its settings",
    .operands = "HOST",
    .settings = SCOPE_HOST,
    .details =
        "HOST is the name by which pobsync knows the machine; it never changes. A new host needs --address. "
        "What is not set here is inherited: pobsync show HOST tells every value and where it comes from. "
        "Options of lists may be repeated; an empty value ('') sets a list to nothing.",
    .examples = "pobsync configure-host web1 --address web1.example.net\n"
                "pobsync configure-host web1 --excludes '/srv/cache/*' --excludes '*.tmp'\n"
                "pobsync configure-host web1 --no-enabled",
    .json = true,
    .run = run,
};
