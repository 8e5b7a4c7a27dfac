/* YAML from outside: what is taken is a tree within its limits, and the rest is refused at a place. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml_document.h"
#include "fuzz.h"

static size_t check_value(const struct yaml_value *value, int depth)
{
    size_t seen = 1, count = 0;

    assert(depth <= 32 && value->line > 0 && value->column > 0);
    if (value->type != YAML_LIST && value->type != YAML_MAP) {
        assert(value->text != NULL && text_is_utf8(value->text, strlen(value->text)));
        assert(value->first == NULL);
        return seen;
    }
    for (const struct yaml_value *part = value->first; part != NULL; part = part->next, count++) {
        assert((part->key != NULL) == (value->type == YAML_MAP));
        assert(part->key == NULL || (part->key_line > 0 && part->key_column > 0));
        seen += check_value(part, depth + 1);
    }
    assert(count == value->count);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct yaml_document document;
    struct err err = {0};

    if (size > YAML_DOCUMENT_MAX)
        return 0;
    if (yaml_document_read(&arena, "f", data, size, &document, &err) < 0) {
        assert(err.code == ERR_INVALID && strncmp(err.message, "f:", 2) == 0);
        assert(text_is_utf8(err.message, strlen(err.message)) && !text_has_control(err.message));
        return 0;
    }
    assert(check_value(document.top, 0) <= 40001);
    return 0;
}
