/* What standard output and standard error are, and what may be done with them. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum color_wish { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct terminal {
    bool out_is_tty, err_is_tty;
    bool color;       /* state words on standard output may be coloured */
    size_t width;     /* columns of standard output, 0: not a terminal, never cut */
    size_t err_width; /* the same of standard error */
};

/* Looks at the two descriptors and at COLUMNS, TERM, NO_COLOR (https://no-color.org) and CLICOLOR_FORCE
 * (https://bixense.com/clicolors). `wish` is --color and wins over all of them. */
void terminal_init(struct terminal *terminal, enum color_wish wish);

/* The SGR parameters ("31") that go with a state word of a run, a snapshot or a check; NULL: none. */
const char *terminal_state_color(const char *word);

/* Asks a question on standard error and reads one line of standard input; whether it is exactly `expected`. False
 * without asking unless both are terminals. */
bool terminal_confirm(const struct terminal *terminal, const char *question, const char *expected);

#endif
