/* Loading and rendering a template of one test. */
#ifndef TESTS_UNIT_WEB_PAGE_TEXT_H
#define TESTS_UNIT_WEB_PAGE_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "web/template.h"

/* Writes a number twice as large. */
static inline bool format_double(const json_t *value, const void *context, struct buf *out)
{
    (void)context;
    if (!json_is_integer(value))
        return false;
    buf_printf(out, "%lld", 2 * (long long)json_integer_value(value));
    return true;
}

/* Writes the text of the context, whatever the value. */
static inline bool format_context(const json_t *value, const void *context, struct buf *out)
{
    (void)value;
    buf_add_text(out, context);
    return true;
}

static const struct template_formatter test_formatters[] = {
    {"double", format_double}, {"context", format_context}, {NULL, NULL}};

/* "page" from `text`; `other` (may be NULL) is a template of that name. */
static inline int load_page(const char *text, const char *other, struct template_set **set, struct err *err)
{
    const struct template_source sources[] = {{"page", text, strlen(text)},
                                              {"other", other, other == NULL ? 0 : strlen(other)}};

    return template_set_load(sources, other == NULL ? 1 : 2, test_formatters, set, err);
}

static inline int render_page(const struct template_set *set, const char *json, struct buf *out,
                              struct err *err)
{
    json_t *outer = json_pack("{s:s}", "outside", "outer");
    json_t *inner = json_loads(json, JSON_DECODE_ANY, NULL);
    json_t *scopes[] = {outer, inner};
    int result;

    assert_non_null(inner);
    result = template_render(set, "page", scopes, 2, "<context>", out, err);
    json_decref(outer);
    json_decref(inner);
    return result;
}

/* What `text` becomes with this JSON. */
static inline void assert_page(const char *text, const char *other, const char *json, const char *expected)
{
    BUF_SCOPED out = BUF_EMPTY;
    struct template_set *set;
    struct err err = {0};

    if (load_page(text, other, &set, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    if (render_page(set, json, &out, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    assert_string_equal(buf_text(&out), expected);
    template_set_free(&set);
}

#endif
