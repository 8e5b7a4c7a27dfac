/* A cron expression in words. */
#include "plan/cron.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

#define ALL_MINUTES ((UINT64_C(1) << 60) - 1)

enum {
    ALL_HOURS = (1 << 24) - 1,
    ALL_MONTHS = 0x1ffe,
    ALL_WEEKDAYS = 0x7f,
    TIMES_MAX = 4, /* as many are told one by one */
};
static const uint32_t all_days = 0xfffffffe;

static const char *const months[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                     "July", "August",  "September", "October", "November", "December"};
/* Monday first, as people list them here. */
static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};

static void add_value(struct buf *words, int value, const char *const *names)
{
    if (names == NULL) {
        buf_printf(words, "%d", value);
        return;
    }
    assert(value < (names == days ? 7 : 13));
    buf_add_text(words, names[value]);
}

/* How many bits in a row are set from `bit` on. */
static int run_length(uint64_t set, int bit)
{
    int length = 0;

    while (bit + length < 64 && (set >> (bit + length) & 1) != 0)
        length++;
    return length;
}

/* "1, 4 to 7 and 9"; a value that stands alone gets `plural` behind it. */
static void add_values(struct buf *words, uint64_t set, const char *const *names, const char *plural)
{
    const char *separator = "";

    for (int bit = 0; bit < 64 && set >> bit != 0;) {
        int length = run_length(set, bit);
        bool is_range = length >= 3;

        if (length == 0) {
            bit++;
            continue;
        }
        if (!is_range)
            length = 1;
        if (separator[0] != '\0' && (bit + length == 64 || set >> (bit + length) == 0))
            separator = " and ";
        buf_add_text(words, separator);
        add_value(words, bit, names);
        if (is_range) {
            buf_add_text(words, " to ");
            add_value(words, bit + length - 1, names);
        } else {
            buf_add_text(words, plural);
        }
        separator = ", ";
        bit += length;
    }
}

/* The n of "every n", when the set is 0, n, 2n … and n divides `size`; else 0. */
static int even_step(uint64_t set, int size)
{
    uint64_t rest = set & ~UINT64_C(1);
    int step = rest == 0 ? size : __builtin_ctzll(rest);
    uint64_t expected = 0;

    if (size % step != 0)
        return 0;
    for (int value = 0; value < size; value += step)
        expected |= UINT64_C(1) << value;
    return set == expected && step < size ? step : 0;
}

static int first_of(uint64_t set)
{
    return __builtin_ctzll(set);
}

static int last_of(uint64_t set)
{
    return 63 - __builtin_clzll(set);
}

/* "02:15", "02:15 and 14:15" */
static void add_times(struct buf *words, const struct cron *cron)
{
    int left = __builtin_popcountll(cron->minutes) * __builtin_popcount(cron->hours);

    for (int hour = 0; hour < 24; hour++)
        for (int minute = 0; minute < 60; minute++)
            if ((cron->hours >> hour & 1) != 0 && (cron->minutes >> minute & 1) != 0) {
                left--;
                buf_printf(words, "%02d:%02d%s", hour, minute, left == 0 ? "" : left == 1 ? " and " : ", ");
            }
}

/* "every 15 minutes", "every hour at minute 5", "every 2 hours"; false when there is no such rhythm. */
static bool add_rhythm(struct buf *words, const struct cron *cron)
{
    int minute_step = even_step(cron->minutes, 60), hour_step = even_step(cron->hours, 24);
    bool one_minute = (cron->minutes & (cron->minutes - 1)) == 0, all_hours = cron->hours == ALL_HOURS;
    bool in_a_row =
        run_length(cron->hours, first_of(cron->hours)) == __builtin_popcount(cron->hours) && !all_hours;

    if (minute_step != 0 && (all_hours || in_a_row)) {
        if (minute_step == 1)
            buf_add_text(words, "every minute");
        else
            buf_printf(words, "every %d minutes", minute_step);
    } else if (one_minute && (hour_step != 0 || in_a_row)) {
        if (in_a_row || hour_step == 1)
            buf_add_text(words, "every hour");
        else
            buf_printf(words, "every %d hours", hour_step);
        if (cron->minutes != 1 && !in_a_row)
            buf_printf(words, " at minute %d", first_of(cron->minutes));
    } else {
        return false;
    }
    if (in_a_row)
        buf_printf(words, " from %02d:%02d to %02d:%02d", first_of(cron->hours), first_of(cron->minutes),
                   last_of(cron->hours), last_of(cron->minutes));
    return true;
}

static void add_weekdays(struct buf *words, const struct cron *cron)
{
    uint32_t monday_first = cron->weekdays >> 1 | (cron->weekdays & 1) << 6;

    add_values(words, monday_first, days, "s");
}

static void add_days(struct buf *words, const struct cron *cron)
{
    buf_add_text(words, (cron->days & (cron->days - 1)) == 0 ? "on day " : "on days ");
    add_values(words, cron->days, NULL, "");
    if (cron->months == ALL_MONTHS) {
        buf_add_text(words, " of every month");
    } else {
        buf_add_text(words, " of ");
        add_values(words, cron->months, months, "");
    }
}

/* "every day", "Mondays", "on day 1 of every month"; an every day that needs no saying is empty. */
static void add_date(struct buf *words, const struct cron *cron, bool say_every_day)
{
    bool both = cron->any_day || cron->any_weekday, every_day = cron->days == all_days;
    bool every_weekday = cron->weekdays == ALL_WEEKDAYS;

    if (both ? every_day && every_weekday : every_day || every_weekday) {
        if (say_every_day)
            buf_add_text(words, "every day");
    } else if (both && every_day) {
        add_weekdays(words, cron);
    } else {
        add_days(words, cron);
        if (!(both && every_weekday)) {
            buf_add_text(words, both ? ", only " : " and ");
            add_weekdays(words, cron);
        }
        if (both)
            return; /* the months are told */
    }
    if (cron->months != ALL_MONTHS) {
        buf_add_text(words, words->size == 0 ? "in " : " in ");
        add_values(words, cron->months, months, "");
    }
}

const char *cron_words(struct arena *arena, const struct cron *cron)
{
    BUF_SCOPED words = BUF_EMPTY;
    BUF_SCOPED date = BUF_EMPTY;

    if (__builtin_popcountll(cron->minutes) * __builtin_popcount(cron->hours) <= TIMES_MAX) {
        add_date(&words, cron, true);
        buf_add_text(&words, " at ");
        add_times(&words, cron);
    } else if (add_rhythm(&words, cron)) {
        add_date(&date, cron, false);
        if (date.size > 0)
            buf_printf(&words, ", %s", buf_text(&date));
    } else {
        add_date(&words, cron, true);
        buf_add_text(&words, " at minute ");
        add_values(&words, cron->minutes, NULL, "");
        buf_add_text(&words, " of hour ");
        add_values(&words, cron->hours, NULL, "");
    }
    return arena_strdup(arena, buf_text(&words));
}
