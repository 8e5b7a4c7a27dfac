/* What other tools leave on disk: a listing as lines "name|names inside|seconds", then an empty line, then a dirvish
 * summary for all. Nothing is taken that has no time, no name of ours, or no place below the tool's directory. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "plan/adoption.h"

enum { ENTRIES_MAX = 64 };

static void add_entry(struct arena *arena, char *line, const char *summary, struct adoption_entry *entry)
{
    char *inside = strchr(line, '|'), *seconds = inside == NULL ? NULL : strchr(inside + 1, '|');

    *entry = (struct adoption_entry){.name = line, .is_directory = inside != NULL, .summary = summary};
    if (inside == NULL)
        return;
    *inside++ = '\0';
    if (seconds != NULL) {
        *seconds++ = '\0';
        entry->modified = strtoll(seconds, NULL, 10);
    }
    for (char *name = strtok_r(inside, ",", &inside); name != NULL; name = strtok_r(NULL, ",", &inside))
        list_add(arena, &entry->inside, name);
}

static void check(const struct adoption *adoption, const struct adoption_facts *facts)
{
    assert(adoption->count == facts->count && adoption->taken <= adoption->count);
    for (size_t i = 0; i < adoption->count; i++) {
        const struct adoption_item *item = &adoption->items[i];

        assert((item->reason == NULL) == (i < adoption->taken));
        assert(item->source != NULL);
        if (item->reason == NULL)
            assert(item->when > 0 && item->when <= facts->now && snapshot_name_is_ours(item->name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    char *text = arena_copy(&arena, (const char *)data, size), *rest = text;
    char *summary = strstr(text, "\n\n");
    struct adoption_entry entries[ENTRIES_MAX];
    struct adoption_facts facts = {
        .path = "/old", .host = "web1", .entries = entries, .zone = &zone_universal, .now = 1800000000};

    if (summary != NULL) {
        *summary = '\0';
        summary += 2;
    }
    for (char *line; facts.count < ENTRIES_MAX && (line = strtok_r(rest, "\n", &rest)) != NULL;)
        add_entry(&arena, line, summary, &entries[facts.count++]);
    for (facts.tool = 0; facts.tool < ADOPTION_TOOL__MAX; facts.tool++) {
        struct adoption adoption = adoption_plan(&arena, &facts);

        check(&adoption, &facts);
    }
    return 0;
}
