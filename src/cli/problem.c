/* How a command says that it failed. */
#include "cli/problem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/text.h"

/* A sentence that was cut to fit into struct err may end within a character. */
static const char *whole(struct arena *arena, const char *text)
{
    return text_printable_dup(arena, text, strlen(text));
}

static void print_json(const struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *code = err_name(err->code);
    char *slug = arena_printf(&arena, "/problems/%s", code);
    char *title = arena_strdup(&arena, code);
    json_t *problem;
    char *text;

    for (char *c = slug; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    for (char *c = title; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    problem = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s?}", "type", slug, "title", title, "status",
                        err_http_status(err->code), "detail", whole(&arena, err->message), "code", code,
                        "hint", err->hint[0] != '\0' ? whole(&arena, err->hint) : NULL);
    assert(problem != NULL);
    text = json_dumps(problem, JSON_INDENT(2));
    json_decref(problem);
    assert(text != NULL);
    fprintf(stderr, "%s\n", text);
    free(text);
}

void problem_print(const struct err *err, bool json)
{
    if (json) {
        print_json(err);
        return;
    }
    fprintf(stderr, "pobsync: %s\n", err->message);
    if (err->hint[0] != '\0')
        fprintf(stderr, "  %s\n", err->hint);
}
