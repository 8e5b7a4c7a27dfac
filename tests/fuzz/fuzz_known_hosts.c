/* A line of known_hosts: what is taken for a key can be written down and read again. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "engine/host_key.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char alias[] = "pobsync-web1";
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *line = arena_copy(&arena, data, size);
    struct host_key key, again;

    if (!host_key_parse(&arena, line, alias, &key))
        return 0;
    assert(text_is_utf8(key.type, strlen(key.type)) && !text_has_control(key.type));
    assert(strlen(key.fingerprint) == strlen("SHA256:") + 43);
    line = arena_printf(&arena, "%s %s %s\n", alias, key.type, key.key);
    assert(host_key_parse(&arena, line, alias, &again));
    assert(strcmp(key.type, again.type) == 0 && strcmp(key.key, again.key) == 0);
    assert(strcmp(key.fingerprint, again.fingerprint) == 0);
    return 0;
}
