/* pobsync key */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "service/service_key.h"

static void add_lines(struct buf *out, const char *text)
{
    size_t size = text != NULL ? strlen(text) : 0;

    if (size == 0)
        return;
    buf_add(out, text, size);
    if (text[size - 1] != '\n')
        buf_add_char(out, '\n');
}

static void explain(struct call *call, const json_t *document)
{
    const char *host = call_word(call, 0);
    const char *sudoers = json_string_value(json_object_get(document, "sudoers"));
    struct list lines = {0};

    if (json_is_true(json_object_get(document, "created")))
        call_note(call, "a new key was made for host \"%s\"", host);
    call_note(call, "fingerprint: %s", cell_text(call->arena, document, "fingerprint"));
    call_note(call, "private key: %s", cell_text(call->arena, document, "path"));
    call_note(call,
              "put the line on standard output into ~/.ssh/authorized_keys of the remote user, then: "
              "pobsync test-connection %s",
              host);
    if (sudoers == NULL)
        return;
    call_note(call, "and on the host, these lines into a file of /etc/sudoers.d:");
    list_add_lines(call->arena, &lines, sudoers);
    for (size_t i = 0; i < lines.count; i++)
        call_note(call, "  %s", lines.items[i]);
}

static int run(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    const char *line = call_value(call, "line");
    JSON_SCOPED *document = NULL;

    if (service == NULL ||
        service_key_line(service, call_word(call, 0), line != NULL ? line : "rrsync", &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    add_lines(&call->out, json_string_value(json_object_get(document, "authorized_keys")));
    explain(call, document);
    return 0;
}

static const struct option_spec options[] = {
    {"line", 0, "rrsync|sudo|plain|restore",
     "what the key may do: only read, by rrsync (default); the same by sudo, for a user who is not root; or anything. "
     "restore is another key, for one restore: it may write, and is removed afterwards"},
    {0},
};

const struct command cmd_key = {
    .name = "key",
    .summary = "print the line for authorized_keys of a host",
    .operands = "HOST",
    .options = options,
    .details =
        "Every host has a key of its own, made when it is first asked for. Only the line goes to standard "
        "output, so that it can be piped; where it belongs is said on standard error.",
    .exits = "5 when there is no such host.",
    .examples = "pobsync key web1\n"
                "pobsync key web1 | ssh root@web1.example.net 'cat >>.ssh/authorized_keys'",
    .json = true,
    .long_running = true,
    .run = run,
};
