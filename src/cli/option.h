/* Reads a command line by the tables of the commands. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include "cli/command.h"

/* Fills `call` from the words behind the program's name. Options and operands may be mixed, "--" ends the options,
 * names are never abbreviated. ERR_USAGE (with the help to look at as hint) for what is not understood, ERR_INVALID
 * for a setting that belongs elsewhere or a list item with a newline in it. */
int option_parse(int argc, char **argv, struct call *call, struct err *err);

/* Whether --json stands before any "--": also known of a command line that is not understood. */
bool option_wants_json(int argc, char *const *argv);

#endif
