/* UTC seconds to calendar and text, and back. */
#include "base/when.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

struct civil when_civil(int64_t when)
{
    int64_t days = floor_div(when, DAY);
    int second = (int)((when % DAY + DAY) % DAY);
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153;
    struct civil civil;

    civil.day = (int)(day_of_year - (153 * month_index + 2) / 5 + 1);
    civil.month = (int)(month_index < 10 ? month_index + 3 : month_index - 9);
    civil.year = year_of_era + era * 400 + (civil.month <= 2);
    civil.hour = second / 3600;
    civil.minute = second / 60 % 60;
    civil.second = second % 60;
    civil.weekday = (int)(((days + 4) % 7 + 7) % 7);
    return civil;
}

int64_t when_from_civil(const struct civil *civil)
{
    int64_t year = civil->year - (civil->month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_index = civil->month > 2 ? civil->month - 3 : civil->month + 9;
    int64_t day_of_year = (153 * month_index + 2) / 5 + civil->day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * 146097 + day_of_era - 719468;

    return days * DAY + civil->hour * 3600 + civil->minute * 60 + civil->second;
}

const char *when_rfc3339(char to[WHEN_TEXT], int64_t when)
{
    struct civil c = when_civil(when);

    snprintf(to, WHEN_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)c.year, c.month, c.day, c.hour,
             c.minute, c.second);
    return to;
}

const char *when_minute(char to[WHEN_TEXT], int64_t when)
{
    struct civil c = when_civil(when);

    snprintf(to, WHEN_TEXT, "%04lld-%02d-%02d %02d:%02d", (long long)c.year, c.month, c.day, c.hour,
             c.minute);
    return to;
}

const char *when_compact(char to[WHEN_TEXT], int64_t when)
{
    struct civil c = when_civil(when);

    snprintf(to, WHEN_TEXT, "%04lld%02d%02d-%02d%02d%02dZ", (long long)c.year, c.month, c.day, c.hour,
             c.minute, c.second);
    return to;
}

/* Reads `count` digits as a number in [min, max] and steps over them. */
static bool take_digits(const char **text, int count, int min, int max, int *value)
{
    int result = 0;

    for (int i = 0; i < count; i++) {
        char c = (*text)[i];

        if (c < '0' || c > '9')
            return false;
        result = result * 10 + (c - '0');
    }
    *text += count;
    *value = result;
    return result >= min && result <= max;
}

static bool take_char(const char **text, const char *allowed)
{
    if (**text == '\0' || strchr(allowed, **text) == NULL)
        return false;
    (*text)++;
    return true;
}

/* A fraction of a second is read and dropped. */
static bool take_fraction(const char **text)
{
    if (!take_char(text, "."))
        return true;
    if (!take_char(text, "0123456789"))
        return false;
    while (take_char(text, "0123456789"))
        continue;
    return true;
}

static bool take_offset(const char **text, int64_t *offset)
{
    int sign, hours = 0, minutes = 0;

    *offset = 0;
    if (take_char(text, "Zz"))
        return true;
    sign = **text == '-' ? -1 : 1;
    if (!take_char(text, "+-") || !take_digits(text, 2, 0, 23, &hours) || !take_char(text, ":") ||
        !take_digits(text, 2, 0, 59, &minutes))
        return false;
    *offset = (int64_t)sign * (hours * 3600 + minutes * 60);
    return true;
}

int when_parse_rfc3339(const char *text, int64_t *when, struct err *err)
{
    const char *rest = text;
    struct civil civil = {0}, back;
    int year = 0;
    int64_t offset = 0, result;
    bool ok = take_digits(&rest, 4, 1, 9999, &year) && take_char(&rest, "-") &&
              take_digits(&rest, 2, 1, 12, &civil.month) && take_char(&rest, "-") &&
              take_digits(&rest, 2, 1, 31, &civil.day) && take_char(&rest, "Tt ") &&
              take_digits(&rest, 2, 0, 23, &civil.hour) && take_char(&rest, ":") &&
              take_digits(&rest, 2, 0, 59, &civil.minute) && take_char(&rest, ":") &&
              take_digits(&rest, 2, 0, 60, &civil.second) && take_fraction(&rest) &&
              take_offset(&rest, &offset) && *rest == '\0';

    civil.year = year;
    result = ok ? when_from_civil(&civil) : 0;
    /* The 31st of a short month becomes a day of the next one: such a date does not exist. A leap second does. */
    back = when_civil(result - (civil.second == 60));
    if (!ok || back.day != civil.day)
        return err_set(err, ERR_INVALID, "\"%s\" is not a time such as 2026-11-22T21:00:05Z", text);
    *when = result - offset;
    return 0;
}

const char *when_duration(char to[WHEN_TEXT], int64_t seconds)
{
    static const struct {
        int64_t length;
        const char *unit;
    } units[] = {{DAY, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;

    if (seconds < 0)
        seconds = 0;
    while (i < 3 && seconds < units[i].length)
        i++;
    if (i == 3 || seconds % units[i].length / units[i + 1].length == 0)
        snprintf(to, WHEN_TEXT, "%lld %s", (long long)(seconds / units[i].length), units[i].unit);
    else
        snprintf(to, WHEN_TEXT, "%lld %s %lld %s", (long long)(seconds / units[i].length), units[i].unit,
                 (long long)(seconds % units[i].length / units[i + 1].length), units[i + 1].unit);
    return to;
}

const char *when_ago(char to[WHEN_TEXT], int64_t when, int64_t now)
{
    int64_t distance = when < now ? now - when : when - now;
    int64_t unit = distance < 3600 ? 60 : distance < 2 * (int64_t)DAY ? 3600 : DAY;
    const char *name = unit == 60 ? "min" : unit == 3600 ? "h" : "days";

    if (distance >= 7 * (int64_t)DAY)
        return when_minute(to, when);
    if (distance < 60)
        snprintf(to, WHEN_TEXT, "just now");
    else
        snprintf(to, WHEN_TEXT, when < now ? "%lld %s ago" : "in %lld %s", (long long)(distance / unit),
                 name);
    return to;
}
