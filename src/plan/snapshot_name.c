/* The grammar of snapshot names. */
#include "plan/snapshot_name.h"

#include <stdio.h>
#include <string.h>

#include "base/when.h"

enum { TIME_SIZE = 15 /* YYYYMMDD-HHMMSS */, ID_SIZE = 8 };

/* 9999-12-31T23:59:59Z: the last time that the grammar can say. */
static const int64_t last_time = 253402300799;

/* Two digits as a number, -1 when they are none. */
static int two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

bool snapshot_name_is_candidate(const char *name, int64_t *when)
{
    /* Where the pairs of digits stand: century, year, month, day, hour, minute, second. */
    static const size_t places[] = {0, 2, 4, 6, 9, 11, 13};
    int parts[7];
    struct civil civil = {0}, back;
    int64_t result;

    if (strnlen(name, TIME_SIZE) < TIME_SIZE || name[8] != '-')
        return false;
    for (size_t i = 0; i < 7; i++) {
        parts[i] = two_digits(name + places[i]);
        if (parts[i] < 0)
            return false;
    }
    civil.year = parts[0] * 100 + parts[1];
    civil.month = parts[2];
    civil.day = parts[3];
    civil.hour = parts[4];
    civil.minute = parts[5];
    civil.second = parts[6];
    if (civil.year < 1970 || civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.hour > 23 ||
        civil.minute > 59 || civil.second > 59)
        return false;
    result = when_from_civil(&civil);
    back = when_civil(result);
    if (back.day != civil.day)
        return false;
    *when = result;
    return true;
}

bool snapshot_name_is_ours(const char *name)
{
    int64_t when;

    return snapshot_name_is_candidate(name, &when) && strncmp(name + TIME_SIZE, "Z__", 3) == 0 &&
           strspn(name + TIME_SIZE + 3, "0123456789abcdefABCDEF") == ID_SIZE &&
           name[TIME_SIZE + 3 + ID_SIZE] == '\0';
}

void snapshot_name_plan(char to[SNAPSHOT_NAME_SIZE], int64_t now, const char *newest, uint32_t random)
{
    int64_t when = now < 0 ? 0 : now, last;
    char time[WHEN_TEXT];

    if (newest != NULL && snapshot_name_is_candidate(newest, &last) && when <= last)
        when = last + 1;
    if (when > last_time)
        when = last_time;
    snprintf(to, SNAPSHOT_NAME_SIZE, "%.16s__%08x", when_compact(time, when), (unsigned)random);
}
