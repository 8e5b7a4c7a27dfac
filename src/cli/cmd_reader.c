/* pobsync reader */
#include "base/log.h"
#include "cli/commands.h"
#include "daemon/reader.h"

static int run(struct call *call, struct err *err)
{
    const struct reader_options options = {.web_user = call_value(call, "web-user")};

    if (!call->quiet && !log_is_on(LOG_LEVEL_INFO))
        log_set_level(LOG_LEVEL_INFO);
    return reader_run(&options, err);
}

static const struct option_spec options[] = {
    {"web-user", 0, "USER", "who may ask beside root and our own user: the one that the web runs as"},
    {0},
};

const struct command cmd_reader = {
    .name = "reader",
    .summary = "look into snapshots for the web",
    .options = options,
    .details =
        "The web needs no access to the backup root: it asks this process, over a socket in the state directory. The "
        "reader keeps the right to read files and gives up all other rights and the network. It lists, compares, "
        "and hands over files and archives; whose files were read by whom stands in the audit. pobsync up starts it.",
    .examples = "pobsync reader --web-user www-pobsync",
    .long_running = true,
    .run = run,
};
