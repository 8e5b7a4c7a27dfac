/* Rendering: the nodes of a template against a chain of scopes. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "web/template_escape.h"
#include "web/template_node.h"

enum { SCOPES_MAX = 48 };

struct renderer {
    const struct template *template;
    const void *context;
    struct buf *out;
    struct buf text; /* what a formatter wrote */
    json_t *scopes[SCOPES_MAX];
    size_t depth;
};

static int fail(const struct renderer *renderer, const struct template_node *node, struct err *err,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static int fail(const struct renderer *renderer, const struct template_node *node, struct err *err,
                const char *format, ...)
{
    char sentence[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return err_set(err, ERR_INTERNAL, "template \"%s\", line %d: %s", renderer->template->name, node->line,
                   sentence);
}

/* The member of the innermost scope that has it. */
static json_t *find_name(const struct renderer *renderer, const char *name)
{
    for (size_t i = renderer->depth; i > 0; i--) {
        json_t *value = json_object_get(renderer->scopes[i - 1], name);

        if (value != NULL)
            return value;
    }
    return NULL;
}

/* A member of null is null: what is not there has no parts. */
static int find(const struct renderer *renderer, const struct template_node *node, json_t **value,
                struct err *err)
{
    const char *path = node->path;
    char name[136];
    bool first = true;

    if (strcmp(path, ".") == 0) {
        *value = renderer->scopes[renderer->depth - 1];
        return 0;
    }
    for (;;) {
        size_t length = strcspn(path, ".");

        memcpy(name, path, length);
        name[length] = '\0';
        if (first)
            *value = find_name(renderer, name);
        else if (!json_is_null(*value))
            *value = json_object_get(*value, name);
        if (*value == NULL)
            return fail(renderer, node, err, "there is no \"%s\" in \"%s\"", name, node->path);
        if (path[length] == '\0')
            return 0;
        path += length + 1;
        first = false;
    }
}

static bool is_something(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_TRUE:
        return true;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return json_real_value(value) != 0.0;
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return false;
}

/* The value as text. False for lists and objects. */
static bool write_value(const json_t *value, struct buf *out)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        buf_add(out, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        buf_printf(out, "%lld", (long long)json_integer_value(value));
        return true;
    case JSON_REAL:
        buf_printf(out, "%.10g", json_real_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_add_text(out, json_is_true(value) ? "yes" : "no");
        return true;
    case JSON_NULL:
        return true;
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    return false;
}

static int render_value(struct renderer *renderer, const struct template_node *node, struct err *err)
{
    json_t *value;
    bool written;

    if (find(renderer, node, &value, err) < 0)
        return -1;
    buf_clear(&renderer->text);
    written = node->formatter == NULL ? write_value(value, &renderer->text)
                                      : node->formatter->format(value, renderer->context, &renderer->text);
    if (!written)
        return fail(renderer, node, err, "\"%s\" is no value that %s can show", node->path,
                    node->formatter == NULL ? "a page" : node->formatter->name);
    template_escape(renderer->out, buf_text(&renderer->text), renderer->text.size, node->escape);
    return 0;
}

static int render_nodes(struct renderer *renderer, size_t from, size_t to, struct err *err);

static int push(struct renderer *renderer, const struct template_node *node, json_t *scope, struct err *err)
{
    if (renderer->depth == SCOPES_MAX)
        return fail(renderer, node, err, "loops and includes are nested too deeply");
    renderer->scopes[renderer->depth++] = scope;
    return 0;
}

static int render_include(struct renderer *renderer, const struct template_node *node, struct err *err)
{
    const struct template *includer = renderer->template;
    json_t *scope = NULL;
    int result;

    if (node->path != NULL && (find(renderer, node, &scope, err) < 0 || push(renderer, node, scope, err) < 0))
        return -1;
    renderer->template = node->include;
    result = render_nodes(renderer, 0, node->include->count, err);
    renderer->template = includer;
    renderer->depth -= scope != NULL;
    return result;
}

static int render_each(struct renderer *renderer, const struct template_node *node, size_t index,
                       struct err *err)
{
    json_t *list;
    int result = 0;

    if (find(renderer, node, &list, err) < 0)
        return -1;
    if (json_is_null(list) || (json_is_array(list) && json_array_size(list) == 0))
        return render_nodes(renderer, node->branch, node->end, err);
    if (!json_is_array(list))
        return fail(renderer, node, err, "\"%s\" is no list", node->path);
    for (size_t i = 0; result == 0 && i < json_array_size(list); i++) {
        if (push(renderer, node, json_array_get(list, i), err) < 0)
            return -1;
        result = render_nodes(renderer, index + 1, node->branch, err);
        renderer->depth--;
    }
    return result;
}

static bool is_word(const json_t *value, const char *word)
{
    BUF_SCOPED text = BUF_EMPTY;

    return write_value(value, &text) && strcmp(buf_text(&text), word) == 0;
}

static int render_section(struct renderer *renderer, const struct template_node *node, size_t index,
                          struct err *err)
{
    json_t *value;
    bool yes;

    if (find(renderer, node, &value, err) < 0)
        return -1;
    yes = node->op == NODE_IS ? is_word(value, node->text) : is_something(value) == (node->op == NODE_IF);
    return yes ? render_nodes(renderer, index + 1, node->branch, err)
               : render_nodes(renderer, node->branch, node->end, err);
}

/* Shows one node and gives the index of what follows it. */
static int render_node(struct renderer *renderer, size_t *index, struct err *err)
{
    const struct template_node *node = &renderer->template->nodes[*index];
    size_t next = *index + 1;
    int result = 0;

    switch (node->op) {
    case NODE_TEXT:
        buf_add(renderer->out, node->text, node->size);
        break;
    case NODE_VALUE:
        result = render_value(renderer, node, err);
        break;
    case NODE_INCLUDE:
        result = render_include(renderer, node, err);
        break;
    case NODE_EACH:
        result = render_each(renderer, node, *index, err);
        next = node->end;
        break;
    case NODE_IF:
    case NODE_UNLESS:
    case NODE_IS:
        result = render_section(renderer, node, *index, err);
        next = node->end;
        break;
    }
    *index = next;
    return result;
}

static int render_nodes(struct renderer *renderer, size_t from, size_t to, struct err *err)
{
    while (from < to)
        if (render_node(renderer, &from, err) < 0)
            return -1;
    return 0;
}

int template_render(const struct template_set *set, const char *name, json_t *const *scopes, size_t count,
                    const void *context, struct buf *out, struct err *err)
{
    struct renderer renderer = {.template = template_find(set, name), .context = context, .out = out};
    int result;

    assert(count > 0 && count <= 4);
    if (renderer.template == NULL)
        return err_set(err, ERR_INTERNAL, "there is no template \"%s\"", name);
    memcpy(renderer.scopes, scopes, count * sizeof(json_t *));
    renderer.depth = count;
    result = render_nodes(&renderer, 0, renderer.template->count, err);
    buf_release(&renderer.text);
    return result;
}
