/* pobsync create-user */
#include <stdio.h>
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/password.h"
#include "service/service_user.h"

static int run(struct call *call, struct err *err)
{
    const char *name = call_word(call, 0), *role = call_value(call, "role"), *password;
    struct service *service;
    JSON_SCOPED *document = NULL;

    if (role == NULL) {
        err_set(err, ERR_USAGE, "\"create-user\" needs --role ROLE");
        return err_hint(err, "the roles are viewer, restorer, operator and admin");
    }
    if (user_name_check(name, err) < 0 || password_read(call, &password, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service == NULL || service_user_create(service, name, role, password, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else
        call_note(call, "user \"%s\" is made, with the role %s", name, role);
    return 0;
}

static const struct option_spec options[] = {
    {"role", 0, "viewer|restorer|operator|admin", "what the user may do"},
    {0},
};

const struct command cmd_create_user = {
    .name = "create-user",
    .summary = "make an account for the web pages",
    .operands = "NAME",
    .options = options,
    .details =
        "The password is asked for twice on a terminal, and is one line of standard input elsewhere. viewer sees "
        "the state, restorer also the files in backups, operator also starts and cancels runs, admin may all.",
    .exits = "1 when there is such a user already, 2 for a name or password that will not do.",
    .examples = "pobsync create-user anna --role admin\n"
                "echo \"$PASSWORD\" | pobsync create-user watcher --role viewer",
    .json = true,
    .run = run,
};
