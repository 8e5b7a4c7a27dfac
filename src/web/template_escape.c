/* The escapers, one for each place. */
#include "web/template_escape.h"

#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* The length of a character at `text` that must not reach a page: C0 but tab and line feed, DEL, C1, and what turns
 * the direction (U+202A to U+202E, U+2066 to U+2069, U+200E, U+200F, U+061C). 0: it may. */
static size_t unwanted(const char *text, size_t size)
{
    const unsigned char *c = (const unsigned char *)text;

    if ((c[0] < 0x20 && c[0] != '\t' && c[0] != '\n') || c[0] == 0x7f)
        return 1;
    if (size >= 2 && ((c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) || (c[0] == 0xd8 && c[1] == 0x9c)))
        return 2;
    if (size >= 3 && c[0] == 0xe2 &&
        ((c[1] == 0x80 && ((c[2] >= 0xaa && c[2] <= 0xae) || c[2] == 0x8e || c[2] == 0x8f)) ||
         (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)))
        return 3;
    return 0;
}

static void escape_html(struct buf *out, const char *text, size_t size)
{
    size_t begin = 0;

    for (size_t i = 0; i < size;) {
        const char *instead = entity(text[i]);
        size_t length = instead != NULL ? 1 : unwanted(text + i, size - i);

        if (length == 0) {
            i++;
            continue;
        }
        buf_add(out, text + begin, i - begin);
        buf_add_text(out, instead != NULL ? instead : "\xef\xbf\xbd");
        i += length;
        begin = i;
    }
    buf_add(out, text + begin, size - begin);
}

static void escape_url_part(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (is_word(text[i]) || strchr("-._~", text[i]) != NULL)
            buf_add_char(out, text[i]);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)text[i]);
    }
}

/* Browsers drop tab, line feed and blanks at the beginning and take "\" for "/", so none of these may come before what
 * is looked at here. */
static bool is_harmless_url(const char *text)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:"};

    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == '\\')
            return false;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return true;
    if (text[0] == '/')
        return text[1] != '/';
    /* Relative: nothing that could be taken for a scheme. */
    return text[strcspn(text, ":/?#")] != ':';
}

void template_escape(struct buf *out, const char *text, size_t size, enum template_escape escape)
{
    switch (escape) {
    case ESCAPE_HTML:
        escape_html(out, text, size);
        return;
    case ESCAPE_URL_START:
        if (strlen(text) == size && is_harmless_url(text))
            escape_html(out, text, size);
        else
            buf_add_char(out, '#');
        return;
    case ESCAPE_URL_PATH:
    case ESCAPE_URL_QUERY:
        escape_url_part(out, text, size);
        return;
    case ESCAPE_NOT:
        buf_add(out, text, size);
        return;
    }
}
