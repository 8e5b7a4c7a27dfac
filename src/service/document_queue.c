/* What runs, what waits and why. */
#include "service/document_queue.h"

#include <string.h>

#include "plan/queue_reason.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "store/store_daemon.h"
#include "store/store_installation.h"
#include "store/store_queue.h"

/* A worker or scheduler gives a sign of life every few seconds: who was silent for so long is not there. */
enum { SILENCE_SECONDS = 120 };

static json_t *running_items(const struct run *runs, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, document_run_item(&runs[i]));
    return items;
}

static json_t *queued_items(struct service *service, const struct run *runs, size_t count,
                            const struct queue_facts *facts)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *item = document_run_item(&runs[i]);

        json_object_set_new(item, "position", json_integer((json_int_t)i + 1));
        json_object_set_new(item, "waits", document_text(queue_reason_plan(service->arena, &runs[i], facts)));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *places(const struct queue_facts *facts)
{
    json_t *object = json_object();
    json_int_t used = 0;

    for (size_t i = 0; i < facts->running_count; i++)
        used += facts->running[i].place > 0;
    json_object_set_new(object, "used", json_integer(used));
    json_object_set_new(object, "limit", json_integer(facts->places));
    return object;
}

static json_t *workers(const struct daemon_row *rows, size_t count)
{
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *item;

        if (strcmp(rows[i].role, "worker") != 0)
            continue;
        item = json_object();
        json_object_set_new(item, "name", document_text(rows[i].name));
        json_object_set_new(item, "started_at", document_time(rows[i].started_at));
        json_object_set_new(item, "seen_at", document_time(rows[i].seen_at));
        json_array_append_new(items, item);
    }
    return items;
}

int document_scheduler(struct service *service, json_t **document, struct err *err)
{
    struct scheduler_pass pass;
    int64_t node_id;
    int found;

    if (store_node_load(service->db, service->now, &node_id, err) < 0 ||
        (found = store_pass_load(service->arena, service->db, node_id, &pass, err)) < 0)
        return -1;
    if (found == 0) {
        *document = json_null();
        return 0;
    }
    *document = json_object();
    json_object_set_new(*document, "passed_at", document_time(pass.passed_at));
    json_object_set_new(*document, "alive",
                        json_boolean(service->now - pass.passed_at <= SILENCE_SECONDS &&
                                     pass.passed_at - service->now <= SILENCE_SECONDS));
    json_object_set_new(*document, "schedules", json_integer(pass.schedules));
    json_object_set_new(*document, "enqueued", json_integer(pass.enqueued));
    json_object_set_new(*document, "trouble", document_text(pass.trouble));
    return 0;
}

int document_queue(struct service *service, int64_t limit, json_t **document, struct err *err)
{
    struct run *queued, *running;
    size_t queued_count, running_count, row_count, shown;
    struct queue_facts facts = {.now = service->now};
    struct effective effective;
    struct daemon_row *rows;
    json_t *items, *scheduler;
    int64_t node_id;

    if (global_settings_load(service, &effective, err) < 0 ||
        store_node_load(service->db, service->now, &node_id, err) < 0 ||
        store_queue_list(service->arena, service->db, node_id, limit > 0 ? limit + 1 : 0, &queued,
                         &queued_count, err) < 0 ||
        store_queue_running(service->arena, service->db, node_id, &running, &running_count, err) < 0 ||
        store_daemon_list(service->arena, service->db, node_id, service->now - SILENCE_SECONDS, &rows,
                          &row_count, err) < 0 ||
        document_scheduler(service, &scheduler, err) < 0)
        return -1;
    items = workers(rows, row_count);
    facts.running = running;
    facts.running_count = running_count;
    facts.places = effective.config.parallel_runs;
    facts.workers = json_array_size(items);
    shown = limit > 0 && queued_count > (size_t)limit ? (size_t)limit : queued_count;
    *document = json_object();
    json_object_set_new(*document, "as_of", document_time(service->now));
    json_object_set_new(*document, "running", running_items(running, running_count));
    json_object_set_new(*document, "items", queued_items(service, queued, shown, &facts));
    if (shown < queued_count)
        json_object_set_new(*document, "next", json_true());
    json_object_set_new(*document, "places", places(&facts));
    json_object_set_new(*document, "workers", items);
    json_object_set_new(*document, "scheduler", scheduler);
    return 0;
}
