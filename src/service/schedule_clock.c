/* A schedule with its expression and its time zone read. */
#include "service/schedule_clock.h"

int schedule_clock_load(struct zone_cache *zones, const struct effective *global,
                        const struct schedule *schedule, struct schedule_clock *clock, struct err *err)
{
    size_t timezone = config_field_index(config_field("timezone"));

    *clock = (struct schedule_clock){.zone_name = schedule->timezone, .zone_origin = ORIGIN_NONE};
    if (clock->zone_name == NULL) {
        clock->zone_name = schedule->host_timezone;
        clock->zone_origin = ORIGIN_HOST;
    }
    if (clock->zone_name == NULL) {
        clock->zone_name = global->config.timezone;
        clock->zone_origin = global->origin[timezone];
    }
    if (schedule->cron == NULL)
        return err_set(err, ERR_INVALID, "the schedule has no cron expression");
    return cron_parse(schedule->cron, &clock->cron, err) < 0 ||
                   zone_cache_load(zones, clock->zone_name, &clock->zone, err) < 0
               ? -1
               : 0;
}
