/* What help says, made from the tables of commands, options, settings, exit statuses and variables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include "cli/page.h"

/* A topic of `pobsync help TOPIC` that is not a command. */
struct help_topic {
    const char *name;
    const char *summary;
    void (*render)(struct page *page);
};

/* Ended by a NULL name. */
extern const struct help_topic help_topics[];

/* The sentence of an exit status; NULL for one that no command ends with. */
const char *help_exit_sentence(int exit_status);

/* `pobsync --help`. */
void help_program(struct page *page);

/* The few lines for who has typed "pobsync" alone. */
void help_short(struct page *page);

/* `pobsync COMMAND --help`. */
void help_command(struct page *page, const struct command *command);

/* A command or topic by name: 0, or ERR_USAGE with a suggestion. */
int help_topic(struct page *page, const char *name, struct err *err);

/* pobsync(1), all of it. */
void help_manual(struct page *page);

#endif
