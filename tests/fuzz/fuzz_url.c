/* Paths, queries and forms of any bytes: what is read is well-formed, and can be written and read again. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "web/url.h"

static void check_path(struct arena *arena, const char *text)
{
    struct list parts, again;
    struct err err = {0};
    const char *written = "";

    if (url_parse_path(arena, text, &parts, &err) < 0) {
        assert(err.code == ERR_USAGE);
        return;
    }
    for (size_t i = 0; i < parts.count; i++) {
        const char *part = parts.items[i];

        assert(*part != '\0' && strchr(part, '/') == NULL && !text_has_control(part));
        assert(strcmp(part, ".") != 0 && strcmp(part, "..") != 0 && text_is_utf8(part, strlen(part)));
        written = arena_printf(arena, "%s/%s", written, url_encode(arena, part, false));
    }
    if (parts.count > 0) {
        assert(url_parse_path(arena, written, &again, &err) == 0 && again.count == parts.count);
        for (size_t i = 0; i < parts.count; i++)
            assert(strcmp(parts.items[i], again.items[i]) == 0);
    }
}

static void check_form(struct arena *arena, const uint8_t *data, size_t size)
{
    struct url_pairs pairs;
    struct err err = {0};

    if (url_parse_form(arena, (const char *)data, size, &pairs, &err) < 0) {
        assert(err.code == ERR_USAGE);
        return;
    }
    assert(pairs.count <= URL_PAIRS_MAX);
    for (size_t i = 0; i < pairs.count; i++) {
        assert(text_is_utf8(pairs.pairs[i].name, strlen(pairs.pairs[i].name)));
        assert(text_is_utf8(pairs.pairs[i].value, strlen(pairs.pairs[i].value)));
        assert(url_pairs_get(&pairs, pairs.pairs[i].name) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = arena_copy(&arena, data, size);

    check_path(&arena, text);
    check_form(&arena, data, size);
    if (url_is_local(text))
        assert(text[0] == '/' && text[1] != '/' && text[1] != '\\');
    return 0;
}
