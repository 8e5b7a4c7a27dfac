/* How everything is. */
#include "service/document_status.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "service/document.h"
#include "service/document_queue.h"
#include "service/reader_document.h"
#include "store/store_health.h"
#include "store/store_run.h"

json_t *document_health_item(const struct host_health *health)
{
    const struct health_report *report = &health->report;
    json_t *item = json_object();

    json_object_set_new(item, "host", document_text(health->host->name));
    json_object_set_new(item, "health", json_string(health_name(report->health)));
    json_object_set_new(item, "beneath", json_string(health_name(report->beneath)));
    json_object_set_new(item, "since", document_time(report->since));
    json_object_set_new(item, "reason", document_text(report->reason));
    json_object_set_new(item, "attention", json_boolean(health->attention));
    json_object_set_new(item, "retry_pending", json_boolean(report->retry_pending));
    json_object_set_new(item, "cause", health->by_root ? json_string("root") : json_null());
    json_object_set_new(item, "activity", json_string(activity_name(health->activity)));
    json_object_set_new(item, "next_at", document_time(health->next_at));
    return item;
}

json_t *document_last_good(const struct snapshot *snapshot)
{
    json_t *item;

    if (snapshot == NULL)
        return json_null();
    item = json_object();
    json_object_set_new(item, "name", document_text(snapshot->name));
    json_object_set_new(item, "started_at", document_time(snapshot->started_at));
    json_object_set_new(item, "ended_at", document_time(snapshot->ended_at));
    return item;
}

json_t *document_root_item(const struct root_report *root)
{
    const struct fs_room *room = root->opened ? &root->room : NULL;
    json_t *item = json_object();

    json_object_set_new(item, "state", json_string(root_state_name(root->state)));
    json_object_set_new(item, "path", document_text(root->path));
    json_object_set_new(item, "found", document_text(root->found));
    json_object_set_new(item, "expected", document_text(root->expected));
    json_object_set_new(item, "hint", document_text(root->hint));
    json_object_set_new(item, "bytes_free", document_count(room == NULL ? -1 : room->bytes_free));
    json_object_set_new(item, "bytes_total", document_count(room == NULL ? -1 : room->bytes_total));
    json_object_set_new(item, "inodes_free", document_count(room == NULL ? -1 : room->inodes_free));
    json_object_set_new(item, "inodes_total", document_count(room == NULL ? -1 : room->inodes_total));
    return item;
}

/* How many hosts are in each health, and how many need attention. */
struct census {
    size_t hosts, attention, by_health[HEALTH__MAX];
};

static struct census count_hosts(const struct host_health_list *list)
{
    struct census census = {.hosts = list->count};

    for (size_t i = 0; i < list->count; i++) {
        census.by_health[list->hosts[i].report.health]++;
        census.attention += list->hosts[i].attention;
    }
    return census;
}

/* "1 failed, 2 missed" */
static void add_census(struct buf *text, const struct census *census)
{
    const char *separator = "";

    for (enum health health = 0; health < HEALTH__MAX; health++) {
        if (census->by_health[health] == 0)
            continue;
        buf_printf(text, "%s%zu %s", separator, census->by_health[health], health_name(health));
        separator = ", ";
    }
}

static json_t *verdict(const struct root_report *root, const struct census *census)
{
    BUF_SCOPED text = BUF_EMPTY;

    if (census->hosts == 0 && root->state == ROOT_UNSET) {
        buf_add_text(&text, "nothing is set up yet: there is no backup root and no host");
    } else {
        if (root->state != ROOT_OK)
            buf_printf(&text, "%s: nothing can be backed up; ", root->found);
        if (census->hosts == 0)
            buf_add_text(&text, "no hosts yet");
        else if (census->attention > 0)
            buf_printf(&text, "%zu of %zu host%s need%s attention: ", census->attention, census->hosts,
                       census->hosts == 1 ? "" : "s", census->attention == 1 ? "s" : "");
        else
            buf_printf(&text, "no host needs attention: ");
        if (census->hosts > 0)
            add_census(&text, census);
    }
    return document_text(buf_text(&text));
}

static int counts(struct service *service, const struct census *census, json_t **item, struct err *err)
{
    struct store_counts rows;
    json_t *by_health;

    if (store_health_counts(service->db, &rows, err) < 0)
        return -1;
    *item = json_object();
    json_object_set_new(*item, "hosts", json_integer(rows.hosts));
    json_object_set_new(*item, "snapshots", json_integer(rows.snapshots));
    json_object_set_new(*item, "runs", json_integer(rows.runs));
    json_object_set_new(*item, "queued", json_integer(rows.queued));
    json_object_set_new(*item, "running", json_integer(rows.running));
    by_health = json_object();
    for (enum health health = 0; health < HEALTH__MAX; health++)
        json_object_set_new(by_health, health_name(health),
                            json_integer((json_int_t)census->by_health[health]));
    json_object_set_new(*item, "by_health", by_health);
    return 0;
}

static int worst_first(const void *one, const void *other)
{
    const struct host_health *a = one, *b = other;

    if (a->attention != b->attention)
        return a->attention ? -1 : 1;
    if (a->report.health != b->report.health)
        return a->report.health < b->report.health ? -1 : 1;
    return strcmp(a->host->name, b->host->name);
}

static json_t *host_items(struct host_health_list *list)
{
    json_t *items = json_array();

    qsort(list->hosts, list->count, sizeof *list->hosts, worst_first);
    for (size_t i = 0; i < list->count; i++) {
        const struct host_health *health = &list->hosts[i];
        json_t *item = document_health_item(health);

        json_object_set_new(item, "last_good", document_last_good(health->last_good));
        json_object_set_new(item, "last_run",
                            health->last_run == NULL ? json_null() : document_last_run(health->last_run));
        json_array_append_new(items, item);
    }
    return items;
}

int document_status(struct service *service, json_t **document, struct err *err)
{
    const struct run_filter newest = {.state = RUN_STATE__MAX, .limit = 1};
    struct host_health_list list;
    struct census census;
    struct run *runs;
    size_t run_count;
    json_t *counted, *pass;

    if (service->asks_reader)
        return reader_document(service, READER_STATUS, NULL, document, err);
    if (host_health_load(service, NULL, &list, err) < 0 ||
        store_run_list(service->arena, service->db, &newest, &runs, &run_count, err) < 0)
        return -1;
    census = count_hosts(&list);
    if (counts(service, &census, &counted, err) < 0)
        return -1;
    if (document_scheduler(service, &pass, err) < 0) {
        json_decref(counted);
        return -1;
    }
    *document = json_object();
    json_object_set_new(*document, "as_of", document_time(service->now));
    json_object_set_new(*document, "verdict", verdict(&list.root, &census));
    json_object_set_new(*document, "attention", json_integer((json_int_t)census.attention));
    json_object_set_new(*document, "root", document_root_item(&list.root));
    json_object_set_new(*document, "database", json_pack("{s:s}", "kind", db_kind_name(service->db)));
    json_object_set_new(*document, "counts", counted);
    json_object_set_new(*document, "latest_run", run_count == 0 ? json_null() : document_run_item(&runs[0]));
    json_object_set_new(*document, "latest_scheduler_pass", pass);
    json_object_set_new(*document, "hosts", host_items(&list));
    return 0;
}

bool document_status_needs_attention(const json_t *status)
{
    const char *root = json_string_value(json_object_get(json_object_get(status, "root"), "state"));
    bool has_hosts = json_array_size(json_object_get(status, "hosts")) > 0;
    bool root_is_fine = root != NULL && strcmp(root, root_state_name(ROOT_OK)) == 0;
    bool root_is_unset = root != NULL && strcmp(root, root_state_name(ROOT_UNSET)) == 0;

    return json_integer_value(json_object_get(status, "attention")) > 0 ||
           (!root_is_fine && (has_hosts || !root_is_unset));
}
