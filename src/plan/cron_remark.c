/* What a change of the clocks does to a time of a cron expression. */
#include "plan/cron.h"

/* The clocks leapt to this moment: the first local minute they left out that the expression names. Fixed times are the
 * same in every zone, so that UTC serves to look for them. */
static bool leapt_over(const struct cron *cron, const struct zone *zone, int64_t at, int64_t *local)
{
    struct zone_span span = zone_span(zone, at);
    int64_t gap;

    if (span.begin != at)
        return false;
    gap = at + zone_offset(zone, at - 1)->offset;
    return gap < at + span.type->offset && cron_next(cron, &zone_universal, gap - 1, local) &&
           *local < at + span.type->offset;
}

const char *cron_remark(struct arena *arena, const struct cron *cron, const struct zone *zone, int64_t at)
{
    int64_t shown = zone_local_seconds(zone, at), named;
    struct civil runs = when_civil(shown), civil;

    if (cron->follows_clock)
        return NULL;
    if (leapt_over(cron, zone, at, &named)) {
        civil = when_civil(named);
        return arena_printf(arena, "%02d:%02d does not exist on %04d-%02d-%02d; runs %02d:%02d", civil.hour,
                            civil.minute, (int)civil.year, civil.month, civil.day, runs.hour, runs.minute);
    }
    if (zone_utc(zone, shown).count == 2)
        return arena_printf(arena, "%02d:%02d comes twice on %04d-%02d-%02d; runs the first time", runs.hour,
                            runs.minute, (int)runs.year, runs.month, runs.day);
    return NULL;
}
