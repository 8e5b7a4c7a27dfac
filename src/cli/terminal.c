/* Facts about the terminal, colour, and the one question that a command may ask. */
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/parse.h"

enum { WIDTH_UNKNOWN = 80, WIDTH_MIN = 20, WIDTH_MAX = 10000 };

static size_t width_of(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    struct err err;
    int64_t number;

    if (columns != NULL && parse_int(columns, WIDTH_MIN, WIDTH_MAX, &number, &err) == 0)
        return (size_t)number;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
        return size.ws_col;
    return WIDTH_UNKNOWN;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

static bool wants_color(bool is_tty, enum color_wish wish)
{
    const char *term = getenv("TERM");
    const char *force = getenv("CLICOLOR_FORCE");

    if (wish != COLOR_AUTO)
        return wish == COLOR_ALWAYS;
    if (is_set("NO_COLOR"))
        return false;
    if (is_set("CLICOLOR_FORCE") && strcmp(force, "0") != 0)
        return true;
    return is_tty && term != NULL && strcmp(term, "dumb") != 0;
}

void terminal_init(struct terminal *terminal, enum color_wish wish)
{
    terminal->out_is_tty = isatty(STDOUT_FILENO) == 1;
    terminal->err_is_tty = isatty(STDERR_FILENO) == 1;
    terminal->color = wants_color(terminal->out_is_tty, wish);
    terminal->width = terminal->out_is_tty ? width_of(STDOUT_FILENO) : 0;
    terminal->err_width = terminal->err_is_tty ? width_of(STDERR_FILENO) : 0;
}

const char *terminal_state_color(const char *word)
{
    static const struct {
        const char *word, *color;
    } colors[] = {
        {"success", "32"}, {"ok", "32"},      {"good", "32"},   {"warning", "33"}, {"partial", "33"},
        {"held", "33"},    {"claimed", "33"}, {"failed", "31"}, {"missing", "31"}, {"running", "36"},
        {"missed", "31"},  {"unknown", "31"}, {"late", "33"},
    };

    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++)
        if (strcmp(colors[i].word, word) == 0)
            return colors[i].color;
    return NULL;
}

bool terminal_confirm(const struct terminal *terminal, const char *question, const char *expected)
{
    char line[256];

    if (!terminal->err_is_tty || isatty(STDIN_FILENO) != 1)
        return false;
    fputs(question, stderr);
    fflush(stderr);
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, expected) == 0;
}
