/* meta.json from a disk: what is taken has a host, a name of our grammar, a kind and a status that make sense. */
#include <assert.h>
#include <string.h>

#include "engine/snapshot_meta.h"
#include "fuzz.h"
#include "plan/snapshot_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct snapshot_meta meta;
    struct err err;

    if (snapshot_meta_parse(&arena, (const char *)data, size, &meta, &err) < 0) {
        assert(err.message[0] != '\0');
        return 0;
    }
    assert(meta.host != NULL && snapshot_name_is_ours(meta.name));
    assert(meta.kind < KIND__MAX && meta.status < SNAPSHOT__MAX && meta.cause < CAUSE__MAX);
    return 0;
}
