/* pobsync migrate */
#include "cli/commands.h"

static int run(struct call *call, struct err *err)
{
    int found = 0, expected = 0, applied = 0;
    struct service *service = &call->service;

    if (service_open_unmigrated(service, call->arena, "cli", err) < 0)
        return -1;
    call->service_is_open = true;
    if (db_schema_version(service->db, &found, &expected, err) < 0 ||
        service_migrate(service, &applied, err) < 0)
        return -1;
    if (call->json) {
        JSON_SCOPED *document =
            json_pack("{s:i, s:i, s:i}", "from", found, "to", expected, "applied", applied);

        call_add_json(call, document);
        return 0;
    }
    if (applied == 0)
        call_note(call, "the database is up to date (schema %d)", expected);
    else
        call_note(call, "the database went from schema %d to %d", found, expected);
    return 0;
}

const struct command cmd_migrate = {
    .name = "migrate",
    .summary = "bring the database up to this version",
    .details =
        "Every other command does this by itself when it starts. A copy of the database from before is put into "
        "before-upgrade/ of the state directory. A database of a newer version is refused.",
    .examples = "pobsync migrate",
    .json = true,
    .run = run,
};
