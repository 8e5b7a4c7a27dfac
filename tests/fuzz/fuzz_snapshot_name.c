/* Names of snapshots: what is taken is what the grammar says, and a name made after it is greater. */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/when.h"
#include "fuzz.h"
#include "plan/snapshot_name.h"

/* A name that is made after `newest` is one of ours, and later than it. */
static void check_next(const char *newest, int64_t newest_when, int64_t now)
{
    char next[SNAPSHOT_NAME_SIZE];
    int64_t when;

    snapshot_name_plan(next, now, newest, 0);
    assert(snapshot_name_is_ours(next));
    assert(snapshot_name_is_candidate(next, &when));
    assert(when > newest_when || strncmp(next, "99991231-235959", 15) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *name = arena_copy(&arena, data, size);
    char compact[WHEN_TEXT];
    int64_t when = 0, now = 0;

    if (snapshot_name_is_candidate(name, &when)) {
        assert(strncmp(when_compact(compact, when), name, 15) == 0);
        memcpy(&now, data, size < sizeof now ? size : sizeof now);
        check_next(name, when, now);
        check_next(name, when, when);
        check_next(name, when, 0);
    } else {
        assert(!snapshot_name_is_ours(name));
    }
    assert(!snapshot_name_is_ours(name) || strlen(name) == SNAPSHOT_NAME_SIZE - 1);
    return 0;
}
