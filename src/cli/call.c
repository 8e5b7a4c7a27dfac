/* What a running command uses: its operands and options, the service, standard output. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"
#include "service/root_files.h"

void call_release(struct call *call)
{
    if (call->service_is_open) {
        root_files_follow(&call->service);
        service_close(&call->service);
    }
    call->service_is_open = false;
    buf_release(&call->out);
}

const char *call_word(const struct call *call, size_t index)
{
    return index < call->words.count ? call->words.items[index] : NULL;
}

static const struct option_use *use_of(const struct call *call, const char *option)
{
    const struct option_use *last = NULL;
    bool declared = false;

    for (const struct option_spec *spec = call->command->options; spec != NULL && spec->name != NULL; spec++)
        declared = declared || strcmp(spec->name, option) == 0;
    assert(declared);
    for (size_t i = 0; i < call->use_count; i++)
        if (strcmp(call->uses[i].spec->name, option) == 0)
            last = &call->uses[i];
    return last;
}

bool call_has(const struct call *call, const char *option)
{
    return use_of(call, option) != NULL;
}

const char *call_value(const struct call *call, const char *option)
{
    const struct option_use *use = use_of(call, option);

    return use != NULL ? use->value : NULL;
}

struct service *call_service(struct call *call, struct err *err)
{
    if (!call->service_is_open && service_open(&call->service, call->arena, "cli", err) < 0)
        return NULL;
    call->service_is_open = true;
    return &call->service;
}

void call_flush(struct call *call)
{
    size_t done = 0;

    while (call->out_errno == 0 && done < call->out.size) {
        ssize_t written = write(STDOUT_FILENO, call->out.data + done, call->out.size - done);

        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            call->out_errno = errno;
    }
    buf_clear(&call->out);
}

void call_add_json(struct call *call, const json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2));

    assert(text != NULL);
    buf_add_text(&call->out, text);
    buf_add_char(&call->out, '\n');
    free(text);
}

void call_note(struct call *call, const char *format, ...)
{
    char raw[4096], safe[8192];
    va_list arguments;

    if (call->quiet || call->json)
        return;
    call_flush(call);
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    text_printable(safe, sizeof safe, raw, strlen(raw));
    fprintf(stderr, "%s\n", safe);
}

void call_json_release(json_t **document)
{
    json_decref(*document);
}
