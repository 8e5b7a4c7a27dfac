/* The index of the API, and the audit. */
#include "base/parse.h"
#include "model/config.h"
#include "service/document_audit.h"
#include "web/page.h"
#include "web/visit.h"

enum { LIMIT = 100 };

static json_t *faces_of(const struct route *route)
{
    json_t *faces = json_array();

    if ((route->faces & FACE_PAGE) != 0)
        json_array_append_new(faces, json_string("page"));
    if ((route->faces & FACE_API) != 0)
        json_array_append_new(faces, json_string("api"));
    return faces;
}

static json_t *fields_of(const struct route *route)
{
    json_t *fields = json_array();

    for (const struct route_field *field = route->fields; field != NULL && field->name != NULL; field++)
        json_array_append_new(fields,
                              json_pack("{s:s, s:b}", "name", field->name, "required", field->required));
    for (size_t i = 0; i < config_field_count; i++)
        if ((config_fields[i].scope & route->settings) != 0)
            json_array_append_new(fields,
                                  json_pack("{s:s, s:b}", "name", config_fields[i].name, "required", false));
    return fields;
}

json_t *route_document(void)
{
    json_t *items = json_array();

    for (const struct route *route = routes; route->path != NULL; route++) {
        json_t *item = json_object();

        json_object_set_new(item, "method", json_string(http_method_name(route->method)));
        json_object_set_new(item, "path", json_string(route->path));
        json_object_set_new(item, "faces", faces_of(route));
        json_object_set_new(item, "right", route->open ? json_null() : json_string(right_name(route->right)));
        json_object_set_new(item, "asks_password", json_boolean(route->is_grave != NULL));
        json_object_set_new(item, "fields", fields_of(route));
        json_array_append_new(items, item);
    }
    return items;
}

int page_api_index(struct visit *visit, json_t **document, struct err *err)
{
    (void)visit;
    (void)err;
    *document = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", "pobsync", "version", POBSYNC_VERSION,
                          "status", "/api/status/", "api", "/api/v1", "routes", route_document());
    return 0;
}

int page_audit(struct visit *visit, json_t **document, struct err *err)
{
    struct audit_filter filter = {
        .actor = visit_text(visit, "actor"), .object = visit_text(visit, "object"), .limit = LIMIT};

    if (visit_text(visit, "before") != NULL &&
        parse_int(visit_text(visit, "before"), 1, INT64_MAX, &filter.before, err) < 0)
        return -1;
    visit->extra = json_pack("{s:s, s:s}", "actor_query", filter.actor == NULL ? "" : filter.actor,
                             "object_query", filter.object == NULL ? "" : filter.object);
    if (document_audit(visit->service, &filter, document, err) < 0)
        return -1;
    /* A template names what is always there. */
    json_object_set_new(visit->extra, "older",
                        json_object_get(*document, "next") == NULL
                            ? json_null()
                            : json_incref(json_object_get(*document, "next")));
    return 0;
}

int page_history(struct visit *visit, json_t **document, struct err *err)
{
    int64_t before = 0;
    json_t *next;

    if (visit_text(visit, "before") != NULL &&
        parse_int(visit_text(visit, "before"), 1, INT64_MAX, &before, err) < 0)
        return err_in(err, "before");
    if (document_host_history(visit->service, visit_param(visit, "host"), before, LIMIT, document, err) < 0)
        return -1;
    next = json_object_get(*document, "next");
    visit->extra = json_pack("{s:o, s:b}", "older", next == NULL ? json_null() : json_incref(next),
                             "is_first", before == 0);
    return 0;
}
