/* Bytes of paths in addresses. */
#include "web/place_link.h"

#include <string.h>

#include <sodium.h>

#include "base/text.h"
#include "model/place.h"
#include "web/url.h"
#include "web/visit.h"

const char *place_link_bytes(struct arena *arena, const char *text)
{
    size_t room = strlen(text) + 1, size;
    char *bytes = arena_alloc(arena, room);

    if (sodium_base642bin((unsigned char *)bytes, room - 1, text, room - 1, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    bytes[size] = '\0';
    return strlen(bytes) == size ? bytes : NULL;
}

const char *place_link_coded(struct arena *arena, const char *bytes)
{
    size_t size = strlen(bytes), room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *coded = arena_alloc(arena, room);

    sodium_bin2base64(coded, room, (const unsigned char *)bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return coded;
}

int place_link_path(struct visit *visit, const char **path, struct err *err)
{
    const char *coded = visit_text(visit, "path_b64"), *plain = url_pairs_get(&visit->params, "path");

    if (coded != NULL) {
        plain = place_link_bytes(visit->arena, coded);
        if (plain == NULL)
            return err_set(err, ERR_INVALID, "path_b64 is no path in base64");
        plain += *plain == '/';
    }
    return place_path(visit->arena, arena_printf(visit->arena, "/%s", plain != NULL ? plain : ""), path, err);
}

const char *place_link(struct arena *arena, const char *host, const char *page, const char *snapshot,
                       const char *path)
{
    const char *base = arena_printf(arena, "/hosts/%s/%s%s%s", host, page, snapshot != NULL ? "/" : "",
                                    snapshot != NULL ? url_encode(arena, snapshot, false) : "");
    size_t size = strlen(path);

    if (text_is_utf8(path, size) && !text_has_control(path))
        return arena_printf(arena, "%s%s%s", base, path[0] != '\0' ? "/" : "", url_encode(arena, path, true));
    return arena_printf(arena, "%s?path_b64=%s", base,
                        url_encode(arena, place_link_coded(arena, path), false));
}

const char *place_link_name(struct arena *arena, const json_t *item, const char *key)
{
    const char *coded = json_string_value(json_object_get(item, arena_printf(arena, "%s_b64", key)));
    const char *plain = json_string_value(json_object_get(item, key));
    const char *bytes = coded != NULL ? place_link_bytes(arena, coded) : plain;

    return bytes != NULL ? bytes : "";
}

const char *place_link_shown(struct arena *arena, const char *bytes)
{
    return text_printable_dup(arena, bytes, strlen(bytes));
}
