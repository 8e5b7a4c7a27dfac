/* pobsync help */
#include "cli/commands.h"
#include "cli/help.h"

static int run(struct call *call, struct err *err)
{
    struct page page = {.arena = call->arena, .out = &call->out};
    const char *topic = call_word(call, 0);

    if (call_has(call, "man")) {
        page.form = PAGE_SCDOC;
        help_manual(&page);
        return 0;
    }
    if (topic != NULL)
        return help_topic(&page, topic, err);
    help_program(&page);
    return 0;
}

static const struct option_spec options[] = {
    {"man", 0, NULL, "print the source of the manual page pobsync(1), in scdoc's format"},
    {0},
};

const struct command cmd_help = {
    .name = "help",
    .summary = "print help on a command or topic",
    .operands = "[TOPIC]",
    .options = options,
    .details =
        "TOPIC is a command, or one of commands, settings, exit-codes, environment, replaced-commands.",
    .examples = "pobsync help backup\npobsync help exit-codes",
    .run = run,
};
