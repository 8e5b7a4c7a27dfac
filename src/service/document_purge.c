/* What was deleted, and why, as a document. */
#include "service/document_purge.h"

#include "service/document.h"
#include "store/store_host.h"

json_t *document_purge_item(const struct purge *purge)
{
    json_t *line = json_object();

    json_object_set_new(line, "id", json_integer(purge->id));
    json_object_set_new(line, "at", document_time(purge->at));
    json_object_set_new(line, "actor", document_text(purge->actor));
    json_object_set_new(line, "origin", document_text(purge->origin));
    json_object_set_new(line, "host", document_text(purge->host));
    json_object_set_new(line, "snapshot", document_text(purge->snapshot));
    json_object_set_new(line, "kind", json_string(snapshot_kind_name(purge->kind)));
    json_object_set_new(line, "status", document_text(purge->status));
    json_object_set_new(line, "started_at", document_time(purge->snapshot_started_at));
    json_object_set_new(line, "files", document_count(purge->files));
    json_object_set_new(line, "bytes", document_count(purge->bytes));
    json_object_set_new(line, "new_bytes", document_count(purge->new_bytes));
    json_object_set_new(line, "reason", document_text(purge->reason));
    json_object_set_new(line, "plan", document_text(purge->plan));
    json_object_set_new(line, "run", purge->run_id == 0 ? json_null() : json_integer(purge->run_id));
    json_object_set_new(line, "removed_at", document_time(purge->removed_at));
    json_object_set_new(line, "removed_entries", document_count(purge->removed_entries));
    json_object_set_new(line, "freed_bytes", document_count(purge->freed_bytes));
    return line;
}

int document_purges(struct service *service, const char *host, int64_t before, int limit, json_t **document,
                    struct err *err)
{
    struct host only = {0};
    struct purge *purges;
    size_t count;
    json_t *items;

    if ((host != NULL && store_host_load(service->arena, service->db, host, &only, err) < 0) ||
        store_purge_list(service->arena, service->db, only.id, before, (int64_t)limit + 1, &purges, &count,
                         err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count && i < (size_t)limit; i++)
        json_array_append_new(items, document_purge_item(&purges[i]));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    if (count > (size_t)limit)
        json_object_set_new(*document, "next", json_integer(purges[limit - 1].id));
    return 0;
}
