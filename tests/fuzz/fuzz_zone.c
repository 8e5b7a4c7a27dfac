/* TZif files: what is taken has spans that follow each other, and every moment is among those of its local time. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "plan/cron.h"

static void check_moment(const struct zone *zone, int64_t utc)
{
    struct zone_span span = zone_span(zone, utc);
    int64_t local = zone_local_seconds(zone, utc);
    struct zone_moments moments = zone_utc(zone, local);

    assert(span.begin <= utc && utc < span.end);
    assert(strlen(span.type->abbreviation) < sizeof span.type->abbreviation);
    assert(moments.count == 1 || moments.count == 2);
    for (int i = 0; i < moments.count; i++)
        assert(zone_local_seconds(zone, moments.at[i]) == local);
    assert(moments.at[0] <= utc && (moments.count == 1 || moments.at[1] >= utc));
}

static void check_cron(const struct zone *zone, const char *text)
{
    struct cron cron;
    struct err err;
    int64_t time = 1795381205;

    assert(cron_parse(text, &cron, &err) == 0);
    for (int i = 0; i < 3; i++) {
        int64_t next;

        assert(cron_next(&cron, zone, time, &next));
        assert(next > time);
        time = next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone;
    struct err err = {0};

    if (size > 65536)
        return 0;
    if (zone_parse(&arena, "Fuzz/Zone", data, size, &zone, &err) < 0) {
        assert(err.code == ERR_INVALID && err.message[0] != '\0');
        return 0;
    }
    for (int64_t utc = -2208988800; utc < 4102444800; utc += 98765432)
        check_moment(&zone, utc);
    check_cron(&zone, "15 2 * * *");
    check_cron(&zone, "*/15 * * * *");
    /* Any moment that there is. */
    zone_offset(&zone, INT64_MIN);
    zone_offset(&zone, INT64_MAX);
    return 0;
}
