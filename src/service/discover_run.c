/* From a discovery's document to how its run ended. */
#include "service/discover_run.h"

#include <string.h>

#include "plan/preflight.h"
#include "service/run_end.h"
#include "service/run_request.h"
#include "service/service_discover.h"

static enum cause cause_of(const char *state)
{
    if (strcmp(state, preflight_state_name(PREFLIGHT_ROOT_WRONG_DISK)) == 0)
        return CAUSE_ROOT_WRONG;
    if (strncmp(state, "root_", 5) == 0)
        return CAUSE_ROOT_MISSING;
    return strcmp(state, preflight_state_name(PREFLIGHT_TIMED_OUT)) == 0 ? CAUSE_TIMEOUT : CAUSE_IO_ERROR;
}

static const char *text_of(const json_t *item, const char *key)
{
    const char *text = json_string_value(json_object_get(item, key));

    return text == NULL ? "" : text;
}

/* How many names or sentences the items of all hosts have under this key. */
static size_t sum_of(const json_t *items, const char *key)
{
    size_t sum = 0;

    for (size_t i = 0; i < json_array_size(items); i++)
        sum += json_array_size(json_object_get(json_array_get(items, i), key));
    return sum;
}

static const json_t *first_failure(const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(text_of(json_array_get(items, i), "level"), preflight_level_name(PREFLIGHT_FAIL)) == 0)
            return json_array_get(items, i);
    return NULL;
}

static void conclude(struct service *service, const struct run_request *wish, const json_t *document,
                     struct run *run)
{
    const json_t *items = json_object_get(document, "items"), *failure = first_failure(items);
    size_t refused = sum_of(items, "refused");
    const char *confirmed = "";

    if (failure != NULL) {
        run->state = RUN_FAILED;
        run->cause = cause_of(text_of(failure, "state"));
        run->message = arena_strdup(service->arena, text_of(failure, "found"));
        return;
    }
    if (wish->confirm)
        confirmed = arena_printf(service->arena, ", %zu confirmed", sum_of(items, "confirmed"));
    if (refused > 0)
        confirmed = arena_printf(service->arena, "%s, %zu stay%s claimed", confirmed, refused,
                                 refused == 1 ? "s" : "");
    run->state = refused > 0 ? RUN_WARNING : RUN_SUCCESS;
    run->cause = CAUSE_NONE;
    run->message =
        arena_printf(service->arena, "%zu imported, %zu missing, %zu back%s", sum_of(items, "imported"),
                     sum_of(items, "lost"), sum_of(items, "back"), confirmed);
}

int discover_run(struct service *service, struct run *run, struct err *err)
{
    struct run_request wish;
    struct discover_request request = {.host = run->host, .run = run->id};
    json_t *document = NULL;

    if (run_request_parse(service->arena, run->request, &wish, err) < 0)
        return -1;
    request.confirm = wish.confirm;
    if (service_discover(service, &request, &document, err) < 0)
        return -1;
    conclude(service, &wish, document, run);
    run->result = run_result_text(service->arena, document);
    json_decref(document);
    return 0;
}
