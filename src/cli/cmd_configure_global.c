/* pobsync configure-global */
#include "cli/commands.h"
#include "cli/settings.h"
#include "service/document.h"

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *changed;

    if (service == NULL)
        return -1;
    if (call->change_count == 0 && !call_has(call, "adopt-root")) {
        if (document_global(service, &document, err) < 0)
            return -1;
    } else if (service_global_configure(service, call->changes, call->change_count,
                                        call_has(call, "adopt-root"), &document, err) < 0) {
        return -1;
    }
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    changed = json_object_get(document, "changed");
    if (changed != NULL && json_array_size(changed) == 0)
        call_note(call, "nothing changed");
    else
        settings_render(call, document, changed);
    return 0;
}

static const struct option_spec options[] = {
    {"adopt-root", 0, NULL, "take over a backup root that already holds snapshots and has no marker yet"},
    {0},
};

const struct command cmd_configure_global = {
    .name = "configure-global",
    .summary = "change or print the settings of the installation",
    .options = options,
    .settings = SCOPE_GLOBAL,
    .details =
        "Settings that hosts have too are inherited by every host that does not set them itself. Nothing is "
        "changed when anything is wrong. A backup root is marked with a file, so that a wrong or missing disk "
        "is noticed. Options of lists may be repeated; an empty value ('') sets a list to nothing.",
    .exits = "7 when the backup root may not be taken over, 8 when it cannot be used.",
    .examples = "pobsync configure-global --backup-root /backups\n"
                "pobsync configure-global --keep-daily 30 --unset keep-weekly\n"
                "pobsync configure-global --json",
    .json = true,
    .run = run,
};
