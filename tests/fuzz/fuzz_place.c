/* Places in snapshots: whatever is typed, what comes out leads nowhere but down. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "model/place.h"

static void check_path(const char *path)
{
    assert(path[0] != '/');
    for (const char *part = path; *part != '\0'; part += strspn(part, "/")) {
        size_t size = strcspn(part, "/");

        assert(size > 0 && !(size == 2 && memcmp(part, "..", 2) == 0) && !(size == 1 && *part == '.'));
        part += size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = arena_copy(&arena, data, size);
    struct place place;
    struct err err;

    if (place_parse(&arena, text, &place, &err) == 0) {
        struct place again;

        check_path(place.path);
        assert(place_parse(&arena, place_text(&arena, place.host, place.snapshot, place.path), &again,
                           &err) == 0);
        assert(strcmp(again.path, place.path) == 0 && strcmp(again.host, place.host) == 0);
    }
    if (place_parse_pair(&arena, text, &place, &err) == 0)
        check_path(place.path);
    return 0;
}
