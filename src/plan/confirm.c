/* What a claimed snapshot counts as. */
#include "plan/confirm.h"

#include <string.h>

static struct confirm stays(const char *why)
{
    return (struct confirm){SNAPSHOT_CLAIMED, why};
}

static bool differs(int64_t claimed, int64_t found)
{
    return claimed >= 0 && claimed != found;
}

struct confirm confirm_plan(struct arena *arena, const struct confirm_facts *facts)
{
    const struct run_stats *claim = &facts->figures, *scan = &facts->scan;

    if (facts->scan_problem != NULL)
        return stays(arena_printf(arena, "its tree cannot be read: %s", facts->scan_problem));
    if (facts->problem != NULL)
        return stays(arena_printf(arena, "its metadata cannot be read: %s", facts->problem));
    if (facts->claimed_host != NULL && strcmp(facts->claimed_host, facts->host) != 0)
        return stays(arena_printf(arena, "its metadata is of host \"%s\"", facts->claimed_host));
    if (facts->claimed_name != NULL && strcmp(facts->claimed_name, facts->name) != 0)
        return stays(arena_printf(arena, "its metadata is of snapshot \"%s\"", facts->claimed_name));
    if (facts->has_metadata && facts->claimed == SNAPSHOT_UNKNOWN)
        return stays("its metadata claims no success");
    if (facts->ours && (differs(claim->files, scan->files) ||
                        differs(claim->directories, scan->directories) || differs(claim->bytes, scan->bytes)))
        return stays(arena_printf(arena,
                                  "its tree has %lld files and %lld bytes, its metadata says %lld and %lld",
                                  (long long)scan->files, (long long)scan->bytes, (long long)claim->files,
                                  (long long)claim->bytes));
    if (!facts->ours && scan->files == 0)
        return stays("its tree is empty");
    return (struct confirm){facts->has_metadata ? facts->claimed : SNAPSHOT_SUCCESS, NULL};
}
