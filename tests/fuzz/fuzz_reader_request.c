/* Requests to the reader: whatever comes over the socket, what is taken is bounded, and means the same when written again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "service/reader_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct reader_request request, again;
    struct err err;
    json_t *object;
    char *text;

    if (reader_request_parse(&arena, (const char *)data, size, &request, &err) < 0)
        return 0;
    assert(request.verb < READER_VERB__MAX && request.format < PACK__MAX);
    assert(request.wish.limit > 0 && request.wish.limit <= READER_PAGE_MAX);
    assert(request.path[0] != '/' && strncmp(request.path, "../", 3) != 0 &&
           strstr(request.path, "/../") == NULL);
    object = reader_request_json(&request);
    text = json_dumps(object, JSON_COMPACT);
    assert(text != NULL);
    assert(reader_request_parse(&arena, text, strlen(text), &again, &err) == 0);
    assert(again.verb == request.verb && strcmp(again.path, request.path) == 0);
    assert(again.host == NULL ? request.host == NULL : strcmp(again.host, request.host) == 0);
    assert(request.verb != READER_DOCUMENT || again.document == request.document);
    assert(request.verb != READER_LOG || again.run == request.run);
    free(text);
    json_decref(object);
    return 0;
}
