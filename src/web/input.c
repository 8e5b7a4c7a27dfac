/* Fields of queries, forms and JSON bodies. */
#include "web/input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/config.h"

static bool has_type(const struct visit *visit, const char *type)
{
    const char *header = http_header(visit->request, "Content-Type");
    size_t length = strlen(type);

    return header != NULL && strncasecmp(header, type, length) == 0 &&
           (header[length] == '\0' || header[length] == ';' || header[length] == ' ');
}

/* A member of a JSON body as the text that a form would send. NULL: not a value that a form could send. */
static const char *member_text(struct arena *arena, const json_t *value)
{
    struct list lines = {0};

    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_value(value);
    case JSON_INTEGER:
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    case JSON_TRUE:
        return "yes";
    case JSON_FALSE:
        return "no";
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *item = json_string_value(json_array_get(value, i));

            if (item == NULL || strchr(item, '\n') != NULL)
                return NULL;
            list_add(arena, &lines, item);
        }
        return list_lines(arena, &lines);
    case JSON_OBJECT:
    case JSON_REAL:
    case JSON_NULL:
        break;
    }
    return NULL;
}

/* null is told by a field of its own: "inherit.NAME". */
static int read_json(struct visit *visit, struct url_pairs *sent, int *status, struct err *err)
{
    json_error_t error;
    json_t *body =
        json_loadb(visit->request->body, visit->request->body_size, JSON_REJECT_DUPLICATES, &error);
    json_t *value;
    const char *name;
    int result = 0;

    *status = 400;
    if (!json_is_object(body)) {
        json_decref(body);
        return err_set(err, ERR_USAGE, "the body is no JSON object: %s",
                       body == NULL ? error.text : "another value");
    }
    json_object_foreach(body, name, value)
    {
        const char *text = json_is_null(value) ? "" : member_text(visit->arena, value);

        if (text == NULL)
            result = err_set(err, ERR_USAGE, "\"%s\" is not a text, number, boolean or list of texts", name);
        else if (json_is_null(value))
            url_pairs_add(visit->arena, sent, arena_printf(visit->arena, "inherit.%s", name), "");
        else
            url_pairs_add(visit->arena, sent, arena_strdup(visit->arena, name),
                          arena_strdup(visit->arena, text));
    }
    json_decref(body);
    return result;
}

int input_read(struct visit *visit, struct url_pairs *sent, int *status, struct err *err)
{
    const struct http_request *request = visit->request;

    *status = 400;
    if (request->method == HTTP_GET) {
        *sent = request->query;
        return 0;
    }
    if (request->query.count > 0)
        return err_set(err, ERR_USAGE, "a change takes its fields from the body, not from the address");
    if (request->body_size == 0)
        return 0;
    if (has_type(visit, "application/x-www-form-urlencoded"))
        return url_parse_form(visit->arena, request->body, request->body_size, sent, err);
    if (visit->api && has_type(visit, "application/json"))
        return read_json(visit, sent, status, err);
    *status = 415;
    return err_set(err, ERR_USAGE, "the body is neither a form%s",
                   visit->api ? " nor application/json" : " nor empty");
}

/* "set.ssh_port" and "inherit.ssh_port" speak of ssh_port. */
static const char *setting_name(const char *name)
{
    if (strncmp(name, "set.", 4) == 0)
        return name + 4;
    return strncmp(name, "inherit.", 8) == 0 ? name + 8 : name;
}

static const struct route_field *find_field(const struct route *route, const char *name)
{
    for (const struct route_field *field = route->fields; field != NULL && field->name != NULL; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

static bool is_setting(const struct route *route, const char *name)
{
    const struct field *field = config_field(setting_name(name));

    return field != NULL && (field->scope & route->settings) != 0;
}

/* What every form and every page may carry. */
static bool is_of_every_page(const struct visit *visit, const char *name)
{
    return strcmp(name, visit->request->method == HTTP_GET ? "notice" : "csrf_token") == 0;
}

static int add_field(struct visit *visit, const struct url_pair *pair, int *status, struct err *err)
{
    const struct route_field *field = find_field(visit->route, pair->name);

    if (is_of_every_page(visit, pair->name))
        return 0;
    if (field == NULL && !is_setting(visit->route, pair->name) && !visit->route->columns) {
        *status = 400;
        return err_set(err, ERR_USAGE, "there is no field \"%s\" here", pair->name);
    }
    *status = 422;
    if (field != NULL && field->check != NULL && *pair->value != '\0' && field->check(pair->value, err) < 0)
        return err_in(err, "%s", pair->name);
    url_pairs_add(visit->arena, &visit->input, pair->name, pair->value);
    return 0;
}

int input_check(struct visit *visit, const struct url_pairs *sent, int *status, struct err *err)
{
    for (size_t i = 0; i < sent->count; i++)
        if (add_field(visit, &sent->pairs[i], status, err) < 0)
            return -1;
    *status = 422;
    for (const struct route_field *field = visit->route->fields; field != NULL && field->name != NULL;
         field++)
        if (field->required && visit_text(visit, field->name) == NULL)
            return err_set(err, ERR_INVALID, "%s is missing", field->name);
    return 0;
}

const char *input_plain(struct arena *arena, const char *text)
{
    char *plain = arena_strdup(arena, text), *to = plain;

    for (const char *from = text; *from != '\0'; from++)
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    *to = '\0';
    return plain;
}

int input_changes(const struct visit *visit, enum field_scope scope, struct config_change **changes,
                  size_t *count, struct err *err)
{
    (void)err;
    *changes = arena_alloc(visit->arena, config_field_count * sizeof **changes);
    *count = 0;
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        const char *text = visit_input(visit, field->name);
        const char *set = visit_input(visit, arena_printf(visit->arena, "set.%s", field->name));
        const char *inherit = visit_input(visit, arena_printf(visit->arena, "inherit.%s", field->name));

        if ((field->scope & scope) == 0)
            continue;
        if (visit->api ? inherit != NULL : set != NULL && strcmp(set, "no") == 0)
            (*changes)[(*count)++] = (struct config_change){.field = field, .text = NULL};
        else if (text != NULL && (visit->api || set != NULL))
            (*changes)[(*count)++] =
                (struct config_change){.field = field, .text = input_plain(visit->arena, text)};
    }
    return 0;
}
