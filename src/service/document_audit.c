/* Who did what. */
#include "service/document_audit.h"

#include "service/document.h"
#include "store/store_audit.h"

static json_t *audit_item(const struct audit *audit)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", json_integer(audit->id));
    json_object_set_new(item, "at", document_time(audit->at));
    json_object_set_new(item, "actor", document_text(audit->actor));
    json_object_set_new(item, "origin", document_text(audit->origin));
    json_object_set_new(item, "action", document_text(audit->action));
    json_object_set_new(item, "object", document_text(audit->object));
    json_object_set_new(item, "before", document_text(audit->before));
    json_object_set_new(item, "after", document_text(audit->after));
    return item;
}

int document_audit(struct service *service, const struct audit_filter *filter, json_t **document,
                   struct err *err)
{
    struct audit *audits;
    size_t count, limit = (size_t)filter->limit;
    json_t *items;

    if (store_audit_find(service->arena, service->db, filter->actor, filter->object, filter->before,
                         filter->limit + 1, &audits, &count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, audit_item(&audits[i]));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    if (count > limit)
        json_object_set_new(*document, "next", json_integer(audits[limit - 1].id));
    return 0;
}
