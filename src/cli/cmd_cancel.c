/* pobsync cancel */
#include "base/parse.h"
#include "cli/cell.h"
#include "cli/commands.h"
#include "model/run.h"
#include "service/document.h"
#include "service/service_queue.h"
#include "sys/clock.h"
#include "sys/stop.h"

enum { WAIT_MS = 20000, LOOK_MS = 200 };

static bool has_ended(const json_t *document)
{
    return run_has_ended(run_state_parse(json_string_value(json_object_get(document, "state"))));
}

/* Who runs it hears of the wish within seconds. */
static int wait_for_end(struct call *call, int64_t id, json_t **document, struct err *err)
{
    int64_t until = clock_boot_ms() + WAIT_MS;

    while (!has_ended(*document) && clock_boot_ms() < until && stop_requested() == 0) {
        stop_poll(NULL, 0, LOOK_MS);
        json_decref(*document);
        *document = NULL;
        if (document_run(&call->service, id, document, err) < 0)
            return -1;
    }
    return 0;
}

static int run(struct call *call, struct err *err)
{
    struct service *service;
    JSON_SCOPED *document = NULL;
    int64_t id;

    if (parse_int(call_word(call, 0), 1, INT64_MAX, &id, err) < 0)
        return err_in(err, "RUN");
    service = call_service(call, err);
    if (service == NULL || service_run_cancel(service, id, &document, err) < 0 ||
        wait_for_end(call, id, &document, err) < 0)
        return -1;
    if (call->json)
        call_add_json(call, document);
    else if (has_ended(document))
        call_note(call, "run %lld: %s", (long long)id, cell_text(call->arena, document, "state"));
    else
        call_note(call, "run %lld has been asked to end and has not yet; see pobsync queue", (long long)id);
    return 0;
}

const struct command cmd_cancel = {
    .name = "cancel",
    .summary = "end a run that waits or runs",
    .operands = "RUN",
    .details =
        "RUN is the number that pobsync queue shows. What waits ends at once; what runs is asked to end, with "
        "all its processes, and is waited for. A cancelled backup leaves nothing that counts as one, and the "
        "next run goes on from what had arrived.",
    .exits = "5 when there is no such run, 7 when it has ended already.",
    .examples = "pobsync cancel 17",
    .json = true,
    .long_running = true,
    .run = run,
};
