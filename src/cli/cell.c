/* Members of documents as text for people. */
#include "cli/cell.h"

#include <string.h>

#include "base/text.h"
#include "base/when.h"

#define UNKNOWN "unknown"

int64_t cell_number(const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);

    return json_is_integer(member) ? (int64_t)json_integer_value(member) : -1;
}

int64_t cell_time(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    struct err err;
    int64_t when;

    return text != NULL && when_parse_rfc3339(text, &when, &err) == 0 ? when : -1;
}

const char *cell_text(struct arena *arena, const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);

    if (json_is_string(member))
        return text_printable_dup(arena, json_string_value(member), json_string_length(member));
    if (json_is_integer(member))
        return arena_printf(arena, "%lld", (long long)json_integer_value(member));
    if (json_is_boolean(member))
        return json_is_true(member) ? "yes" : "no";
    return CELL_NONE;
}

const char *cell_ago(struct arena *arena, const json_t *object, const char *key, int64_t now)
{
    char text[WHEN_TEXT];
    int64_t when = cell_time(object, key);

    return when < 0 ? CELL_NONE : arena_strdup(arena, when_ago(text, when, now));
}

const char *cell_minute(struct arena *arena, const json_t *object, const char *key)
{
    char text[WHEN_TEXT];
    int64_t when = cell_time(object, key);

    return when < 0 ? CELL_NONE : arena_strdup(arena, when_minute(text, when));
}

const char *cell_bytes(struct arena *arena, const json_t *object, const char *key)
{
    int64_t bytes = cell_number(object, key);

    return bytes < 0 ? UNKNOWN : text_bytes(arena, bytes);
}

const char *cell_count(struct arena *arena, const json_t *object, const char *key)
{
    int64_t number = cell_number(object, key);

    return number < 0 ? UNKNOWN : arena_printf(arena, "%lld", (long long)number);
}

const char *cell_span(struct arena *arena, const json_t *object, const char *from, const char *to)
{
    char text[WHEN_TEXT];
    int64_t begin = cell_time(object, from), end = cell_time(object, to);

    return begin < 0 || end < 0 ? CELL_NONE : arena_strdup(arena, when_duration(text, end - begin));
}

const char *cell_share(struct arena *arena, const json_t *object, const char *part, const char *whole)
{
    int64_t some = cell_number(object, part), all = cell_number(object, whole);

    if (some < 0 || all < 0)
        return UNKNOWN;
    return all == 0 ? CELL_NONE : arena_printf(arena, "%d%%", (int)((double)some * 100 / (double)all));
}
