/* Metadata of whatever origin: a claim never holds more than it may, whatever the bytes. */
#include <assert.h>

#include "engine/snapshot_claim.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct snapshot_claim claim;

    snapshot_claim_parse(&arena, "meta.yaml", (const char *)data, size, &claim);
    assert(claim.status == SNAPSHOT_UNKNOWN || claim.status == SNAPSHOT_SUCCESS ||
           claim.status == SNAPSHOT_WARNING || claim.status == SNAPSHOT_PARTIAL);
    assert(claim.kind <= KIND__MAX);
    assert(claim.problem == NULL || (!claim.ours && claim.host == NULL));
    return 0;
}
