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

static const char *const documents[] = {
#define READER_DOCUMENT_NAME(document, name) [document] = name,
    READER_DOCUMENT_LIST(READER_DOCUMENT_NAME)
#undef READER_DOCUMENT_NAME
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

static json_t *find_json(const struct find_wish *find)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", find->name, "since", (json_int_t)find->since,
                     "until", (json_int_t)find->until, "min_size", (json_int_t)find->min_size, "max_size",
                     (json_int_t)find->max_size);
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
    if (request->verb == READER_DOCUMENT)
        put(object, "document", documents[request->document]);
    if (request->verb == READER_LOG)
        json_object_set_new(object, "run", json_integer((json_int_t)request->run));
    json_object_set_new(object, "path", coded(request->path != NULL ? request->path : ""));
    put(object, "filter", request->wish.filter);
    if (request->wish.after != NULL)
        json_object_set_new(object, "after", coded(request->wish.after));
    put(object, "order", orders[request->wish.order]);
    json_object_set_new(object, "reverse", json_boolean(request->wish.reverse));
    json_object_set_new(object, "offset", json_integer((json_int_t)request->wish.offset));
    json_object_set_new(object, "limit", json_integer((json_int_t)request->wish.limit));
    put(object, "format", pack_format_name(request->format));
    if (request->basket)
        json_object_set_new(object, "basket", json_true());
    if (request->verb == READER_FIND)
        json_object_set_new(object, "find", find_json(&request->find));
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

static int read_find(struct arena *arena, const json_t *object, struct find_wish *find, struct err *err)
{
    json_int_t since, until, min_size, max_size;

    if (json_unpack((json_t *)(uintptr_t)object, "{s:I, s:I, s:I, s:I}", "since", &since, "until", &until,
                    "min_size", &min_size, "max_size", &max_size) < 0)
        return invalid("find", err);
    *find = (struct find_wish){text_of(arena, object, "name"), since, until, min_size, max_size};
    return find->name != NULL && is_name(find->name) ? 0 : invalid("name", err);
}

/* Which of `count` names a member is; `count`: none. */
static int index_of(const json_t *object, const char *key, const char *const *names, int count)
{
    const char *name = json_string_value(json_object_get(object, key));
    int index = 0;

    while (index < count && (name == NULL || strcmp(names[index], name) != 0))
        index++;
    return index;
}

/* What says whom it is about. */
static int read_subject(const json_t *object, struct reader_request *request, struct err *err)
{
    bool is_document = request->verb == READER_DOCUMENT, is_log = request->verb == READER_LOG;
    bool may_be_of_all = is_document || is_log || request->verb == READER_FIND;

    request->document = (enum reader_document)index_of(object, "document", documents, READER_DOCUMENT__MAX);
    if (is_document && request->document == READER_DOCUMENT__MAX)
        return invalid("document", err);
    if (is_log && read_number(object, "run", INT64_MAX, &request->run, err) < 0)
        return -1;
    if (request->host == NULL)
        return may_be_of_all ? 0 : invalid("host", err);
    return rule_host_name(request->host, err) < 0 ? invalid("host", err) : 0;
}

static int read_request(struct arena *arena, const json_t *object, struct reader_request *request,
                        struct err *err)
{
    const char *format = json_string_value(json_object_get(object, "format"));
    const char *path = decoded(arena, object, "path");
    int index = index_of(object, "do", verbs, READER_VERB__MAX);

    if (index == READER_VERB__MAX)
        return invalid("do", err);
    request->verb = (enum reader_verb)index;
    request->actor = text_of(arena, object, "actor");
    request->origin = text_of(arena, object, "origin");
    request->host = text_of(arena, object, "host");
    request->snapshot = text_of(arena, object, "snapshot");
    request->other = text_of(arena, object, "other");
    request->basket = json_is_true(json_object_get(object, "basket"));
    if (request->actor == NULL || !is_name(request->actor) || request->origin == NULL ||
        !is_name(request->origin))
        return invalid("actor", err);
    if (read_subject(object, request, err) < 0)
        return -1;
    if (!is_name(request->snapshot) || !is_name(request->other) ||
        ((request->verb == READER_DIFF || request->verb == READER_LINES) &&
         (request->snapshot == NULL || request->other == NULL)))
        return invalid("snapshot", err);
    request->format = format != NULL ? pack_format_parse(format) : PACK__MAX;
    if (request->format == PACK__MAX)
        return invalid("format", err);
    if (path == NULL || place_path(arena, arena_printf(arena, "/%s", path), &request->path, err) < 0)
        return invalid("path", err);
    if (request->verb == READER_FIND &&
        read_find(arena, json_object_get(object, "find"), &request->find, err) < 0)
        return -1;
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
