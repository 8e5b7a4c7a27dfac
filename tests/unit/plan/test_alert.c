/* When somebody is told, and what: a table of timelines, and the texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "plan/alert.h"

enum { HOUR = 3600, DAY = 24 * HOUR, NOON = 1000000 };

enum how { BY_ROOT = 1, RETRY_WAITS = 2, CALM = 4, FAILURES_ONLY = 8 };

/* One look at a host after so many hours, and what comes of it. */
struct look {
    int64_t hour;
    enum health health;
    enum alert_event expected;
    unsigned how;
};

struct timeline {
    const char *name;
    struct look looks[8];
    size_t count;
};

#define TIMELINE(name, ...)                                                                                  \
    {                                                                                                        \
        name, {__VA_ARGS__}, sizeof((struct look[]){__VA_ARGS__}) / sizeof(struct look)                      \
    }

static const struct timeline timelines[] = {
    TIMELINE("well all the time", {0, HEALTH_OK, ALERT_NONE, 0}, {30, HEALTH_OK, ALERT_NONE, 0}),
    TIMELINE("a failure, told again each day, and its end", {0, HEALTH_FAILED, ALERT_RAISED, 0},
             {1, HEALTH_FAILED, ALERT_NONE, 0}, {23, HEALTH_FAILED, ALERT_NONE, 0},
             {24, HEALTH_FAILED, ALERT_LASTS, 0}, {47, HEALTH_FAILED, ALERT_NONE, 0},
             {48, HEALTH_FAILED, ALERT_LASTS, 0}, {49, HEALTH_OK, ALERT_RECOVERED, 0},
             {50, HEALTH_OK, ALERT_NONE, 0}),
    TIMELINE("from one need to another", {0, HEALTH_WARNING, ALERT_RAISED, 0},
             {1, HEALTH_FAILED, ALERT_CHANGED, 0}, {2, HEALTH_FAILED, ALERT_NONE, 0},
             {24, HEALTH_FAILED, ALERT_NONE, 0}, {25, HEALTH_FAILED, ALERT_LASTS, 0},
             {26, HEALTH_WARNING, ALERT_CHANGED, 0}),
    TIMELINE("late is neither good nor bad", {0, HEALTH_LATE, ALERT_NONE, 0},
             {1, HEALTH_MISSED, ALERT_RAISED, 0}, {2, HEALTH_LATE, ALERT_NONE, 0},
             {3, HEALTH_OK, ALERT_RECOVERED, 0}),
    TIMELINE("a failure that is repeated waits", {0, HEALTH_FAILED, ALERT_NONE, RETRY_WAITS},
             {1, HEALTH_FAILED, ALERT_RAISED, 0}, {2, HEALTH_FAILED, ALERT_NONE, RETRY_WAITS},
             {3, HEALTH_OK, ALERT_RECOVERED, 0}),
    TIMELINE("a repetition that works is not told", {0, HEALTH_FAILED, ALERT_NONE, RETRY_WAITS},
             {1, HEALTH_OK, ALERT_NONE, 0}),
    TIMELINE("a lost root is not the host's", {0, HEALTH_UNKNOWN, ALERT_NONE, BY_ROOT},
             {30, HEALTH_UNKNOWN, ALERT_NONE, BY_ROOT}, {31, HEALTH_OK, ALERT_NONE, 0}),
    TIMELINE("a lost root hides no failure that was told", {0, HEALTH_FAILED, ALERT_RAISED, 0},
             {1, HEALTH_UNKNOWN, ALERT_NONE, BY_ROOT}, {2, HEALTH_FAILED, ALERT_NONE, 0},
             {3, HEALTH_OK, ALERT_RECOVERED, 0}),
    TIMELINE("a directory of its own that is gone is the host's", {0, HEALTH_UNKNOWN, ALERT_RAISED, 0},
             {1, HEALTH_OK, ALERT_RECOVERED, 0}),
    TIMELINE("paused is silent, and forgets", {0, HEALTH_FAILED, ALERT_RAISED, 0},
             {1, HEALTH_PAUSED, ALERT_NONE, 0}, {30, HEALTH_PAUSED, ALERT_NONE, 0},
             {31, HEALTH_FAILED, ALERT_RAISED, 0}),
    TIMELINE("a new host has a day", {0, HEALTH_NEVER, ALERT_NONE, CALM}, {25, HEALTH_NEVER, ALERT_RAISED, 0},
             {26, HEALTH_OK, ALERT_RECOVERED, 0}),
    TIMELINE("failures only", {0, HEALTH_WARNING, ALERT_NONE, FAILURES_ONLY},
             {1, HEALTH_FAILED, ALERT_RAISED, FAILURES_ONLY},
             {2, HEALTH_WARNING, ALERT_RECOVERED, FAILURES_ONLY},
             {3, HEALTH_NEVER, ALERT_NONE, FAILURES_ONLY}),
    TIMELINE("the clock leaps ahead and comes back", {10000, HEALTH_FAILED, ALERT_RAISED, 0},
             {0, HEALTH_FAILED, ALERT_NONE, 0}, {23, HEALTH_FAILED, ALERT_NONE, 0},
             {24, HEALTH_FAILED, ALERT_LASTS, 0}),
};

static void every_timeline_is_told_so(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof timelines / sizeof timelines[0]; t++) {
        struct alert_told told = {0}, after;

        for (size_t i = 0; i < timelines[t].count; i++) {
            const struct look *look = &timelines[t].looks[i];
            bool well =
                look->health == HEALTH_OK || look->health == HEALTH_LATE || look->health == HEALTH_PAUSED;
            const struct alert_facts facts = {.health = look->health,
                                              .attention = !well && (look->how & CALM) == 0,
                                              .failures_only = (look->how & FAILURES_ONLY) != 0,
                                              .by_root = (look->how & BY_ROOT) != 0,
                                              .retry_waits = (look->how & RETRY_WAITS) != 0,
                                              .since = 7,
                                              .now = NOON + look->hour * HOUR};
            enum alert_event event = alert_plan(&facts, &told, &after);

            if (event != look->expected)
                fail_msg("%s, look %zu: %s, expected %s", timelines[t].name, i + 1, alert_event_name(event),
                         alert_event_name(look->expected));
            told = after;
        }
    }
}

static void pauses_grow_to_an_hour(void **state)
{
    (void)state;
    assert_int_equal(alert_pause(0), 60);
    for (int64_t tries = 1; tries < 30; tries++) {
        assert_true(alert_pause(tries + 1) >= alert_pause(tries));
        assert_in_range(alert_pause(tries), 60, HOUR);
    }
    assert_int_equal(alert_pause(30), HOUR);
}

static void texts(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct alert alerts[] = {
        {ALERT_CHANGED, "web1", HEALTH_FAILED, true, HEALTH_WARNING, NOON,
         "the last run failed: the host is down"},
        {ALERT_RECOVERED, "db1", HEALTH_OK, true, HEALTH_MISSED, 0, "the newest good snapshot is new"},
        {ALERT_LASTS, NULL, HEALTH_UNKNOWN, true, HEALTH_UNKNOWN, NOON,
         "the backup root \"/a/very/long/path/of/a/root/that/takes/room\" is not mounted, which is a pity for all of us"},
        {ALERT_RAISED, "db2", HEALTH_MISSED, false, HEALTH_OK, 0, ""},
    };
    const char *body;

    (void)state;
    assert_string_equal(alert_subject(&arena, alerts, 1), "[pobsync] web1: failed");
    assert_string_equal(alert_subject(&arena, &alerts[1], 1), "[pobsync] db1 is ok again");
    assert_string_equal(alert_subject(&arena, alerts, 4),
                        "[pobsync] web1: failed; db1 is ok again; backup root still: unknown; and 1 more");
    body = alert_body(&arena, alerts, 4, "backup.example", NOON);
    assert_non_null(strstr(body, "web1: failed, since 1970-01-12 13:46 UTC (was: warning)\n"
                                 "  the last run failed: the host is down\n"
                                 "  Look at it with: pobsync show web1; pobsync runs --host web1\n"));
    assert_non_null(strstr(body, "db1 is ok again (was: missed)\n"));
    assert_null(strstr(body, "show db1"));
    assert_non_null(strstr(body, "pobsync check"));
    assert_non_null(strstr(body, "on backup.example at 1970-01-12 13:46 UTC"));
    for (const char *line = body; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") <= 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_timeline_is_told_so),
        cmocka_unit_test(pauses_grow_to_an_hour),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
