/* Hosts and their snapshots. */
#include <string.h>

#include "service/document.h"
#include "service/document_overview.h"
#include "service/document_setup.h"
#include "service/document_status.h"
#include "service/service_config.h"
#include "service/service_queue.h"
#include "service/service_snapshot.h"
#include "web/input.h"
#include "web/page.h"
#include "web/strip.h"
#include "web/visit.h"

enum { SNAPSHOTS_SHOWN = 100 };

/* Whether name or address of the item holds the text. */
static bool holds(const json_t *item, const char *text)
{
    const char *host = json_string_value(json_object_get(item, "host"));
    const char *address = json_string_value(json_object_get(item, "address"));

    return strstr(host, text) != NULL || (address != NULL && strstr(address, text) != NULL);
}

/* ?q= keeps what has the text in its name or address. */
static void filter(struct visit *visit, json_t *items)
{
    const char *query = visit_text(visit, "q");

    for (size_t i = json_array_size(items); query != NULL && i > 0; i--)
        if (!holds(json_array_get(items, i - 1), query))
            json_array_remove(items, i - 1);
    visit->extra = json_pack("{s:s}", "query", query == NULL ? "" : query);
}

/* The strips of the hosts, which the API has at an address of its own. */
static int add_strips(struct visit *visit, json_t *hosts, struct err *err)
{
    json_t *strips;

    if (shared_document_take(visit->web->strips, visit->service, &strips, err) < 0)
        return -1;
    strip_add(hosts, strips);
    json_decref(strips);
    return 0;
}

/* Hosts of a document that belongs to others as well, to add something to. */
static json_t *own_hosts(const json_t *hosts)
{
    json_t *own = json_array();

    for (size_t i = 0; i < json_array_size(hosts); i++)
        json_array_append_new(own, json_copy(json_array_get(hosts, i)));
    return own;
}

int page_dashboard(struct visit *visit, json_t **document, struct err *err)
{
    json_t *urgent, *hosts, *running;
    const char *verdict;

    if (shared_document_take(visit->web->status, visit->service, document, err) < 0 ||
        document_runs(visit->service, NULL, "running", 0, 20, &running, err) < 0)
        return -1;
    hosts = own_hosts(json_object_get(*document, "hosts"));
    if (add_strips(visit, hosts, err) < 0) {
        json_decref(hosts);
        json_decref(running);
        return -1;
    }
    urgent = json_array();
    for (size_t i = 0; i < json_array_size(hosts); i++)
        if (json_is_true(json_object_get(json_array_get(hosts, i), "attention")))
            json_array_append(urgent, json_array_get(hosts, i));
    /* A tab in the background tells it too. */
    if (json_array_size(urgent) > 0)
        visit->title = arena_printf(visit->arena, "(%zu) Dashboard", json_array_size(urgent));
    verdict = document_status_needs_attention(*document) ? "failed" : "ok";
    if (json_array_size(hosts) == 0)
        verdict = "none";
    visit->extra = json_pack("{s:o, s:o, s:O, s:s, s:i}", "own_hosts", hosts, "urgent", urgent, "running",
                             json_object_get(running, "items"), "level", verdict, "urgent_count",
                             (int)json_array_size(urgent));
    json_decref(running);
    return 0;
}

int page_hosts(struct visit *visit, json_t **document, struct err *err)
{
    if (document_hosts(visit->service, document, err) < 0)
        return -1;
    filter(visit, json_object_get(*document, "items"));
    return visit->api ? 0 : add_strips(visit, json_object_get(*document, "items"), err);
}

int page_host(struct visit *visit, json_t **document, struct err *err)
{
    return document_host_overview(visit->service, visit_param(visit, "host"), document, err);
}

/* What a new host may say of itself right away; empty is inherited. */
static const char *const new_host_fields[] = {"address", "ssh_port", "ssh_user"};
enum { NEW_HOST_FIELDS = sizeof new_host_fields / sizeof new_host_fields[0] };

int page_host_new(struct visit *visit, json_t **document, struct err *err)
{
    const char *name = visit_input(visit, "name");

    if (document_setup_root(visit->service, document, err) < 0)
        return -1;
    visit->extra = json_pack("{s:s}", "name", name == NULL ? "" : name);
    for (size_t i = 0; i < NEW_HOST_FIELDS; i++) {
        const char *text = visit_input(visit, new_host_fields[i]);

        json_object_set_new(visit->extra, new_host_fields[i], json_string(text == NULL ? "" : text));
    }
    return 0;
}

static int require_new(struct visit *visit, const char *name, struct err *err)
{
    struct err missing;
    json_t *there;

    if (document_host(visit->service, name, &there, &missing) == 0) {
        json_decref(there);
        return err_set(err, ERR_EXISTS, "host \"%s\" exists already", name);
    }
    if (missing.code == ERR_NOT_FOUND)
        return 0;
    *err = missing;
    return -1;
}

/* A new host, never one that is there already: the page of that changes it. In a browser its setup begins, with the key
 * that is being made meanwhile. */
int page_host_new_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *name = visit_input(visit, "name");
    struct queue_wish key = {.job = JOB_KEY, .host = name};
    struct config_change changes[NEW_HOST_FIELDS];
    size_t count = 0;

    for (size_t i = 0; i < NEW_HOST_FIELDS; i++)
        if (visit_text(visit, new_host_fields[i]) != NULL)
            changes[count++] = (struct config_change){config_field(new_host_fields[i]),
                                                      visit_text(visit, new_host_fields[i])};
    if (require_new(visit, name, err) < 0 ||
        service_host_configure(visit->service, name, changes, count, document, err) < 0)
        return -1;
    if (!visit->api) {
        json_decref(*document);
        *document = NULL;
        if (page_enqueue(visit, &key, document, err) < 0)
            return -1;
    }
    visit->status = visit->api ? 201 : 0;
    visit_go(visit, "/hosts/%s%s", name, visit->api ? "" : "/setup/key?notice=created");
    return 0;
}

int page_backup_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *manual = visit_text(visit, "manual");
    struct queue_wish wish = {.job = JOB_BACKUP, .host = visit_param(visit, "host"), .kind = "scheduled"};

    if (manual != NULL && strcmp(manual, "yes") == 0)
        wish.kind = "manual";
    return page_enqueue(visit, &wish, document, err);
}

int page_dry_run_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_DRY_RUN, .host = visit_param(visit, "host"), .kind = "scheduled"};

    return page_enqueue(visit, &wish, document, err);
}

int page_test_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_TEST, .host = visit_param(visit, "host")};

    return page_enqueue(visit, &wish, document, err);
}

int page_snapshots(struct visit *visit, json_t **document, struct err *err)
{
    const char *kind = visit_text(visit, "kind");

    visit->extra = json_pack("{s:s}", "kind_query", kind == NULL ? "" : kind);
    return document_snapshot_page(visit->service, visit_param(visit, "host"), kind,
                                  visit_text(visit, "before"), SNAPSHOTS_SHOWN, document, err);
}

int page_kind_check(const char *value, struct err *err)
{
    if (snapshot_kind_parse(value) != KIND__MAX)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no kind, expected scheduled, manual or incomplete", value);
}

int page_snapshot(struct visit *visit, json_t **document, struct err *err)
{
    return document_snapshot(visit->service, visit_param(visit, "host"), visit_param(visit, "snapshot"),
                             document, err);
}

static void go_to_snapshot(struct visit *visit, const char *notice)
{
    visit_go(visit, "/hosts/%s/snapshots/%s%s", visit_param(visit, "host"),
             url_encode(visit->arena, visit_param(visit, "snapshot"), false), visit->api ? "" : notice);
}

int page_release_post(struct visit *visit, json_t **document, struct err *err)
{
    go_to_snapshot(visit, "?notice=released");
    return service_snapshot_release(visit->service, visit_param(visit, "host"),
                                    visit_param(visit, "snapshot"), visit_input(visit, "reason"), document,
                                    err);
}

int page_pin_post(struct visit *visit, json_t **document, struct err *err)
{
    go_to_snapshot(visit, "?notice=pinned");
    return service_snapshot_pin(visit->service, visit_param(visit, "host"), visit_param(visit, "snapshot"),
                                visit_input(visit, "reason"), document, err);
}

int page_unpin_post(struct visit *visit, json_t **document, struct err *err)
{
    go_to_snapshot(visit, "?notice=unpinned");
    return service_snapshot_unpin(visit->service, visit_param(visit, "host"), visit_param(visit, "snapshot"),
                                  document, err);
}
