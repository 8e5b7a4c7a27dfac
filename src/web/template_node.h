/* The compiled form of templates, between template_parse.c, which writes it, and template_render.c, which reads it. */
#ifndef WEB_TEMPLATE_NODE_H
#define WEB_TEMPLATE_NODE_H

#include "base/arena.h"
#include "web/template.h"
#include "web/template_markup.h"

enum template_op { NODE_TEXT, NODE_VALUE, NODE_IF, NODE_UNLESS, NODE_IS, NODE_EACH, NODE_INCLUDE };

struct template_node {
    enum template_op op;
    int line;
    const char *text; /* of NODE_TEXT, the word of NODE_IS, the name in NODE_INCLUDE */
    size_t size;      /* of the text */
    const char *path; /* "host.name" or "."; NULL in an include without a value */
    const struct template_formatter *formatter; /* NULL: the value itself */
    enum template_escape escape;
    /* Of a section: its body is [own index + 1, branch), its else branch [branch, end). */
    size_t branch, end;
    const struct template *include;
};

struct template
{
    const char *name;
    struct template_node *nodes;
    size_t count;
};

struct template_set {
    struct arena arena;
    struct template *templates;
    size_t count;
    const struct template_formatter *formatters;
};

/* Compiles one source into `template`; includes are resolved by whoever has all of them. */
int template_parse(struct template_set *set, const struct template_source *source, struct template *template,
                   struct err *err);

const struct template *template_find(const struct template_set *set, const char *name);

#endif
