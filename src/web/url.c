/* Reading targets and forms. */
#include "web/url.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { LOCAL_MAX = 2000 };

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes `size` bytes; `plus`: "+" is a blank. NULL with the error. */
static const char *decode(struct arena *arena, const char *text, size_t size, bool plus, struct err *err)
{
    char *decoded = arena_copy(arena, text, size);
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c == '%') {
            if (size - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
                err_set(err, ERR_USAGE, "a \"%%\" in the request is not followed by two hex digits");
                return NULL;
            }
            c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0') {
            err_set(err, ERR_USAGE, "the request holds a zero byte");
            return NULL;
        }
        decoded[length++] = c;
    }
    decoded[length] = '\0';
    if (text_is_utf8(decoded, length))
        return decoded;
    err_set(err, ERR_USAGE, "the request holds bytes that are not UTF-8");
    return NULL;
}

static int add_part(struct arena *arena, const char *text, size_t size, struct list *parts, struct err *err)
{
    const char *part = decode(arena, text, size, false, err);

    if (part == NULL)
        return -1;
    if (*part == '\0' || strcmp(part, ".") == 0 || strcmp(part, "..") == 0 || strchr(part, '/') != NULL ||
        text_has_control(part))
        return err_set(err, ERR_USAGE, "the path of the request has an empty, relative or unprintable part");
    list_add(arena, parts, part);
    return 0;
}

int url_parse_path(struct arena *arena, const char *path, struct list *parts, struct err *err)
{
    *parts = (struct list){0};
    if (path[0] != '/')
        return err_set(err, ERR_USAGE, "the path of the request does not begin with \"/\"");
    for (const char *part = path + 1; *part != '\0';) {
        size_t length = strcspn(part, "/");

        if (add_part(arena, part, length, parts, err) < 0)
            return -1;
        part += length + (part[length] == '/');
    }
    return 0;
}

void url_pairs_add(struct arena *arena, struct url_pairs *pairs, const char *name, const char *value)
{
    /* Room doubles at 8, 16, 32 … */
    if (pairs->count == 0 || (pairs->count >= 8 && (pairs->count & (pairs->count - 1)) == 0)) {
        size_t room = pairs->count == 0 ? 8 : 2 * pairs->count;
        struct url_pair *moved = arena_alloc(arena, room * sizeof *moved);

        if (pairs->count > 0)
            memcpy(moved, pairs->pairs, pairs->count * sizeof *moved);
        pairs->pairs = moved;
    }
    pairs->pairs[pairs->count++] = (struct url_pair){name, value};
}

int url_parse_form(struct arena *arena, const char *text, size_t size, struct url_pairs *pairs,
                   struct err *err)
{
    const char *limit = text + size;

    *pairs = (struct url_pairs){0};
    while (text < limit) {
        const char *next = memchr(text, '&', (size_t)(limit - text));
        const char *end = next == NULL ? limit : next;
        const char *equals = memchr(text, '=', (size_t)(end - text));
        const char *name, *value = "";

        if (pairs->count == URL_PAIRS_MAX)
            return err_set(err, ERR_USAGE, "the request has more than %d fields", URL_PAIRS_MAX);
        if (end > text) {
            name = decode(arena, text, (size_t)((equals == NULL ? end : equals) - text), true, err);
            if (equals != NULL)
                value = decode(arena, equals + 1, (size_t)(end - equals - 1), true, err);
            if (name == NULL || value == NULL)
                return -1;
            url_pairs_add(arena, pairs, name, value);
        }
        text = end + 1;
    }
    return 0;
}

const char *url_pairs_get(const struct url_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->pairs[i].name, name) == 0)
            return pairs->pairs[i].value;
    return NULL;
}

const char *url_encode(struct arena *arena, const char *text, bool slash)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    BUF_SCOPED encoded = BUF_EMPTY;

    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL || (slash && *text == '/'))
            buf_add_char(&encoded, *text);
        else
            buf_printf(&encoded, "%%%02X", (unsigned)(unsigned char)*text);
    }
    return arena_strdup(arena, buf_text(&encoded));
}

bool url_is_local(const char *target)
{
    size_t length = strlen(target);

    return length > 0 && length <= LOCAL_MAX && target[0] == '/' && target[1] != '/' &&
           strchr(target, '\\') == NULL && !text_has_control(target);
}
