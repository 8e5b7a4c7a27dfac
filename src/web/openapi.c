/* The description of the API (OpenAPI 3.1), made from what the router enforces: the route table and the field tables. What
 * answers look like says web/static/answers.json, which tests hold against real ones. */
#include <assert.h>
#include <string.h>

#include "model/config.h"
#include "web/asset.h"
#include "web/page.h"
#include "web/visit.h"

static const struct asset *find_asset(const char *name)
{
    for (size_t i = 0; i < web_asset_count; i++)
        if (strcmp(web_assets[i].name, name) == 0)
            return &web_assets[i];
    return NULL;
}

/* {"schemas":{…},"answers":{"GET /hosts": schema…}} */
static json_t *load_answers(void)
{
    const struct asset *asset = find_asset("answers.json");
    json_t *answers;

    assert(asset != NULL);
    answers = json_loadb(asset->data, asset->size, JSON_REJECT_DUPLICATES, NULL);
    assert(answers != NULL);
    return answers;
}

static bool is_described(const struct route *route)
{
    return (route->faces & (FACE_API | FACE_INDEX)) != 0 ||
           (route->method == HTTP_GET && route->template == NULL && route->faces == FACE_PAGE);
}

/* "/api/v1/hosts/{host}" */
static const char *described_path(struct arena *arena, const struct route *route)
{
    BUF_SCOPED path = BUF_EMPTY;
    bool open = false;

    buf_add_text(&path, (route->faces & FACE_API) != 0 ? "/api/v1" : "");
    for (const char *c = route->path; *c != '\0'; c++) {
        if (open && *c == '/')
            buf_add_char(&path, '}');
        open = (open && *c != '/') || *c == ':';
        if (*c != '*') /* all the rest of the path: a name like others */
            buf_add_char(&path, *c == ':' ? '{' : *c);
    }
    if (open)
        buf_add_char(&path, '}');
    return arena_copy(arena, buf_text(&path), path.size);
}

/* "hosts": what the first part of a path is about. */
static const char *tag_of(struct arena *arena, const struct route *route)
{
    const char *part = route->path + 1;

    if ((route->faces & FACE_INDEX) != 0 || *part == '\0')
        return "api";
    return arena_copy(arena, part, strcspn(part, "/"));
}

/* "post_hosts_host_backup" */
static const char *operation_id(struct arena *arena, const struct route *route)
{
    char *id = arena_printf(arena, "%s%s", http_method_name(route->method), route->path);

    for (char *c = id; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        else if (strchr("/:.-", *c) != NULL)
            *c = '_';
    }
    return id;
}

/* --- what is sent -------------------------------------------------------------------------------------------- */

/* A value of a setting; in JSON null inherits it. */
static json_t *setting_schema(const struct field *field)
{
    json_t *schema = NULL;

    switch (field->type) {
    case FIELD_INT:
        schema = json_pack("{s:[s, s], s:I, s:I}", "type", "integer", "null", "minimum",
                           (json_int_t)field->min, "maximum", (json_int_t)field->max);
        break;
    case FIELD_BOOL:
        schema = json_pack("{s:[s, s]}", "type", "boolean", "null");
        break;
    case FIELD_LIST:
        schema = json_pack("{s:[s, s], s:{s:s}}", "type", "array", "null", "items", "type", "string");
        break;
    case FIELD_TEXT:
    case FIELD__MAX:
        schema = json_pack("{s:[s, s]}", "type", "string", "null");
        break;
    }
    json_object_set_new(schema, "description", json_string(field->help));
    return schema;
}

static json_t *field_schema(const struct route_field *field)
{
    if (field->check == page_yes_check)
        return json_pack("{s:s}", "type", "boolean");
    if (field->check == page_role_check)
        return json_pack("{s:s, s:[s, s, s, s]}", "type", "string", "enum", "viewer", "restorer", "operator",
                         "admin");
    if (field->check == page_kind_check)
        return json_pack("{s:s, s:[s, s, s]}", "type", "string", "enum", "scheduled", "manual", "incomplete");
    if (field->check == page_retention_kind_check)
        return json_pack("{s:s, s:[s, s, s]}", "type", "string", "enum", "scheduled", "manual", "all");
    return json_pack("{s:[s, s, s]}", "type", "string", "integer", "array");
}

static void add_path_parameters(struct arena *arena, const struct route *route, json_t *parameters)
{
    for (const char *c = strchr(route->path, ':'); c != NULL; c = strchr(c + 1, ':'))
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:{s:s}}", "name",
                                                    arena_copy(arena, c + 1, strcspn(c + 1, "/*")), "in",
                                                    "path", "required", true, "schema", "type", "string"));
}

static void add_query(const struct route *route, json_t *parameters)
{
    for (const struct route_field *field = route->fields; field != NULL && field->name != NULL; field++) {
        json_t *schema = field->check == NULL ? json_pack("{s:s}", "type", "string") : field_schema(field);

        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:o}", "name", field->name, "in",
                                                    "query", "required", field->required, "schema", schema));
    }
    for (size_t i = 0; i < config_field_count; i++)
        if ((config_fields[i].scope & route->settings) != 0)
            json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:o}", "name", config_fields[i].name,
                                                        "in", "query", "required", false, "schema",
                                                        setting_schema(&config_fields[i])));
    if (route->columns)
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:s, s:s, s:b, s:{s:s, s:{s:s}}}", "name", "column",
                                        "in", "query", "required", false, "description",
                                        "any column of the table, with the values it may have", "style",
                                        "form", "explode", true, "schema", "type", "object",
                                        "additionalProperties", "type", "string"));
}

static json_t *body_schema(const struct route *route)
{
    json_t *properties = json_object(), *required = json_array(), *schema;

    for (const struct route_field *field = route->fields; field != NULL && field->name != NULL; field++) {
        json_object_set_new(properties, field->name, field_schema(field));
        if (field->required)
            json_array_append_new(required, json_string(field->name));
    }
    for (size_t i = 0; i < config_field_count; i++)
        if ((config_fields[i].scope & route->settings) != 0)
            json_object_set_new(properties, config_fields[i].name, setting_schema(&config_fields[i]));
    schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties, "additionalProperties",
                       false);
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

static void add_body(const struct route *route, json_t *operation)
{
    json_t *schema = body_schema(route);
    bool needed = json_object_get(schema, "required") != NULL;

    if (json_object_size(json_object_get(schema, "properties")) > 0)
        json_object_set_new(operation, "requestBody",
                            json_pack("{s:b, s:{s:{s:O}, s:{s:O}}}", "required", needed, "content",
                                      "application/json", "schema", schema,
                                      "application/x-www-form-urlencoded", "schema", schema));
    json_decref(schema);
}

/* --- what is answered ---------------------------------------------------------------------------------------- */

static json_t *answer_schema(struct arena *arena, const struct route *route, const json_t *answers)
{
    json_t *schema =
        json_object_get(json_object_get(answers, "answers"),
                        arena_printf(arena, "%s %s", http_method_name(route->method), route->path));

    return schema != NULL ? json_incref(schema) : json_pack("{s:s}", "type", "object");
}

static json_t *responses(struct arena *arena, const struct route *route, const json_t *answers)
{
    bool is_text = (route->faces & (FACE_API | FACE_INDEX)) == 0;
    json_t *problem = json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", "what was wrong", "content",
                                "application/problem+json", "schema", "$ref", "#/components/schemas/Problem");
    json_t *good =
        is_text ? json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", "text", "content", "text/plain",
                            "schema", "type", "string")
                : json_pack("{s:s, s:{s:{s:o}}}", "description",
                            route->method == HTTP_GET ? "the document"
                                                      : "done; 201: made; 202: queued, Location is its run",
                            "content", "application/json", "schema", answer_schema(arena, route, answers));

    return json_pack("{s:o, s:o}", route->method == HTTP_GET ? "200" : "2XX", good, "default", problem);
}

static void add_header(json_t *parameters, const char *name, const char *description)
{
    json_array_append_new(parameters, json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", name, "in", "header",
                                                "description", description, "schema", "type", "string"));
}

static void add_headers(const struct route *route, json_t *parameters)
{
    if (route->tagged != NULL && route->method == HTTP_GET)
        add_header(parameters, "If-None-Match", "ETags that are known: 304 when one is the current one");
    if (route->tagged != NULL && route->method != HTTP_GET)
        add_header(parameters, "If-Match", "the ETag that was read: 412 when it is not the current one");
    if (route->method == HTTP_POST && !route->tells_secret)
        add_header(parameters, "Idempotency-Key",
                   "a text of the caller's, remembered for a day: sent again, it is answered again and "
                   "nothing is done twice");
}

static json_t *operation_of(struct arena *arena, const struct route *route, const json_t *answers)
{
    json_t *operation = json_object(), *parameters = json_array();
    const char *right = right_name(route->right);

    json_object_set_new(operation, "operationId", json_string(operation_id(arena, route)));
    json_object_set_new(operation, "tags", json_pack("[s]", tag_of(arena, route)));
    if (route->title != NULL)
        json_object_set_new(operation, "summary", json_string(route->title));
    json_object_set_new(operation, "description",
                        route->open
                            ? json_string("Needs no login.")
                            : json_sprintf("Needs the right %s: %s.", right, right_help(route->right)));
    json_object_set_new(operation, "x-right", route->open ? json_null() : json_string(right));
    add_path_parameters(arena, route, parameters);
    if (route->method == HTTP_GET)
        add_query(route, parameters);
    else
        add_body(route, operation);
    add_headers(route, parameters);
    json_object_set_new(operation, "parameters", parameters);
    if (route->open)
        json_object_set_new(operation, "security", json_array());
    json_object_set_new(operation, "responses", responses(arena, route, answers));
    return operation;
}

static json_t *paths_of(struct arena *arena, const json_t *answers)
{
    json_t *paths = json_object();

    for (const struct route *route = routes; route->path != NULL; route++) {
        const char *path = described_path(arena, route);
        char *method = arena_strdup(arena, http_method_name(route->method));
        json_t *item = json_object_get(paths, path);

        if (!is_described(route))
            continue;
        for (char *c = method; *c != '\0'; c++)
            *c = (char)(*c - 'A' + 'a');
        if (item == NULL)
            json_object_set_new(paths, path, item = json_object());
        json_object_set_new(item, method, operation_of(arena, route, answers));
    }
    return paths;
}

static json_t *openapi(struct arena *arena)
{
    json_t *answers = load_answers();
    json_t *info =
        json_pack("{s:s, s:s, s:s}", "title", "pobsync", "version", POBSYNC_VERSION, "description",
                  "Whatever a page shows or does. Times are RFC 3339 in UTC, bytes and seconds are "
                  "integers, null is \"not known\". Unknown members are to be ignored, lists of words are "
                  "open. A change by a session needs its token in X-CSRF-Token.");
    json_t *schemes = json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}}", "token", "type", "http",
                                "scheme", "bearer", "description", "a token that an admin made at /tokens",
                                "session", "type", "apiKey", "in", "cookie", "name", "pobsync", "description",
                                "the session of a browser; __Host-pobsync over TLS");
    json_t *document = json_pack("{s:s, s:o, s:[{s:s}], s:[{s:[]}, {s:[]}], s:o, s:{s:O, s:o}}", "openapi",
                                 "3.1.0", "info", info, "servers", "url", "/", "security", "token", "session",
                                 "paths", paths_of(arena, answers), "components", "schemas",
                                 json_object_get(answers, "schemas"), "securitySchemes", schemes);

    json_decref(answers);
    assert(document != NULL);
    return document;
}

int page_openapi(struct visit *visit, json_t **document, struct err *err)
{
    (void)err;
    *document = openapi(visit->arena);
    return 0;
}

/* --- for people ---------------------------------------------------------------------------------------------- */

/* "string", "integer or null", "viewer, operator" */
static json_t *type_words(const json_t *schema)
{
    const json_t *list = json_object_get(schema, "enum");
    BUF_SCOPED words = BUF_EMPTY;
    json_t *text;

    if (list == NULL)
        list = json_object_get(schema, "type");
    if (!json_is_array(list))
        return json_incref(json_object_get(schema, "type"));
    for (size_t i = 0; i < json_array_size(list); i++)
        buf_printf(&words, "%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(list, i)));
    text = json_string(buf_text(&words));
    return text;
}

static void add_parameter(json_t *items, const char *name, const char *where, bool required,
                          const json_t *schema)
{
    const char *help = json_string_value(json_object_get(schema, "description"));

    json_array_append_new(items,
                          json_pack("{s:s, s:s, s:b, s:o, s:s}", "name", name, "where", where, "required",
                                    required, "type", type_words(schema), "help", help == NULL ? "" : help));
}

/* What is sent, in one list. */
static json_t *parameter_items(const json_t *operation)
{
    const json_t *parameters = json_object_get(operation, "parameters"), *schema;
    json_t *items = json_array(), *value;
    const char *name;

    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const json_t *one = json_array_get(parameters, i);

        add_parameter(items, json_string_value(json_object_get(one, "name")),
                      json_string_value(json_object_get(one, "in")),
                      json_is_true(json_object_get(one, "required")), json_object_get(one, "schema"));
    }
    schema =
        json_object_get(json_object_get(json_object_get(json_object_get(operation, "requestBody"), "content"),
                                        "application/json"),
                        "schema");
    json_object_foreach(json_object_get(schema, "properties"), name, value)
    {
        const json_t *required = json_object_get(schema, "required");
        bool needed = false;

        for (size_t i = 0; i < json_array_size(required); i++)
            needed = needed || strcmp(json_string_value(json_array_get(required, i)), name) == 0;
        add_parameter(items, name, "body", needed, value);
    }
    return items;
}

static json_t *operation_items(struct arena *arena, const json_t *description)
{
    json_t *paths = json_object_get(description, "paths"), *items = json_array(), *item, *operation;
    const char *path, *method;

    json_object_foreach(paths, path, item)
    {
        json_object_foreach(item, method, operation)
        {
            char *upper = arena_strdup(arena, method);

            for (char *c = upper; *c != '\0'; c++)
                *c = (char)(*c - 'a' + 'A');
            json_array_append_new(items, json_pack("{s:s, s:s, s:O, s:O, s:o}", "method", upper, "path", path,
                                                   "id", json_object_get(operation, "operationId"), "needs",
                                                   json_object_get(operation, "description"), "parameters",
                                                   parameter_items(operation)));
        }
    }
    return items;
}

int page_api_docs(struct visit *visit, json_t **document, struct err *err)
{
    json_t *description = openapi(visit->arena);

    *document = json_pack("{s:o}", "operations", operation_items(visit->arena, description));
    json_decref(description);
    visit->api = false;
    return visit_show(visit, visit->route, *document, err);
}
