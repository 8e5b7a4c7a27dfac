/* A template of any bytes that loads: whatever the values are, they add nothing to its markup. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "web/template.h"

static bool format_word(const json_t *value, const void *context, struct buf *out)
{
    (void)value;
    (void)context;
    buf_add_text(out, "'\"><script>&x");
    return true;
}

static const struct template_formatter formatters[] = {{"word", format_word}, {NULL, NULL}};

static size_t count(const char *text, char c)
{
    size_t found = 0;

    for (; *text != '\0'; text++)
        found += *text == c;
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct template_source source = {"page", (const char *)data, size};
    json_t *document = json_pack("{s:s, s:[s, s], s:n, s:{s:s}}", "a", "'\"><script>&\n", "l", "\"<",
                                 "javascript:x", "n", "o", "a", "<");
    BUF_SCOPED out = BUF_EMPTY;
    struct template_set *set = NULL;
    struct err err = {0};

    if (template_set_load(&source, 1, formatters, &set, &err) < 0) {
        assert(err.code == ERR_INVALID && set == NULL);
    } else {
        /* Without a loop each "<" of the result is one of the template. */
        if (template_render(set, "page", &document, 1, NULL, &out, &err) == 0 &&
            memmem(data, size, "#each", 5) == NULL && memmem(data, size, "raw_html", 8) == NULL &&
            memchr(data, 0, size) == NULL) {
            BUF_SCOPED text = BUF_EMPTY;

            buf_add(&text, data, size);
            assert(count(buf_text(&out), '<') <= count(buf_text(&text), '<'));
            assert(count(buf_text(&out), '"') <= count(buf_text(&text), '"'));
        }
        template_set_free(&set);
    }
    json_decref(document);
    return 0;
}
