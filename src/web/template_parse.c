/* Compiling one template: tags become nodes, and each knows how its value is escaped. */
#include <string.h>

#include "web/template_node.h"

enum { DEPTH_MAX = 16, PATH_MAX_LENGTH = 128 };

/* A section that is open. */
struct section {
    size_t node;
    bool has_else;
    struct markup begin; /* the place of its tag */
    struct markup end;   /* the place where its first branch ended */
};

struct parser {
    struct template_set *set;
    struct template *template;
    size_t room;
    const char *text, *limit; /* the source */
    const char *at;
    int line;
    struct markup markup;
    struct section sections[DEPTH_MAX];
    size_t depth;
};

static struct template_node *add_node(struct parser *parser, enum template_op op)
{
    struct template *template = parser->template;

    if (template->count == parser->room) {
        size_t room = parser->room == 0 ? 32 : 2 * parser->room;
        struct template_node *nodes = arena_alloc(&parser->set->arena, room * sizeof *nodes);

        if (template->count > 0)
            memcpy(nodes, template->nodes, template->count * sizeof *nodes);
        template->nodes = nodes;
        parser->room = room;
    }
    template->nodes[template->count] = (struct template_node){.op = op, .line = parser->line};
    return &template->nodes[template->count++];
}

static int add_text(struct parser *parser, const char *text, size_t size, struct err *err)
{
    struct template_node *node;

    for (size_t i = 0; i < size; i++) {
        if (markup_step(&parser->markup, text[i], err) < 0)
            return -1;
        if (text[i] == '\n')
            parser->line++;
    }
    if (size == 0)
        return 0;
    node = add_node(parser, NODE_TEXT);
    node->text = text;
    node->size = size;
    return 0;
}

/* The next word of a tag, copied; NULL at its end. */
static const char *next_word(struct parser *parser, const char **rest)
{
    size_t length;

    *rest += strspn(*rest, " \t\n");
    length = strcspn(*rest, " \t\n");
    *rest += length;
    return length == 0 ? NULL : arena_copy(&parser->set->arena, *rest - length, length);
}

/* "." or names of letters, digits and "_" joined by ".". */
static int check_path(const char *path, struct err *err)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    if (path == NULL)
        return err_set(err, ERR_INVALID, "the name of a value is missing");
    if (strcmp(path, ".") == 0)
        return 0;
    if (strlen(path) > PATH_MAX_LENGTH)
        return err_set(err, ERR_INVALID, "the name of a value is too long");
    for (const char *part = path;;) {
        size_t length = strspn(part, name);

        if (length == 0 || (part[length] != '.' && part[length] != '\0'))
            return err_set(err, ERR_INVALID, "\"%s\" is not the name of a value", path);
        if (part[length] == '\0')
            return 0;
        part += length + 1;
    }
}

static const struct template_formatter *find_formatter(const struct template_set *set, const char *name)
{
    for (const struct template_formatter *formatter = set->formatters;
         formatter != NULL && formatter->name != NULL; formatter++)
        if (strcmp(formatter->name, name) == 0)
            return formatter;
    return NULL;
}

/* {{path}}, {{formatter path}}, {{raw_html path}} */
static int add_value(struct parser *parser, const char *words, struct err *err)
{
    const char *first = next_word(parser, &words), *second = next_word(parser, &words);
    const struct template_formatter *formatter = NULL;
    struct template_node *node;
    enum template_escape escape;
    bool raw = second != NULL && strcmp(first, "raw_html") == 0;

    if (check_path(second != NULL ? second : first, err) < 0)
        return -1;
    if (next_word(parser, &words) != NULL)
        return err_set(err, ERR_INVALID, "a value has at most one formatter");
    if (second != NULL && !raw) {
        formatter = find_formatter(parser->set, first);
        if (formatter == NULL)
            return err_set(err, ERR_INVALID, "there is no formatter \"%s\"", first);
    }
    if (raw && parser->markup.place != MARKUP_TEXT)
        return err_set(err, ERR_INVALID, "raw_html stands outside of text");
    if (markup_value(&parser->markup, &escape, err) < 0)
        return -1;
    node = add_node(parser, NODE_VALUE);
    node->path = second != NULL ? second : first;
    node->formatter = formatter;
    node->escape = raw ? ESCAPE_NOT : escape;
    return 0;
}

static int add_include(struct parser *parser, const char *words, struct err *err)
{
    const char *name = next_word(parser, &words), *path = next_word(parser, &words);
    struct template_node *node;

    if (name == NULL || next_word(parser, &words) != NULL)
        return err_set(err, ERR_INVALID, "expected {{> template}} or {{> template value}}");
    if (path != NULL && check_path(path, err) < 0)
        return -1;
    if (parser->markup.place != MARKUP_TEXT)
        return err_set(err, ERR_INVALID, "template \"%s\" is included outside of text", name);
    node = add_node(parser, NODE_INCLUDE);
    node->text = name;
    node->path = path;
    return 0;
}

static const char *const section_words[] = {
    [NODE_IF] = "if", [NODE_UNLESS] = "unless", [NODE_IS] = "is", [NODE_EACH] = "each"};
enum { SECTION_WORDS = sizeof section_words / sizeof section_words[0] };

static int open_section(struct parser *parser, const char *words, struct err *err)
{
    const char *word = next_word(parser, &words), *path = next_word(parser, &words);
    const char *text = next_word(parser, &words);
    enum template_op op = NODE_TEXT;
    struct template_node *node;

    for (size_t i = 0; word != NULL && i < SECTION_WORDS; i++)
        if (section_words[i] != NULL && strcmp(section_words[i], word) == 0)
            op = (enum template_op)i;
    if (op == NODE_TEXT)
        return err_set(err, ERR_INVALID, "\"%s\" is no section", word == NULL ? "" : word);
    if (check_path(path, err) < 0)
        return -1;
    if ((text != NULL) != (op == NODE_IS) || next_word(parser, &words) != NULL)
        return err_set(err, ERR_INVALID, "wrong number of words in {{#%s}}", word);
    if (parser->depth == DEPTH_MAX)
        return err_set(err, ERR_INVALID, "sections are nested too deeply");
    parser->sections[parser->depth++] =
        (struct section){.node = parser->template->count, .begin = parser->markup};
    node = add_node(parser, op);
    node->path = path;
    node->text = text;
    return 0;
}

static int add_else(struct parser *parser, struct err *err)
{
    struct section *section = parser->depth == 0 ? NULL : &parser->sections[parser->depth - 1];

    if (section == NULL || section->has_else)
        return err_set(err, ERR_INVALID, "{{else}} without its section");
    section->has_else = true;
    section->end = parser->markup;
    parser->template->nodes[section->node].branch = parser->template->count;
    parser->markup = section->begin;
    return 0;
}

static int close_section(struct parser *parser, const char *words, struct err *err)
{
    const char *word = next_word(parser, &words);
    struct section *section = parser->depth == 0 ? NULL : &parser->sections[parser->depth - 1];
    struct template_node *node = section == NULL ? NULL : &parser->template->nodes[section->node];

    if (node == NULL || word == NULL || strcmp(word, section_words[node->op]) != 0)
        return err_set(err, ERR_INVALID, "{{/%s}} closes no section", word == NULL ? "" : word);
    node->end = parser->template->count;
    if (!section->has_else) {
        node->branch = node->end;
        section->end = section->begin; /* what is left out ends where it begins */
    }
    if (!markup_join(&parser->markup, &section->end) ||
        (node->op == NODE_EACH && !markup_join(&parser->markup, &section->begin)))
        return err_set(err, ERR_INVALID, "the section of line %d does not end in the place of the markup %s",
                       node->line,
                       section->has_else ? "in which its other branch ends" : "in which it begins");
    parser->depth--;
    return 0;
}

static int add_tag(struct parser *parser, const char *content, struct err *err)
{
    const char *words = content, *first = next_word(parser, &words);

    switch (*content) {
    case '!':
        return 0;
    case '#':
        return open_section(parser, content + 1, err);
    case '/':
        return close_section(parser, content + 1, err);
    case '>':
        return add_include(parser, content + 1, err);
    default:
        break;
    }
    if (first != NULL && strcmp(first, "else") == 0)
        return add_else(parser, err);
    return add_value(parser, content, err);
}

/* A tag that shows nothing and stands alone in its line takes the line with it: where the text before it ends, and
 * where the text behind it begins. */
static void swallow_line(const struct parser *parser, const char *open, const char **before,
                         const char **after)
{
    const char *start = open, *end = *after;

    while (start > parser->text && (start[-1] == ' ' || start[-1] == '\t'))
        start--;
    while (end < parser->limit && (*end == ' ' || *end == '\t'))
        end++;
    if ((start > parser->text && start[-1] != '\n') || (end < parser->limit && *end != '\n'))
        return;
    *before = start < parser->at ? parser->at : start;
    *after = end < parser->limit ? end + 1 : end;
}

static bool shows_nothing(const char *content)
{
    return strchr("#/!>", *content) != NULL || strcmp(content, "else") == 0;
}

/* Up to and with the next tag, or to the end. */
static int parse_piece(struct parser *parser, struct err *err)
{
    const char *open = memmem(parser->at, (size_t)(parser->limit - parser->at), "{{", 2);
    const char *close = open == NULL ? NULL : memmem(open, (size_t)(parser->limit - open), "}}", 2);
    const char *before = open, *after, *content;
    int newline;

    if (open == NULL) {
        before = parser->limit;
        open = parser->at;
        parser->at = parser->limit;
        return add_text(parser, open, (size_t)(before - open), err);
    }
    if (close == NULL)
        return add_text(parser, parser->at, (size_t)(open - parser->at), err) < 0
                   ? -1
                   : err_set(err, ERR_INVALID, "\"{{\" without \"}}\"");
    content = arena_copy(&parser->set->arena, open + 2, (size_t)(close - open - 2));
    after = close + 2;
    if (*content != '\0' && shows_nothing(content))
        swallow_line(parser, open, &before, &after);
    newline = after > close + 2 && after[-1] == '\n';
    if (add_text(parser, parser->at, (size_t)(before - parser->at), err) < 0 ||
        add_tag(parser, content, err) < 0)
        return -1;
    for (const char *c = content; *c != '\0'; c++)
        newline += *c == '\n';
    parser->line += newline;
    parser->at = after;
    return 0;
}

int template_parse(struct template_set *set, const struct template_source *source, struct template *template,
                   struct err *err)
{
    struct parser parser = {.set = set,
                            .template = template,
                            .text = source->text,
                            .at = source->text,
                            .limit = source->text + source->size,
                            .line = 1};

    template->name = source->name;
    while (parser.at < parser.limit)
        if (parse_piece(&parser, err) < 0)
            return err_in(err, "template \"%s\", line %d", source->name, parser.line);
    if (parser.depth > 0)
        return err_set(err, ERR_INVALID, "template \"%s\", line %d: the section is not closed", source->name,
                       template->nodes[parser.sections[parser.depth - 1].node].line);
    if (parser.markup.place != MARKUP_TEXT)
        return err_set(err, ERR_INVALID, "template \"%s\" does not end in text", source->name);
    return 0;
}
