/* Plans of the retention as documents. */
#include "service/document.h"

#include <string.h>

#include "plan/retention.h"

static json_t *policy_json(const struct config *policy)
{
    json_t *object = json_object();

    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        const void *value = field_value(field, policy);

        if (config_field_keeps(field))
            json_object_set_new(object, field->name, json_integer(*(const int64_t *)value));
        else if (strcmp(field->name, "protect_bases") == 0)
            json_object_set_new(object, field->name, json_boolean(*(const bool *)value));
    }
    return object;
}

static json_t *items_json(const struct retention_items *items)
{
    json_t *array = json_array();

    for (size_t i = 0; i < items->count; i++) {
        const struct snapshot *snapshot = items->items[i].snapshot;
        const struct list *reasons = &items->items[i].reasons;
        json_t *item = json_object(), *words = json_array();

        for (size_t j = 0; j < reasons->count; j++)
            json_array_append_new(words, document_text(reasons->items[j]));
        json_object_set_new(item, "name", document_text(snapshot->name));
        json_object_set_new(item, "reasons", words);
        json_object_set_new(item, "status", document_text(snapshot_status_name(snapshot->status)));
        json_object_set_new(item, "started_at", document_time(snapshot->started_at));
        json_object_set_new(item, "bytes", document_count(snapshot->bytes));
        json_object_set_new(item, "new_bytes", document_count(snapshot->new_bytes));
        json_array_append_new(array, item);
    }
    return array;
}

json_t *document_retention(const char *host, enum snapshot_kind kind, const struct config *policy,
                           const struct retention *plan)
{
    json_t *document = json_object();

    json_object_set_new(document, "host", document_text(host));
    json_object_set_new(document, "kind", json_string(snapshot_kind_name(kind)));
    json_object_set_new(document, "policy", policy_json(policy));
    json_object_set_new(document, "plan_id", json_string(plan->plan_id));
    json_object_set_new(document, "keep", items_json(&plan->keep));
    json_object_set_new(document, "delete", items_json(&plan->delete));
    json_object_set_new(document, "incomplete", items_json(&plan->incomplete));
    if (plan->refusal != NULL)
        json_object_set_new(document, "refusal", document_text(plan->refusal));
    return document;
}
