/* What ssh -v prints: the fingerprint it shows, and the reason of a failure. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "engine/host_key.h"
#include "engine/rsync_output.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = arena_copy(&arena, data, size);
    const char *fingerprint = host_key_shown(&arena, text);
    struct rsync_output output = {0};

    assert(fingerprint == NULL || strpbrk(fingerprint, " \t\r\n") == NULL);
    rsync_output_init(&output, &arena);
    rsync_output_feed(&output, 2, text, size);
    rsync_output_finish(&output);
    rsync_output_release(&output);
    assert(output.first_error == NULL || !text_has_control(output.first_error));
    assert(output.stats.sent == -1 && output.stats.received == -1);
    return 0;
}
