/* purges.jsonl from a disk: what is taken is of this host, and each purge is there once. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "service/purge_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct purge_records records;

    purge_records_parse(&arena, "web1", (const char *)data, size, &records);
    assert(records.problems.count <= records.unreadable);
    for (size_t i = 0; i < records.count; i++) {
        const struct purge *purge = &records.purges[i];

        assert(purge->id > 0 && strcmp(purge->host, "web1") == 0 && purge->kind < KIND__MAX);
        assert(strchr(purge->snapshot, '/') == NULL && purge->reason[0] != '\0');
        for (size_t j = 0; j < i && j < 100; j++)
            assert(records.purges[j].id != purge->id ||
                   strcmp(records.purges[j].snapshot, purge->snapshot) != 0);
    }
    return 0;
}
