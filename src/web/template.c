/* Sets of templates: loading all of them, and what they include. */
#include "web/template.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "web/template_node.h"

enum { INCLUDE_DEPTH_MAX = 8 };

const struct template *template_find(const struct template_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->templates[i].name, name) == 0)
            return &set->templates[i];
    return NULL;
}

static int resolve(struct template_set *set, struct template *template, struct err *err)
{
    for (size_t i = 0; i < template->count; i++) {
        struct template_node *node = &template->nodes[i];

        if (node->op != NODE_INCLUDE)
            continue;
        node->include = template_find(set, node->text);
        if (node->include == NULL)
            return err_set(err, ERR_INVALID, "template \"%s\", line %d: there is no template \"%s\"",
                           template->name, node->line, node->text);
    }
    return 0;
}

/* A template that includes itself, by whatever way, would never end. */
static int check_depth(const struct template *template, int depth, struct err *err)
{
    if (depth > INCLUDE_DEPTH_MAX)
        return err_set(err, ERR_INVALID, "template \"%s\" includes itself, or too deeply", template->name);
    for (size_t i = 0; i < template->count; i++)
        if (template->nodes[i].op == NODE_INCLUDE &&
            check_depth(template->nodes[i].include, depth + 1, err) < 0)
            return -1;
    return 0;
}

static int load(struct template_set *set, const struct template_source *sources, size_t count,
                struct err *err)
{
    set->templates = arena_alloc(&set->arena, count * sizeof *set->templates);
    set->count = count;
    for (size_t i = 0; i < count; i++)
        if (template_parse(set, &sources[i], &set->templates[i], err) < 0)
            return -1;
    for (size_t i = 0; i < count; i++)
        if (resolve(set, &set->templates[i], err) < 0)
            return -1;
    for (size_t i = 0; i < count; i++)
        if (check_depth(&set->templates[i], 0, err) < 0)
            return -1;
    return 0;
}

int template_set_load(const struct template_source *sources, size_t count,
                      const struct template_formatter *formatters, struct template_set **set, struct err *err)
{
    *set = calloc(1, sizeof **set);
    if (*set == NULL)
        abort();
    (*set)->formatters = formatters;
    if (load(*set, sources, count, err) == 0)
        return 0;
    template_set_free(set);
    return -1;
}

void template_set_free(struct template_set **set)
{
    if (*set == NULL)
        return;
    arena_release(&(*set)->arena);
    free(*set);
    *set = NULL;
}
