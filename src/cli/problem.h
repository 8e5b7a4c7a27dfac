/* How a command says that it failed. */
#ifndef CLI_PROBLEM_H
#define CLI_PROBLEM_H

#include <stdbool.h>

#include "base/err.h"

/* On standard error: "pobsync: message" and, indented, the hint; with `json` a problem object in the manner of
 * RFC 9457 with the members type, title, status (of HTTP), detail, code and hint. */
void problem_print(const struct err *err, bool json);

#endif
