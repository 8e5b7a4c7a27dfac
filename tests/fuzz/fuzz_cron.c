/* Cron expressions: what is taken fires, at minutes that it names, can be said in words, and a scheduler agrees. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "plan/cron.h"
#include "plan/health.h"
#include "plan/schedule_due.h"

/* In UTC no clock changes, so that each time has to match. */
static void check_time(const struct cron *cron, int64_t time)
{
    struct civil civil = when_civil(time);
    bool day = (cron->days >> civil.day & 1) != 0, weekday = (cron->weekdays >> civil.weekday & 1) != 0;

    assert(civil.second == 0);
    assert((cron->minutes >> civil.minute & 1) != 0);
    assert((cron->hours >> civil.hour & 1) != 0);
    assert((cron->months >> civil.month & 1) != 0);
    assert(cron->any_day || cron->any_weekday ? day && weekday : day || weekday);
}

/* At each of its times one run is due, and the time after it is the next. */
static void check_due(const struct cron *cron, const int64_t times[5])
{
    struct schedule schedule = {.enabled = true, .host_enabled = true, .changed_at = times[0] - 1};

    for (size_t i = 0; i < 4; i++) {
        struct schedule_due due = schedule_due_plan(&schedule, cron, &zone_universal, times[i]);

        assert(due.slot == times[i] && due.missed == 0 && due.next == times[i + 1] && !due.clock_trouble);
        schedule.last_slot_at = due.slot;
        assert(schedule_due_plan(&schedule, cron, &zone_universal, times[i]).slot == 0);
    }
    schedule.last_slot_at = 0;
    assert(schedule_due_plan(&schedule, cron, &zone_universal, times[3]).missed == 3);
    assert(health_interval(cron, &zone_universal, times[0] - 1) >= times[1] - times[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = arena_copy(&arena, data, size);
    int64_t times[5], after = 1795381205;
    struct cron cron;
    struct err err = {0};

    if (cron_parse(text, &cron, &err) < 0) {
        assert(err.code == ERR_INVALID && err.message[0] != '\0');
        return 0;
    }
    assert(cron.minutes != 0 && cron.minutes >> 60 == 0 && cron.hours != 0 && cron.hours >> 24 == 0);
    assert(cron.days != 0 && (cron.days & 1) == 0 && cron.months != 0 && (cron.months & ~0x1ffeU) == 0);
    assert(cron.weekdays != 0 && cron.weekdays >> 7 == 0);
    assert(strlen(cron_words(&arena, &cron)) > 0);
    assert(cron_preview(&cron, &zone_universal, after, times, 5) == 5);
    for (size_t i = 0; i < 5; i++) {
        assert(times[i] > after);
        check_time(&cron, times[i]);
        assert(cron_remark(&arena, &cron, &zone_universal, times[i]) == NULL);
        after = times[i];
    }
    check_due(&cron, times);
    return 0;
}
