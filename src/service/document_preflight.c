/* Preflights as documents. */
#include "service/document_preflight.h"

#include <string.h>

#include "plan/host_likeness.h"
#include "service/document.h"
#include "service/reader_document.h"
#include "service/root_doubt.h"
#include "store/store_host.h"

enum { ENTRIES_SHOWN = 100 };

static json_t *counts_item(const struct discovery_counts *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "scheduled", (json_int_t)counts->scheduled,
                     "manual", (json_int_t)counts->manual, "incomplete", (json_int_t)counts->incomplete,
                     "found", (json_int_t)counts->found, "new", (json_int_t)counts->new, "recorded",
                     (json_int_t)counts->recorded, "unreadable", (json_int_t)counts->unreadable, "ignored",
                     (json_int_t)counts->ignored);
}

static json_t *entries_item(struct arena *arena, const struct discovery_look *look,
                            enum discovery_class class)
{
    json_t *items = json_array();

    for (size_t i = 0; i < look->count && json_array_size(items) < ENTRIES_SHOWN; i++) {
        const struct discovery_entry *entry = &look->entries[i];
        json_t *item;

        if (entry->class != class)
            continue;
        item = json_object();
        json_object_set_new(
            item, "path",
            document_text(
                entry->kind == KIND__MAX
                    ? entry->name
                    : arena_printf(arena, "%s/%s", snapshot_kind_directory(entry->kind), entry->name)));
        json_object_set_new(item, "problem", document_text(entry->problem));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *missing_item(const struct discovery_rows *missing)
{
    json_t *items = json_array();

    for (size_t i = 0; i < missing->count && i < ENTRIES_SHOWN; i++) {
        json_t *item = json_object();

        json_object_set_new(item, "name", document_text(missing->items[i]->name));
        json_object_set_new(item, "since", document_time(missing->items[i]->missing_since));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *item_of(const char *host, const char *root, const char *host_root,
                       const struct preflight *preflight, const struct discovery_counts *counts)
{
    json_t *item = json_object();

    json_object_set_new(item, "host", document_text(host));
    json_object_set_new(item, "state", json_string(preflight_state_name(preflight->state)));
    json_object_set_new(item, "level", json_string(preflight_level_name(preflight->level)));
    json_object_set_new(item, "backup_root", document_text(root));
    json_object_set_new(item, "host_root", document_text(host_root));
    json_object_set_new(item, "counts", counts_item(counts));
    json_object_set_new(item, "found", document_text(preflight->found));
    json_object_set_new(item, "expected", document_text(preflight->expected));
    json_object_set_new(item, "hint", document_text(preflight->hint));
    return item;
}

static json_int_t count_claimed(const struct survey_host *found)
{
    json_int_t count = 0;

    for (size_t i = 0; i < found->row_count; i++)
        count += found->rows[i].status == SNAPSHOT_CLAIMED && found->rows[i].missing_since == 0;
    return count;
}

json_t *document_preflight_item(struct survey *survey, const struct survey_host *found)
{
    struct arena *arena = survey->service->arena;
    bool looked = survey->root_fd >= 0;
    json_t *item =
        item_of(found->host->name, survey->path, found->path, &found->preflight, &found->discovery.counts);

    json_object_set_new(item, "new", entries_item(arena, &found->look, DISCOVERY_NEW));
    json_object_set_new(item, "unreadable", entries_item(arena, &found->look, DISCOVERY_UNREADABLE));
    json_object_set_new(item, "incomplete", entries_item(arena, &found->look, DISCOVERY_INCOMPLETE));
    json_object_set_new(item, "ignored", entries_item(arena, &found->look, DISCOVERY_IGNORED));
    /* Where nothing could be looked at, nothing is known to be missing. */
    json_object_set_new(item, "missing",
                        looked && preflight_allows(found->preflight.state, WORK_MARK_MISSING)
                            ? missing_item(&found->discovery.missing)
                            : json_array());
    json_object_set_new(item, "claimed", json_integer(count_claimed(found)));
    json_object_set_new(item, "may_import",
                        json_boolean(preflight_allows(found->preflight.state, WORK_IMPORT)));
    return item;
}

json_t *document_preflight_root(struct survey *survey)
{
    const struct root_report *report = &survey->report;
    const struct discovery_counts none = {0};
    struct preflight preflight = {preflight_root_state(report->state), PREFLIGHT_FAIL, report->found,
                                  report->expected, report->hint};
    json_t *item;

    if (report->state == ROOT_OK)
        preflight = (struct preflight){PREFLIGHT_HOST_MISSING, PREFLIGHT_WARN,
                                       arena_printf(survey->service->arena,
                                                    "%s; no host is configured, so nothing was looked for",
                                                    report->found),
                                       "a host", "pobsync configure-host HOST --address ADDR"};
    item = item_of(NULL, survey->path, NULL, &preflight, &none);
    json_object_set_new(item, "claimed", json_integer(0));
    json_object_set_new(item, "may_import", json_false());
    return item;
}

json_t *document_preflight_unknown(struct survey *survey, const struct host *hosts, size_t count)
{
    struct arena *arena = survey->service->arena;
    json_t *items = json_array();
    struct list names = {0};
    size_t next = 0;

    for (size_t i = 0; i < count; i++)
        list_add(arena, &names, hosts[i].name);
    /* Both are in byte order. */
    for (size_t i = 0; i < survey->directories.count; i++) {
        const char *directory = survey->directories.items[i];
        struct list similar;
        json_t *item;

        while (next < count && strcmp(names.items[next], directory) < 0)
            next++;
        if (next < count && strcmp(names.items[next], directory) == 0)
            continue;
        similar = host_likenesses(arena, directory, &names, 1);
        item = json_object();
        json_object_set_new(item, "directory", document_text(directory));
        json_object_set_new(item, "similar", document_text(similar.count == 0 ? NULL : similar.items[0]));
        json_array_append_new(items, item);
    }
    return items;
}

int document_preflight_hosts(struct service *service, const char *name, struct host **hosts, size_t *count,
                             struct err *err)
{
    if (name == NULL)
        return store_host_list(service->arena, service->db, hosts, count, err);
    *hosts = arena_alloc(service->arena, sizeof **hosts);
    *count = 1;
    return store_host_load(service->arena, service->db, name, *hosts, err);
}

int document_preflight(struct service *service, const char *host, json_t **document, struct err *err)
{
    SURVEY_SCOPED survey = SURVEY_CLOSED;
    struct survey_host found;
    struct host *hosts;
    const char *doubt;
    size_t count;
    json_t *items;

    if (service->asks_reader)
        return reader_document(service, READER_PREFLIGHT, host, document, err);
    if (document_preflight_hosts(service, host, &hosts, &count, err) < 0 ||
        survey_open(service, false, &survey, err) < 0 ||
        root_doubt_load(&survey, hosts, count, &doubt, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        if (survey_host(&survey, &hosts[i], &found, err) < 0) {
            json_decref(items);
            return -1;
        }
        json_array_append_new(items, document_preflight_item(&survey, &found));
    }
    if (count == 0)
        json_array_append_new(items, document_preflight_root(&survey));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    json_object_set_new(*document, "unknown",
                        host != NULL ? json_null() : document_preflight_unknown(&survey, hosts, count));
    json_object_set_new(*document, "doubt", document_text(doubt));
    json_object_set_new(*document, "as_of", document_time(service->now));
    return 0;
}
