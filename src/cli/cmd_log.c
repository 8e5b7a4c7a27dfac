/* pobsync log */
#include "base/parse.h"
#include "cli/commands.h"
#include "service/document.h"

static int run(struct call *call, struct err *err)
{
    struct service *service;
    int64_t id;
    char *text;
    size_t size;

    if (parse_int(call_word(call, 0), 1, INT64_MAX, &id, err) < 0)
        return err_in(err, "RUN");
    service = call_service(call, err);
    if (service == NULL || document_log(service, id, &text, &size, err) < 0)
        return -1;
    if (call->json) {
        JSON_SCOPED *document = json_pack("{s:I, s:o}", "run", (json_int_t)id, "log", document_text(text));

        call_add_json(call, document);
        return 0;
    }
    buf_add(&call->out, text, size);
    return 0;
}

const struct command cmd_log = {
    .name = "log",
    .summary = "print the whole log of a run",
    .operands = "RUN",
    .details = "RUN is the number that pobsync runs shows.",
    .exits = "5 when there is no such run, or its log has gone.",
    .examples = "pobsync log 17",
    .json = true,
    .run = run,
};
