/* The formatters of pages. */
#include "web/format.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/when.h"

static const char unknown[] = "not known";

/* 1: the time of a value · 0: null · -1: something else. */
static int read_time(const json_t *value, int64_t *when)
{
    struct err err;

    if (json_is_null(value))
        return 0;
    return json_is_string(value) && when_parse_rfc3339(json_string_value(value), when, &err) == 0 ? 1 : -1;
}

static bool format_ago(const json_t *value, const void *context, struct buf *out)
{
    char text[WHEN_TEXT];
    int64_t when;
    int result = read_time(value, &when);

    if (result > 0)
        buf_add_text(out, when_ago(text, when, ((const struct format_context *)context)->now));
    else
        buf_add_text(out, "never");
    return result >= 0;
}

static bool format_minute(const json_t *value, const void *context, struct buf *out)
{
    char text[WHEN_TEXT];
    int64_t when;
    int result = read_time(value, &when);

    (void)context;
    buf_add_text(out, result > 0 ? when_minute(text, when) : unknown);
    return result >= 0;
}

static bool format_bytes(const json_t *value, const void *context, struct buf *out)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)context;
    if (json_is_integer(value))
        buf_add_text(out, text_bytes(&arena, json_integer_value(value)));
    else
        buf_add_text(out, unknown);
    return json_is_integer(value) || json_is_null(value);
}

static bool format_count(const json_t *value, const void *context, struct buf *out)
{
    char digits[32];
    size_t length;

    (void)context;
    if (!json_is_integer(value)) {
        buf_add_text(out, unknown);
        return json_is_null(value);
    }
    snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
    length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
            buf_add_char(out, ',');
        buf_add_char(out, digits[i]);
    }
    return true;
}

static bool format_duration(const json_t *value, const void *context, struct buf *out)
{
    char text[WHEN_TEXT];

    (void)context;
    buf_add_text(out, json_is_integer(value) ? when_duration(text, json_integer_value(value)) : unknown);
    return json_is_integer(value) || json_is_null(value);
}

static bool format_milliseconds(const json_t *value, const void *context, struct buf *out)
{
    char text[WHEN_TEXT];

    (void)context;
    if (json_is_integer(value) && json_integer_value(value) < 1000)
        buf_printf(out, "%lld ms", (long long)json_integer_value(value));
    else
        buf_add_text(out, json_is_integer(value) ? when_duration(text, json_integer_value(value) / 1000)
                                                 : unknown);
    return json_is_integer(value) || json_is_null(value);
}

static bool format_words(const json_t *value, const void *context, struct buf *out)
{
    const char *text = json_is_null(value) ? unknown : json_string_value(value);

    (void)context;
    if (text == NULL)
        return false;
    if (strcmp(text, "ok") == 0)
        text = "OK";
    for (const char *c = text; *c != '\0'; c++) {
        if (c == text && *c >= 'a' && *c <= 'z')
            buf_add_char(out, (char)(*c - 'a' + 'A'));
        else
            buf_add_char(out, *c == '_' ? ' ' : *c);
    }
    return true;
}

/* Sentences of documents begin small, because commands put something in front of them. */
static bool format_sentence(const json_t *value, const void *context, struct buf *out)
{
    const char *text = json_is_null(value) ? unknown : json_string_value(value);

    (void)context;
    if (text == NULL)
        return false;
    if (*text >= 'a' && *text <= 'z')
        buf_add_char(out, (char)(*text++ - 'a' + 'A'));
    buf_add_text(out, text);
    return true;
}

static bool write_items(const json_t *value, const char *between, struct buf *out)
{
    if (json_is_null(value))
        return true;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));

        if (text == NULL)
            return false;
        if (i > 0)
            buf_add_text(out, between);
        buf_add_text(out, text);
    }
    return json_is_array(value);
}

static bool format_lines(const json_t *value, const void *context, struct buf *out)
{
    (void)context;
    return write_items(value, "\n", out);
}

static bool format_list(const json_t *value, const void *context, struct buf *out)
{
    (void)context;
    return write_items(value, ", ", out);
}

static bool format_known(const json_t *value, const void *context, struct buf *out)
{
    (void)context;
    if (json_is_null(value))
        buf_add_text(out, unknown);
    else if (json_is_string(value))
        buf_add_text(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else
        return false;
    return true;
}

const struct template_formatter web_formatters[] = {
    {"ago", format_ago},     {"minute", format_minute},     {"bytes", format_bytes},
    {"count", format_count}, {"duration", format_duration}, {"milliseconds", format_milliseconds},
    {"words", format_words}, {"sentence", format_sentence}, {"lines", format_lines},
    {"list", format_list},   {"known", format_known},       {NULL, NULL},
};
