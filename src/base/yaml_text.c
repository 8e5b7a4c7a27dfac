/* A JSON value as YAML. */
#include "base/yaml_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/yaml_document.h"

enum { DEPTH_MAX = 32 };

static int append(void *context, unsigned char *bytes, size_t size)
{
    buf_add(context, bytes, size);
    return 1;
}

/* One scalar; `plain`: not in quotes. */
static int emit_scalar(yaml_emitter_t *emitter, const char *text, bool plain)
{
    yaml_event_t event;

    if (yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), plain,
                                     1,
                                     plain ? YAML_PLAIN_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE) == 0)
        abort();
    return yaml_emitter_emit(emitter, &event);
}

static int emit_text(yaml_emitter_t *emitter, const char *text)
{
    int64_t number;
    bool truth;

    return emit_scalar(emitter, text, yaml_resolve(text, &number, &truth) == YAML_TEXT);
}

static int emit_value(yaml_emitter_t *emitter, const json_t *value, int depth);

static int emit_list(yaml_emitter_t *emitter, const json_t *list, int depth)
{
    yaml_event_t event;
    const json_t *item;
    size_t i;

    if (yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                             json_array_size(list) == 0 ? YAML_FLOW_SEQUENCE_STYLE
                                                                        : YAML_BLOCK_SEQUENCE_STYLE) == 0)
        abort();
    if (yaml_emitter_emit(emitter, &event) == 0)
        return 0;
    json_array_foreach(list, i, item)
    {
        if (emit_value(emitter, item, depth + 1) == 0)
            return 0;
    }
    yaml_sequence_end_event_initialize(&event);
    return yaml_emitter_emit(emitter, &event);
}

static int emit_map(yaml_emitter_t *emitter, const json_t *map, int depth)
{
    yaml_event_t event;

    if (yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                            json_object_size(map) == 0 ? YAML_FLOW_MAPPING_STYLE
                                                                       : YAML_BLOCK_MAPPING_STYLE) == 0)
        abort();
    if (yaml_emitter_emit(emitter, &event) == 0)
        return 0;
    for (void *at = json_object_iter((json_t *)map); at != NULL;
         at = json_object_iter_next((json_t *)map, at))
        if (emit_text(emitter, json_object_iter_key(at)) == 0 ||
            emit_value(emitter, json_object_iter_value(at), depth + 1) == 0)
            return 0;
    yaml_mapping_end_event_initialize(&event);
    return yaml_emitter_emit(emitter, &event);
}

static int emit_value(yaml_emitter_t *emitter, const json_t *value, int depth)
{
    char number[32];

    if (depth > DEPTH_MAX)
        return 0;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return emit_map(emitter, value, depth);
    case JSON_ARRAY:
        return emit_list(emitter, value, depth);
    case JSON_STRING:
        return emit_text(emitter, json_string_value(value));
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        return emit_scalar(emitter, number, true);
    case JSON_TRUE:
    case JSON_FALSE:
        return emit_scalar(emitter, json_is_true(value) ? "true" : "false", true);
    case JSON_NULL:
        return emit_scalar(emitter, "null", true);
    case JSON_REAL:
        return 0;
    }
    return 0;
}

static int emit_all(yaml_emitter_t *emitter, const json_t *value)
{
    yaml_event_t event;

    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    if (yaml_emitter_emit(emitter, &event) == 0)
        return 0;
    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
    if (yaml_emitter_emit(emitter, &event) == 0 || emit_value(emitter, value, 0) == 0)
        return 0;
    yaml_document_end_event_initialize(&event, 1);
    if (yaml_emitter_emit(emitter, &event) == 0)
        return 0;
    yaml_stream_end_event_initialize(&event);
    return yaml_emitter_emit(emitter, &event);
}

int yaml_text_write(const json_t *value, struct buf *text, struct err *err)
{
    yaml_emitter_t emitter;
    int written;

    if (yaml_emitter_initialize(&emitter) == 0)
        abort();
    yaml_emitter_set_output(&emitter, append, text);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1); /* text is never folded */
    written = emit_all(&emitter, value);
    if (written == 0)
        err_set(err, ERR_INVALID, "this cannot be written as YAML: %s",
                emitter.problem == NULL ? "a fraction, or too deep" : emitter.problem);
    yaml_emitter_delete(&emitter);
    return written == 0 ? -1 : 0;
}
