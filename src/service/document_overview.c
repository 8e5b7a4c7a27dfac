/* The page of a host, and the lists that it leads to. */
#include "service/document_overview.h"

#include <string.h>

#include "base/text.h"
#include "service/document.h"
#include "service/document_preflight.h"
#include "service/document_schedule.h"
#include "service/document_status.h"
#include "service/host_health.h"
#include "service/reader_document.h"

enum { NEWEST = 10 };

static const char *text_of(const json_t *item, const char *key)
{
    const char *text = json_string_value(json_object_get(item, key));

    return text == NULL ? "" : text;
}

/* The newest snapshots, how many there are, and since when one can go back. */
static int add_snapshots(struct service *service, const char *name, json_t *document, struct err *err)
{
    json_t *all, *items, *newest = json_array(), *oldest = json_null();
    json_int_t finished = 0;

    json_object_set_new(document, "newest", newest);
    if (document_snapshots(service, name, &all, err) < 0)
        return -1;
    items = json_object_get(all, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);

        if (i < NEWEST)
            json_array_append(newest, item);
        finished += strcmp(text_of(item, "kind"), "incomplete") != 0;
        if (json_is_true(json_object_get(item, "good")))
            oldest = json_object_get(item, "started_at");
    }
    json_object_set_new(document, "snapshots", json_integer(finished));
    json_object_set(document, "oldest_at", oldest);
    json_decref(all);
    return 0;
}

static int add_last_run(struct service *service, const struct run *run, json_t *document, struct err *err)
{
    json_t *item = json_null();

    if (run != NULL && document_run(service, run->id, &item, err) < 0)
        return -1;
    json_object_set_new(document, "last_run", item);
    return 0;
}

static int add_preflight(struct service *service, const char *name, json_t *document, struct err *err)
{
    json_t *preflight;

    if (document_preflight(service, name, &preflight, err) < 0)
        return -1;
    json_object_set(document, "preflight", json_array_get(json_object_get(preflight, "items"), 0));
    json_decref(preflight);
    return 0;
}

static int add_parts(struct service *service, const char *name, json_t *document, struct err *err)
{
    struct host_health_list list;
    json_t *schedule;

    if (host_health_load(service, name, &list, err) < 0 ||
        document_schedule(service, name, &schedule, err) < 0)
        return -1;
    json_object_set_new(document, "schedule", schedule);
    json_object_set_new(document, "status", document_health_item(&list.hosts[0]));
    json_object_set_new(document, "last_good", document_last_good(list.hosts[0].last_good));
    if (add_preflight(service, name, document, err) < 0 ||
        add_last_run(service, list.hosts[0].last_run, document, err) < 0)
        return -1;
    return add_snapshots(service, name, document, err);
}

int document_host_overview(struct service *service, const char *name, json_t **document, struct err *err)
{
    if (service->asks_reader)
        return reader_document(service, READER_OVERVIEW, name, document, err);
    if (document_host(service, name, document, err) < 0)
        return -1;
    if (add_parts(service, name, *document, err) == 0)
        return 0;
    json_decref(*document);
    *document = NULL;
    return -1;
}

int document_snapshot_page(struct service *service, const char *host, const char *kind, const char *before,
                           size_t limit, json_t **document, struct err *err)
{
    json_t *all, *items, *shown = json_array(), *next = json_null();
    bool reached = before == NULL;
    json_int_t total = 0;

    if (document_snapshots(service, host, &all, err) < 0) {
        json_decref(shown);
        return -1;
    }
    items = json_object_get(all, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);

        if (kind != NULL && strcmp(text_of(item, "kind"), kind) != 0)
            continue;
        total++;
        if (reached && json_array_size(shown) < limit)
            json_array_append(shown, item);
        else if (reached && json_is_null(next))
            next = json_object_get(json_array_get(shown, limit - 1), "name");
        reached = reached || strcmp(text_of(item, "name"), before) == 0;
    }
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, "total", json_integer(total));
    json_object_set(*document, "next", next);
    json_object_set_new(*document, "items", shown);
    json_decref(all);
    return 0;
}

int document_snapshot(struct service *service, const char *host, const char *name, json_t **document,
                      struct err *err)
{
    bool latest = strcmp(name, "latest") == 0;
    json_t *all, *items;

    if (document_snapshots(service, host, &all, err) < 0)
        return -1;
    items = json_object_get(all, "items");
    *document = NULL;
    for (size_t i = 0; i < json_array_size(items) && *document == NULL; i++) {
        json_t *item = json_array_get(items, i);

        if (latest ? json_is_true(json_object_get(item, "good")) : strcmp(text_of(item, "name"), name) == 0)
            *document = json_incref(item);
    }
    json_decref(all);
    if (*document != NULL)
        return 0;
    if (latest)
        return err_set(err, ERR_NOT_FOUND, "host \"%s\" has no good snapshot yet", host);
    err_set(err, ERR_NOT_FOUND, "host \"%s\" has no snapshot \"%s\"", host, name);
    return err_hint(err, "it may have been pruned: the list of its snapshots shows those that are there");
}
