/* Discovery of one host or all. */
#include "service/service_discover.h"

#include "db/transaction.h"
#include "service/discover_confirm.h"
#include "service/discover_import.h"
#include "service/document.h"
#include "service/document_preflight.h"
#include "service/root_doubt.h"
#include "service/service_root.h"
#include "store/store_audit.h"

static json_t *texts(const struct list *list)
{
    json_t *items = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(items, document_text(list->items[i]));
    return items;
}

/* One host: adds its item. `failed` tells that something kept it from being looked at to the end. */
static int discover_host(struct survey *survey, const struct discover_request *request,
                         const struct host *host, json_t *items, int64_t *changed, bool *failed,
                         struct err *err)
{
    struct survey_host found;
    struct discover_import import = {.run = request->run};
    struct discover_confirm confirm = {0};
    json_t *item;

    if (survey_host(survey, host, &found, err) < 0)
        return -1;
    item = document_preflight_item(survey, &found);
    json_array_append_new(items, item);
    *failed = *failed || found.preflight.level == PREFLIGHT_FAIL;
    if (discover_import(survey, &found, &import, err) < 0 ||
        (request->confirm && preflight_allows(found.preflight.state, WORK_IMPORT) &&
         discover_confirm(survey, host, &confirm, err) < 0))
        return err_in(err, "\"%s\"", host->name);
    json_object_set_new(item, "imported", texts(&import.imported));
    json_object_set_new(item, "lost", texts(&import.lost));
    json_object_set_new(item, "back", texts(&import.back));
    json_object_set_new(item, "notes", texts(&import.notes));
    json_object_set_new(item, "confirmed", texts(&confirm.confirmed));
    json_object_set_new(item, "refused", texts(&confirm.refused));
    json_object_set_new(item, "run", import.run == 0 ? json_null() : json_integer(import.run));
    *changed +=
        (int64_t)(import.imported.count + import.lost.count + import.back.count + confirm.confirmed.count);
    return 0;
}

/* The person has seen all hosts: rows and disk belong together from now on. */
static int settle(struct service *service, const struct root *root, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "root.confirm",
                        root->path, root->doubt, NULL, err) < 0 ||
        root_doubt_settle(service, root, err) < 0)
        return -1;
    return transaction_commit(&transaction, err);
}

static int discover(struct survey *survey, const struct discover_request *request, const struct host *hosts,
                    size_t count, json_t *document, struct err *err)
{
    struct service *service = survey->service;
    json_t *items = json_array();
    int64_t changed = 0;
    struct root root;
    bool failed = survey->root_fd < 0, known = false;

    json_object_set_new(document, "items", items);
    for (size_t i = 0; i < count; i++)
        if (discover_host(survey, request, &hosts[i], items, &changed, &failed, err) < 0)
            return -1;
    if (count == 0)
        json_array_append_new(items, document_preflight_root(survey));
    if (service_root_load(service, &root, &known, err) < 0)
        return -1;
    if (known && request->confirm && request->host == NULL && !failed) {
        if (settle(service, &root, err) < 0)
            return -1;
        root.doubt = NULL;
    }
    json_object_set_new(document, "unknown",
                        request->host != NULL ? json_null()
                                              : document_preflight_unknown(survey, hosts, count));
    json_object_set_new(document, "doubt", document_text(known ? root.doubt : NULL));
    json_object_set_new(document, "changed", json_integer(changed));
    json_object_set_new(document, "as_of", document_time(service->now));
    return 0;
}

int service_discover(struct service *service, const struct discover_request *request, json_t **document,
                     struct err *err)
{
    SURVEY_SCOPED survey = SURVEY_CLOSED;
    struct host *hosts;
    size_t count;

    if (document_preflight_hosts(service, request->host, &hosts, &count, err) < 0 ||
        survey_open(service, true, &survey, err) < 0)
        return -1;
    *document = json_object();
    if (discover(&survey, request, hosts, count, *document, err) == 0)
        return 0;
    json_decref(*document);
    *document = NULL;
    return -1;
}
