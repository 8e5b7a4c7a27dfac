/* The request of a run as JSON. */
#include "service/run_request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *run_request_text(struct arena *arena, const struct run_request *request)
{
    json_t *object = json_object();
    const char *result = NULL;
    char *text;

    if (request->prune)
        json_object_set_new(object, "prune", json_true());
    if (json_object_size(object) > 0) {
        text = json_dumps(object, JSON_COMPACT);
        result = arena_strdup(arena, text);
        free(text);
    }
    json_decref(object);
    return result;
}

static int read_member(const char *name, json_t *value, struct run_request *request, struct err *err)
{
    if (strcmp(name, "prune") == 0 && json_is_boolean(value)) {
        request->prune = json_is_true(value);
        return 0;
    }
    return err_set(err, ERR_INVALID, "the request of the run has a member \"%s\" that is not understood",
                   name);
}

int run_request_parse(const char *text, struct run_request *request, struct err *err)
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
    json_object_foreach(object, name, value) if (result == 0) result = read_member(name, value, request, err);
    json_decref(object);
    return result;
}
