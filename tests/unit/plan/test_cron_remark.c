/* What the two nights of the clocks do to a time, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "plan/cron.h"
#include "zone_sample.h"

static const struct {
    const char *cron, *zone, *after;
    const char *remark; /* of the next time; NULL: none */
} cases[] = {
    {"30 2 * * *", "Europe/Amsterdam", "2027-03-27T12:00:00Z",
     "02:30 does not exist on 2027-03-28; runs 03:00"},
    {"0 2 * * *", "Europe/Amsterdam", "2027-03-27T12:00:00Z",
     "02:00 does not exist on 2027-03-28; runs 03:00"},
    {"15,45 2 * * *", "Europe/Amsterdam", "2027-03-27T12:00:00Z",
     "02:15 does not exist on 2027-03-28; runs 03:00"},
    {"0 3 * * *", "Europe/Amsterdam", "2027-03-27T12:00:00Z", NULL},
    {"59 1 * * *", "Europe/Amsterdam", "2027-03-27T12:00:00Z", NULL},
    {"30 2 * * *", "Europe/Amsterdam", "2027-03-26T12:00:00Z", NULL},
    {"30 2 * * *", "Europe/Amsterdam", "2026-10-24T12:00:00Z",
     "02:30 comes twice on 2026-10-25; runs the first time"},
    {"0 3 * * *", "Europe/Amsterdam", "2026-10-24T12:00:00Z", NULL},
    {"*/15 * * * *", "Europe/Amsterdam", "2027-03-28T00:50:00Z", NULL},
    {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
     "02:15 does not exist on 2026-10-04; runs 02:30"},
    {"30 2 * * *", "America/New_York", "2027-03-13T12:00:00Z",
     "02:30 does not exist on 2027-03-14; runs 03:00"},
    {"30 2 * * *", "UTC", "2027-03-27T12:00:00Z", NULL},
};

static void each_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct zone zone = zone_sample(&arena, cases[i].zone);
        const char *remark;
        struct cron cron;
        struct err err;
        int64_t after, at;

        assert_int_equal(when_parse_rfc3339(cases[i].after, &after, &err), 0);
        assert_int_equal(cron_parse(cases[i].cron, &cron, &err), 0);
        assert_true(cron_next(&cron, &zone, after, &at));
        remark = cron_remark(&arena, &cron, &zone, at);
        if (cases[i].remark == NULL ? remark != NULL : remark == NULL || strcmp(remark, cases[i].remark) != 0)
            fail_msg("\"%s\" in %s: %s", cases[i].cron, cases[i].zone, remark == NULL ? "none" : remark);
    }
}

/* Two nights a year get a remark, no other. */
static void twice_in_a_year(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct zone zone = zone_sample(&arena, "Europe/Amsterdam");
    int64_t at = 1798758000; /* 2027-01-01 there */
    int remarks = 0;
    struct cron cron;
    struct err err;

    (void)state;
    assert_int_equal(cron_parse("30 2 * * *", &cron, &err), 0);
    for (int day = 0; day < 365; day++) {
        assert_true(cron_next(&cron, &zone, at, &at));
        remarks += cron_remark(&arena, &cron, &zone, at) != NULL;
    }
    assert_int_equal(remarks, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case),
        cmocka_unit_test(twice_in_a_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
