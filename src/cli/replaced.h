/* Commands that earlier versions had and this one has not: each answers with the command to use instead. */
#ifndef CLI_REPLACED_H
#define CLI_REPLACED_H

#include <stdbool.h>

#include "base/err.h"

struct replaced {
    const char *old; /* one or two words */
    const char *now; /* a command; it may come with a later version */
};

/* Ended by a NULL `old`. */
extern const struct replaced replaced_commands[];

/* Whether the words (ended by NULL) begin with such a command; then *err says what to use, as ERR_USAGE. */
bool replaced_answer(char *const *words, struct err *err);

/* Whether `now` is a command of this version. */
bool replaced_is_here(const struct replaced *replaced);

#endif
