/* Who did what. */
#include "service/document_audit.h"

#include "service/document.h"
#include "store/store_audit.h"
#include "store/store_host.h"

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

static void add_change(json_t *changes, const char *field, const json_t *before, const json_t *after)
{
    if (json_equal(before, after))
        return;
    json_array_append_new(changes,
                          json_pack("{s:s, s:O?, s:O?}", "field", field, "before", before, "after", after));
}

json_t *document_audit_changes(const json_t *event)
{
    const char *before_text = json_string_value(json_object_get(event, "before"));
    const char *after_text = json_string_value(json_object_get(event, "after"));
    json_t *before = before_text == NULL ? NULL : json_loads(before_text, 0, NULL);
    json_t *after = after_text == NULL ? NULL : json_loads(after_text, 0, NULL);
    json_t *changes = json_array(), *value;
    const char *field;

    /* What is no object has no members. */
    json_object_foreach(after, field, value)
    {
        add_change(changes, field, json_object_get(before, field), value);
    }
    json_object_foreach(before, field, value)
    {
        if (json_object_get(after, field) == NULL)
            add_change(changes, field, value, NULL);
    }
    json_decref(before);
    json_decref(after);
    return changes;
}

/* The part of a list that was asked for; one more was read, so that it is known whether there are older ones. */
static json_t *list_of(const struct audit *audits, size_t count, size_t limit)
{
    json_t *document = json_object(), *items = json_array();

    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, audit_item(&audits[i]));
    json_object_set_new(document, "items", items);
    if (count > limit)
        json_object_set_new(document, "next", json_integer(audits[limit - 1].id));
    return document;
}

int document_audit(struct service *service, const struct audit_filter *filter, json_t **document,
                   struct err *err)
{
    struct audit *audits;
    size_t count;

    if (store_audit_find(service->arena, service->db, filter->actor, filter->object, filter->before,
                         filter->limit + 1, &audits, &count, err) < 0)
        return -1;
    *document = list_of(audits, count, (size_t)filter->limit);
    return 0;
}

int document_host_history(struct service *service, const char *host, int64_t before, int limit,
                          json_t **document, struct err *err)
{
    struct host known;
    struct audit *audits;
    size_t count;
    json_t *items;

    if (store_host_load(service->arena, service->db, host, &known, err) < 0 ||
        store_audit_of_host(service->arena, service->db, host, before, (int64_t)limit + 1, &audits, &count,
                            err) < 0)
        return -1;
    *document = list_of(audits, count, (size_t)limit);
    items = json_object_get(*document, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        json_object_set_new(json_array_get(items, i), "changes",
                            document_audit_changes(json_array_get(items, i)));
    json_object_set_new(*document, "host", document_text(known.name));
    return 0;
}
