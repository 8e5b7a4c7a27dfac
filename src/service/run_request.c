/* The request of a run as JSON. */
#include "service/run_request.h"

#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The members that are text. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"plan", offsetof(struct run_request, plan)},
    {"manual_plan", offsetof(struct run_request, manual_plan)},
    {"snapshot", offsetof(struct run_request, snapshot)},
    {"reason", offsetof(struct run_request, reason)},
    {"path", offsetof(struct run_request, path)},
    {"fingerprint", offsetof(struct run_request, fingerprint)},
    {"to_host", offsetof(struct run_request, to_host)},
    {"to", offsetof(struct run_request, to)},
    {"chosen", offsetof(struct run_request, chosen)},
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

/* The members that are true or not there. */
static const struct {
    const char *name;
    size_t offset;
} flags[] = {
    {"prune", offsetof(struct run_request, prune)},
    {"confirm", offsetof(struct run_request, confirm)},
    {"adopt", offsetof(struct run_request, adopt)},
    {"replace", offsetof(struct run_request, replace)},
    {"plan_only", offsetof(struct run_request, plan_only)},
};
enum { FLAGS = sizeof flags / sizeof flags[0] };

static const char **text_member(const struct run_request *request, size_t i)
{
    return (const char **)(void *)((uintptr_t)request + texts[i].offset);
}

static bool *flag_member(const struct run_request *request, size_t i)
{
    return (bool *)((uintptr_t)request + flags[i].offset);
}

const char *run_request_text(struct arena *arena, const struct run_request *request)
{
    json_t *object = json_object();
    const char *result = NULL;
    char *text;

    for (size_t i = 0; i < FLAGS; i++)
        if (*flag_member(request, i))
            json_object_set_new(object, flags[i].name, json_true());
    if (request->has_limit)
        json_object_set_new(object, "max_delete", json_integer(request->max_delete));
    for (size_t i = 0; i < TEXTS; i++)
        if (*text_member(request, i) != NULL)
            json_object_set_new(object, texts[i].name, json_string(*text_member(request, i)));
    if (json_object_size(object) > 0) {
        text = json_dumps(object, JSON_COMPACT);
        result = arena_strdup(arena, text);
        free(text);
    }
    json_decref(object);
    return result;
}

static int read_member(struct arena *arena, const char *name, json_t *value, struct run_request *request,
                       struct err *err)
{
    for (size_t i = 0; i < TEXTS; i++)
        if (strcmp(name, texts[i].name) == 0 && json_is_string(value)) {
            *text_member(request, i) = arena_strdup(arena, json_string_value(value));
            return 0;
        }
    if (strcmp(name, "max_delete") == 0 && json_is_integer(value) && json_integer_value(value) >= 0) {
        request->has_limit = true;
        request->max_delete = json_integer_value(value);
        return 0;
    }
    for (size_t i = 0; i < FLAGS; i++)
        if (strcmp(name, flags[i].name) == 0 && json_is_boolean(value)) {
            *flag_member(request, i) = json_is_true(value);
            return 0;
        }
    return err_set(err, ERR_INVALID, "the request of the run has a member \"%s\" that is not understood",
                   name);
}

int run_request_parse(struct arena *arena, const char *text, struct run_request *request, struct err *err)
{
    json_error_t error;
    json_t *object, *value;
    const char *name;
    int result = 0;

    *request = (struct run_request){0};
    if (text == NULL)
        return 0;
    object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(object)) {
        json_decref(object);
        return err_set(err, ERR_INVALID, "the request of the run is no JSON object");
    }
    json_object_foreach(object, name, value) if (result == 0) result =
        read_member(arena, name, value, request, err);
    json_decref(object);
    return result;
}
