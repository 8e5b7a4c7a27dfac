/* Reading passwords from a terminal or from a pipe. */
#include "cli/password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int read_line(struct arena *arena, const char **line, struct err *err)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length = getline(&text, &room, stdin);

    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    *line = length < 0 ? "" : arena_copy(arena, text, (size_t)length);
    if (text != NULL)
        explicit_bzero(text, room);
    free(text);
    if (length > 0 && strlen(*line) == (size_t)length)
        return 0;
    err_set(err, ERR_USAGE, "no password was given");
    return err_hint(err, "type it on a terminal, or give it as one line of standard input");
}

static int ask(struct call *call, const char *question, const char **answer, struct err *err)
{
    struct termios before, silent;
    int result;

    fprintf(stderr, "%s: ", question);
    fflush(stderr);
    tcgetattr(STDIN_FILENO, &before);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    result = read_line(call->arena, answer, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return result;
}

int password_read(struct call *call, const char **password, struct err *err)
{
    const char *again = "";

    *password = "";
    if (isatty(STDIN_FILENO) != 1 || !call->terminal.err_is_tty || call->no_input)
        return read_line(call->arena, password, err);
    if (ask(call, "Password", password, err) < 0 || ask(call, "The same again", &again, err) < 0)
        return -1;
    if (strcmp(*password, again) == 0)
        return 0;
    return err_set(err, ERR_USAGE, "the two passwords differ");
}
