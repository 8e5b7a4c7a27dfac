/* The small pieces that documents are made of. */
#include "service/document.h"

#include <string.h>

#include "base/text.h"
#include "base/when.h"

json_t *document_text(const char *text)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t size;

    if (text == NULL)
        return json_null();
    size = strlen(text);
    return json_string(text_is_utf8(text, size) ? text : text_printable_dup(&arena, text, size));
}

json_t *document_time(int64_t when)
{
    char text[WHEN_TEXT];

    return when == 0 ? json_null() : json_string(when_rfc3339(text, when));
}

json_t *document_count(int64_t count)
{
    return count < 0 ? json_null() : json_integer(count);
}
