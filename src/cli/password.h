/* Asking for a password. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include "cli/command.h"

/* Asks twice on a terminal, without showing what is typed; reads one line of standard input elsewhere. ERR_USAGE when
 * the two differ or there is none. */
int password_read(struct call *call, const char **password, struct err *err);

#endif
