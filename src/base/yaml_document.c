/* libyaml's events, made a tree. */
#include "base/yaml_document.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"

enum { DEPTH_MAX = 32, VALUES_MAX = 40000 };

/* A list or map that is being filled. */
struct open_value {
    struct yaml_value *value;
    struct yaml_value *last; /* of what it holds so far */
    const char *key;         /* the key whose value comes next */
    int key_line, key_column;
};

struct reader {
    struct arena *arena;
    struct yaml_document *document;
    struct err *err;
    struct open_value open[DEPTH_MAX];
    size_t depth;
    size_t values;
    bool has_top;
};

static int refuse_at(const char *file, int line, int column, struct err *err, const char *format,
                     va_list words)
{
    char sentence[sizeof err->message];

    vsnprintf(sentence, sizeof sentence, format, words);
    return err_set(err, ERR_INVALID, "%s:%d:%d: %s", file, line, column, sentence);
}

__attribute__((format(printf, 3, 4))) static int refuse(struct reader *reader, yaml_mark_t mark,
                                                        const char *format, ...)
{
    va_list words;

    reader->document->line = (int)mark.line + 1;
    reader->document->column = (int)mark.column + 1;
    va_start(words, format);
    refuse_at(reader->document->file, reader->document->line, reader->document->column, reader->err, format,
              words);
    va_end(words);
    return -1;
}

int yaml_refuse(const struct yaml_document *document, const struct yaml_value *value, struct err *err,
                const char *format, ...)
{
    bool by_key = value->key != NULL;
    va_list words;

    va_start(words, format);
    refuse_at(document->file, by_key ? value->key_line : value->line,
              by_key ? value->key_column : value->column, err, format, words);
    va_end(words);
    return -1;
}

/* What libyaml would take, or would refuse without a good place. */
static int check_bytes(struct reader *reader, const char *text, size_t size)
{
    yaml_mark_t mark = {0};
    bool indented = true;

    for (size_t i = 0, length; i < size; i += length) {
        length = text_utf8_length(text + i, size - i);
        if (length == 0)
            return refuse(reader, mark, "a byte that is not UTF-8 (0x%02x)", (unsigned char)text[i]);
        if (text[i] == '\0')
            return refuse(reader, mark, "a NUL byte, which no text may hold");
        if (((unsigned char)text[i] < 0x20 && strchr("\t\n\r", text[i]) == NULL) || text[i] == 0x7f)
            return refuse(reader, mark, "a control character (0x%02x)", (unsigned char)text[i]);
        if (text[i] == '\t' && indented)
            return refuse(reader, mark, "a tab at the beginning of a line; YAML is indented with blanks");
        mark.column++;
        if (text[i] == '\n' || text[i] == '\r') {
            mark.line += text[i] == '\n' || i + 1 == size || text[i + 1] != '\n';
            mark.column = 0;
        }
        indented = text[i] == '\n' || text[i] == '\r' || (indented && text[i] == ' ');
    }
    return 0;
}

/* A key of a map that is being looked through. */
struct sorted_key {
    const struct yaml_value *value;
};

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_value *a = ((const struct sorted_key *)left)->value;
    const struct yaml_value *b = ((const struct sorted_key *)right)->value;
    int order = strcmp(a->key, b->key);

    if (order != 0)
        return order;
    return a->key_line != b->key_line ? a->key_line - b->key_line : a->key_column - b->key_column;
}

static yaml_mark_t key_mark(const struct yaml_value *value)
{
    return (yaml_mark_t){.line = (size_t)value->key_line - 1, .column = (size_t)value->key_column - 1};
}

/* Sorted, so that a map of thousands of keys takes no square of them. */
static int check_keys(struct reader *reader, const struct yaml_value *map)
{
    struct sorted_key *keys = arena_alloc(reader->arena, (map->count + 1) * sizeof *keys);
    size_t count = 0;

    for (const struct yaml_value *value = map->first; value != NULL; value = value->next)
        keys[count++].value = value;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++) {
        const struct yaml_value *value = keys[i].value, *before = keys[i - 1].value;

        if (strcmp(before->key, value->key) == 0)
            return refuse(reader, key_mark(value),
                          "the key \"%s\" stands here again; it was in line %d before", value->key,
                          before->key_line);
    }
    return 0;
}

/* Puts a value where the next one belongs. */
static int add_value(struct reader *reader, struct yaml_value *value, yaml_mark_t mark)
{
    struct open_value *parent = reader->depth == 0 ? NULL : &reader->open[reader->depth - 1];

    if (++reader->values > VALUES_MAX)
        return refuse(reader, mark, "more than %d values, which no configuration has", VALUES_MAX);
    value->line = (int)mark.line + 1;
    value->column = (int)mark.column + 1;
    if (parent == NULL) {
        reader->document->top = value;
        reader->has_top = true;
        return 0;
    }
    if (parent->value->type == YAML_MAP) {
        value->key = parent->key;
        value->key_line = parent->key_line;
        value->key_column = parent->key_column;
        parent->key = NULL;
    }
    if (parent->last == NULL)
        parent->value->first = value;
    else
        parent->last->next = value;
    parent->last = value;
    parent->value->count++;
    return 0;
}

/* Whether a key of the innermost map comes next. */
static bool expects_key(const struct reader *reader)
{
    const struct open_value *parent = reader->depth == 0 ? NULL : &reader->open[reader->depth - 1];

    return parent != NULL && parent->value->type == YAML_MAP && parent->key == NULL;
}

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct yaml_value *value;

    if (event->data.scalar.anchor != NULL)
        return refuse(reader, event->start_mark, "an anchor (&), which is not taken here");
    if (event->data.scalar.tag != NULL)
        return refuse(reader, event->start_mark, "a tag (!), which is not taken here");
    if (strlen(text) != event->data.scalar.length)
        return refuse(reader, event->start_mark, "a NUL character, which no text may hold");
    if (expects_key(reader)) {
        struct open_value *parent = &reader->open[reader->depth - 1];

        if (plain && (text[0] == '\0' || strcmp(text, "<<") == 0))
            return refuse(reader, event->start_mark,
                          text[0] == '\0' ? "a value without a key"
                                          : "a merge key (<<), which is not taken here");
        parent->key = arena_strdup(reader->arena, text);
        parent->key_line = (int)event->start_mark.line + 1;
        parent->key_column = (int)event->start_mark.column + 1;
        return 0;
    }
    value = arena_alloc(reader->arena, sizeof *value);
    value->text = arena_strdup(reader->arena, text);
    value->type = plain ? yaml_resolve(text, &value->number, &value->truth) : YAML_TEXT;
    return add_value(reader, value, event->start_mark);
}

static int open_container(struct reader *reader, const yaml_event_t *event, enum yaml_type type)
{
    bool is_map = type == YAML_MAP;
    const void *anchor = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const void *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    struct yaml_value *value;

    if (anchor != NULL)
        return refuse(reader, event->start_mark, "an anchor (&), which is not taken here");
    if (tag != NULL)
        return refuse(reader, event->start_mark, "a tag (!), which is not taken here");
    if (expects_key(reader))
        return refuse(reader, event->start_mark, "%s as a key; keys are text", yaml_type_name(type));
    if (reader->depth == DEPTH_MAX)
        return refuse(reader, event->start_mark, "more than %d levels deep", DEPTH_MAX);
    value = arena_alloc(reader->arena, sizeof *value);
    value->type = type;
    if (add_value(reader, value, event->start_mark) < 0)
        return -1;
    reader->open[reader->depth++] = (struct open_value){.value = value};
    return 0;
}

static int close_container(struct reader *reader)
{
    const struct yaml_value *value;

    assert(reader->depth > 0); /* libyaml ends only what it has begun */
    value = reader->open[--reader->depth].value;
    return value->type == YAML_MAP ? check_keys(reader, value) : 0;
}

static int take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
            return refuse(reader, event->start_mark, "a %%TAG directive, which is not taken here");
        if (reader->has_top)
            return refuse(reader, event->start_mark, "a second document; a file holds one");
        return 0;
    case YAML_ALIAS_EVENT:
        return refuse(reader, event->start_mark, "an alias (*%.64s), which is not taken here",
                      (const char *)event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return take_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(reader, event, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_container(reader, event, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(reader);
    }
    return refuse(reader, event->start_mark, "something that is not known here");
}

/* libyaml's own complaint. */
static int refuse_syntax(struct reader *reader, const yaml_parser_t *parser)
{
    yaml_mark_t mark = parser->problem_mark;

    if (parser->error == YAML_MEMORY_ERROR)
        abort();
    if (parser->error == YAML_READER_ERROR)
        return refuse(reader, parser->mark, "%s", parser->problem == NULL ? "not YAML" : parser->problem);
    if (parser->context == NULL)
        return refuse(reader, mark, "%s", parser->problem);
    return refuse(reader, mark, "%s %s, which begins in line %d", parser->problem, parser->context,
                  (int)parser->context_mark.line + 1);
}

static int read_events(struct reader *reader, yaml_parser_t *parser)
{
    bool ended = false;

    while (!ended) {
        yaml_event_t event;
        int result;

        if (yaml_parser_parse(parser, &event) == 0)
            return refuse_syntax(reader, parser);
        ended = event.type == YAML_STREAM_END_EVENT;
        result = take_event(reader, &event);
        yaml_event_delete(&event);
        if (result < 0)
            return -1;
    }
    return 0;
}

int yaml_document_read(struct arena *arena, const char *file, const void *text, size_t size,
                       struct yaml_document *document, struct err *err)
{
    static const struct yaml_value nothing = {.type = YAML_NULL, .line = 1, .column = 1, .text = ""};
    struct reader reader = {.arena = arena, .document = document, .err = err};
    const unsigned char *bytes = text;
    yaml_parser_t parser;
    int result;

    *document = (struct yaml_document){.file = file, .top = &nothing};
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    if (check_bytes(&reader, (const char *)bytes, size) < 0)
        return -1;
    if (yaml_parser_initialize(&parser) == 0)
        abort();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes, size);
    result = read_events(&reader, &parser);
    yaml_parser_delete(&parser);
    return result;
}

const struct yaml_value *yaml_find(const struct yaml_value *map, const char *key)
{
    if (map->type != YAML_MAP)
        return NULL;
    for (const struct yaml_value *value = map->first; value != NULL; value = value->next)
        if (strcmp(value->key, key) == 0)
            return value;
    return NULL;
}
