/* Requests to the reader, written and read. */
#include "service/reader_request.h"

#include <string.h>

#include <sodium.h>

#include "model/place.h"
#include "model/rule.h"

static const char *const verbs[] = {
#define READER_VERB_NAME(verb, name) [verb] = name,
    READER_VERB_LIST(READER_VERB_NAME)
#undef READER_VERB_NAME
};

static const char *const orders[] = {"name", "size", "time"};

static json_t *coded(const char *bytes)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    size_t size = strlen(bytes), room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(&arena, room);

    sodium_bin2base64(text, room, (const unsigned char *)bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return json_string(text);
}

static void put(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, key, json_string(text));
}

json_t *reader_request_json(const struct reader_request *request)
{
    json_t *object = json_object();

    put(object, "do", verbs[request->verb]);
    put(object, "actor", request->actor);
    put(object, "origin", request->origin);
    put(object, "host", request->host);
    put(object, "snapshot", request->snapshot);
    put(object, "other", request->other);
    json_object_set_new(object, "path", coded(request->path));
    put(object, "filter", request->wish.filter);
    if (request->wish.after != NULL)
        json_object_set_new(object, "after", coded(request->wish.after));
    put(object, "order", orders[request->wish.order]);
    json_object_set_new(object, "reverse", json_boolean(request->wish.reverse));
    json_object_set_new(object, "offset", json_integer((json_int_t)request->wish.offset));
    json_object_set_new(object, "limit", json_integer((json_int_t)request->wish.limit));
    put(object, "format", pack_format_name(request->format));
    return object;
}

static int invalid(const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID, "a request to the reader has no valid \"%s\"", what);
}

/* A text of the object, in the arena; NULL when there is none. */
static const char *text_of(struct arena *arena, const json_t *object, const char *key)
{
    return arena_strdup(arena, json_string_value(json_object_get(object, key)));
}

static const char *decoded(struct arena *arena, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    size_t room = text != NULL ? strlen(text) + 1 : 0, size;
    char *bytes;

    if (text == NULL)
        return NULL;
    bytes = arena_alloc(arena, room);
    if (sodium_base642bin((unsigned char *)bytes, room - 1, text, room - 1, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    bytes[size] = '\0';
    return strlen(bytes) == size ? bytes : NULL;
}

/* Names are looked up among those that are known; all that matters is that they are short. */
static bool is_name(const char *text)
{
    return text == NULL || (text[0] != '\0' && strlen(text) <= 255);
}

static int read_number(const json_t *object, const char *key, json_int_t max, size_t *number, struct err *err)
{
    const json_t *member = json_object_get(object, key);
    json_int_t value = json_integer_value(member);

    if (!json_is_integer(member) || value < 0 || value > max)
        return invalid(key, err);
    *number = (size_t)value;
    return 0;
}

static int read_wish(struct arena *arena, const json_t *object, struct listing_wish *wish, struct err *err)
{
    const char *order = json_string_value(json_object_get(object, "order"));
    size_t index = 0;

    wish->filter = text_of(arena, object, "filter");
    wish->after = decoded(arena, object, "after");
    wish->reverse = json_is_true(json_object_get(object, "reverse"));
    while (index < 3 && (order == NULL || strcmp(orders[index], order) != 0))
        index++;
    if (index == 3)
        return invalid("order", err);
    wish->order = (enum listing_order)index;
    if (read_number(object, "offset", INT32_MAX, &wish->offset, err) < 0 ||
        read_number(object, "limit", READER_PAGE_MAX, &wish->limit, err) < 0)
        return -1;
    return wish->limit == 0 ? invalid("limit", err) : 0;
}

static int read_request(struct arena *arena, const json_t *object, struct reader_request *request,
                        struct err *err)
{
    const char *verb = json_string_value(json_object_get(object, "do"));
    const char *format = json_string_value(json_object_get(object, "format"));
    const char *path = decoded(arena, object, "path");
    int index = 0;

    while (index < READER_VERB__MAX && (verb == NULL || strcmp(verbs[index], verb) != 0))
        index++;
    if (index == READER_VERB__MAX)
        return invalid("do", err);
    request->verb = (enum reader_verb)index;
    request->actor = text_of(arena, object, "actor");
    request->origin = text_of(arena, object, "origin");
    request->host = text_of(arena, object, "host");
    request->snapshot = text_of(arena, object, "snapshot");
    request->other = text_of(arena, object, "other");
    if (request->actor == NULL || !is_name(request->actor) || request->origin == NULL ||
        !is_name(request->origin))
        return invalid("actor", err);
    if (request->host == NULL || rule_host_name(request->host, err) < 0)
        return invalid("host", err);
    if (!is_name(request->snapshot) || !is_name(request->other) ||
        (request->verb == READER_DIFF && (request->snapshot == NULL || request->other == NULL)))
        return invalid("snapshot", err);
    request->format = format != NULL ? pack_format_parse(format) : PACK__MAX;
    if (request->format == PACK__MAX)
        return invalid("format", err);
    if (path == NULL || place_path(arena, arena_printf(arena, "/%s", path), &request->path, err) < 0)
        return invalid("path", err);
    return read_wish(arena, object, &request->wish, err);
}

int reader_request_parse(struct arena *arena, const char *text, size_t size, struct reader_request *request,
                         struct err *err)
{
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    int result;

    *request = (struct reader_request){0};
    result = json_is_object(object) ? read_request(arena, object, request, err) : invalid("form", err);
    json_decref(object);
    return result;
}
