/* host.json and global.json from a disk: what is taken has passed the rules of the command line. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "plan/snapshot_name.h"
#include "service/host_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct host_record record;
    struct config config;
    struct err err;
    int64_t when;

    if (global_record_parse(&arena, (const char *)data, size, &config, &err) == 0)
        assert(config_check(&config, &err) == 0 && config.backup_root == NULL);
    else
        assert(err.message[0] != '\0');
    if (host_record_parse(&arena, "web1", (const char *)data, size, &record, &err) < 0) {
        assert(err.message[0] != '\0');
        return 0;
    }
    assert(strcmp(record.host, "web1") == 0 && config_check(&record.config, &err) == 0);
    assert(record.config.address[0] != '\0');
    for (size_t i = 0; i < record.key_count; i++)
        assert(strncmp(record.keys[i].fingerprint, "SHA256:", 7) == 0);
    for (size_t i = 0; i < record.decision_count; i++) {
        const char *name = record.decisions[i].name;

        assert(snapshot_name_is_candidate(name, &when) && strchr(name, '/') == NULL);
        assert(host_record_decision(&record, name) == &record.decisions[i]);
    }
    return 0;
}
