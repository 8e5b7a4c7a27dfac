/* The POSIX TZ string: reading it, and the dates that it names. */
#include "plan/zone_rule.h"

#include <string.h>

#include "base/when.h"

enum { HOUR = 3600, DAY = 86400, CHANGE_AT_TWO = 2 * HOUR };

/* What is left to read. Every take_…() steps over what it takes and is false when it is not there. */
struct rest {
    const char *at;
    size_t size;
};

static bool next_is(const struct rest *rest, char c)
{
    return rest->size > 0 && rest->at[0] == c;
}

static bool take_char(struct rest *rest, char c)
{
    if (!next_is(rest, c))
        return false;
    rest->at++;
    rest->size--;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* At most three digits. */
static bool take_number(struct rest *rest, int min, int max, int *number)
{
    int result = 0, digits = 0;

    while (digits < 3 && rest->size > 0 && is_digit(rest->at[0])) {
        result = result * 10 + (rest->at[0] - '0');
        take_char(rest, rest->at[0]);
        digits++;
    }
    *number = result;
    return digits > 0 && result >= min && result <= max;
}

/* Letters, or letters, digits and signs in angle brackets; three at least. */
static bool take_name(struct rest *rest, struct zone_type *type)
{
    bool quoted = take_char(rest, '<');
    size_t length = 0;

    while (length < rest->size &&
           (is_letter(rest->at[length]) ||
            (quoted && (is_digit(rest->at[length]) || rest->at[length] == '+' || rest->at[length] == '-'))))
        length++;
    if (length < 3 || length >= sizeof type->abbreviation)
        return false;
    memcpy(type->abbreviation, rest->at, length);
    type->abbreviation[length] = '\0';
    rest->at += length;
    rest->size -= length;
    return !quoted || take_char(rest, '>');
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct rest *rest, int max_hours, int32_t *seconds)
{
    bool negative = next_is(rest, '-');
    int hours, minutes = 0, ones = 0;

    if (!take_char(rest, '-'))
        take_char(rest, '+');
    if (!take_number(rest, 0, max_hours, &hours))
        return false;
    if (take_char(rest, ':')) {
        if (!take_number(rest, 0, 59, &minutes))
            return false;
        if (take_char(rest, ':') && !take_number(rest, 0, 59, &ones))
            return false;
    }
    *seconds = hours * HOUR + minutes * 60 + ones;
    if (negative)
        *seconds = -*seconds;
    return true;
}

/* POSIX counts offsets to the west. */
static bool take_offset(struct rest *rest, int32_t *east)
{
    int32_t west;

    if (!take_time(rest, 24, &west))
        return false;
    *east = -west;
    return true;
}

static bool take_date(struct rest *rest, struct zone_date *date)
{
    bool taken;

    if (take_char(rest, 'J')) {
        date->form = ZONE_DAY_JULIAN;
        taken = take_number(rest, 1, 365, &date->day);
    } else if (take_char(rest, 'M')) {
        date->form = ZONE_DAY_WEEK;
        taken = take_number(rest, 1, 12, &date->month) && take_char(rest, '.') &&
                take_number(rest, 1, 5, &date->week) && take_char(rest, '.') &&
                take_number(rest, 0, 6, &date->day);
    } else {
        date->form = ZONE_DAY_ZERO;
        taken = take_number(rest, 0, 365, &date->day);
    }
    date->seconds_after_day = CHANGE_AT_TWO;
    return taken && (!take_char(rest, '/') || take_time(rest, 167, &date->seconds_after_day));
}

bool zone_rule_parse(const char *text, size_t size, struct zone_rule *rule)
{
    struct rest rest = {text, size};

    memset(rule, 0, sizeof *rule);
    if (!take_name(&rest, &rule->standard) || !take_offset(&rest, &rule->standard.offset))
        return false;
    if (rest.size == 0)
        return true;
    rule->has_summer = true;
    rule->summer.is_dst = true;
    rule->summer.offset = rule->standard.offset + HOUR;
    if (!take_name(&rest, &rule->summer) ||
        (!next_is(&rest, ',') && !take_offset(&rest, &rule->summer.offset)))
        return false;
    return take_char(&rest, ',') && take_date(&rest, &rule->start) && take_char(&rest, ',') &&
           take_date(&rest, &rule->end) && rest.size == 0;
}

static int64_t first_of(int64_t year, int month)
{
    const struct civil first = {.year = year, .month = month, .day = 1};

    return when_from_civil(&first);
}

/* The date in that year, as local time. */
static int64_t date_in_year(const struct zone_date *date, int64_t year)
{
    int64_t day = 0;

    switch (date->form) {
    case ZONE_DAY_JULIAN:
        /* Day 60 is 1 March, in leap years too. */
        day = date->day < 60 ? first_of(year, 1) + (date->day - 1) * (int64_t)DAY
                             : first_of(year, 3) + (date->day - 60) * (int64_t)DAY;
        break;
    case ZONE_DAY_ZERO:
        day = first_of(year, 1) + date->day * (int64_t)DAY;
        break;
    case ZONE_DAY_WEEK: {
        int64_t first = first_of(year, date->month);
        int64_t next = date->month == 12 ? first_of(year + 1, 1) : first_of(year, date->month + 1);

        day = first + (date->day - when_civil(first).weekday + 7) % 7 * (int64_t)DAY;
        day += (date->week - 1) * 7 * (int64_t)DAY;
        if (day >= next)
            day -= 7 * (int64_t)DAY;
        break;
    }
    }
    return day + date->seconds_after_day;
}

void zone_rule_year(const struct zone_rule *rule, int64_t year, struct zone_change changes[2])
{
    const struct zone_change start = {date_in_year(&rule->start, year) - rule->standard.offset,
                                      &rule->summer};
    const struct zone_change end = {date_in_year(&rule->end, year) - rule->summer.offset, &rule->standard};
    bool northern = start.at <= end.at;

    changes[0] = northern ? start : end;
    changes[1] = northern ? end : start;
}
