/*
 * The rule behind the last transition of a time zone, as the footer of a TZif file says it: a POSIX TZ string with the
 * extensions of RFC 8536 §3.3.1 ("CET-1CEST,M3.5.0,M10.5.0/3").
 */
#ifndef PLAN_ZONE_RULE_H
#define PLAN_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the clocks of a zone show for a while. */
struct zone_type {
    int32_t offset; /* seconds east of UTC */
    bool is_dst;
    char abbreviation[16]; /* "CET", "+0330" */
};

enum zone_day { ZONE_DAY_JULIAN, ZONE_DAY_ZERO, ZONE_DAY_WEEK };

/* When the clocks change in each year. */
struct zone_date {
    enum zone_day form;        /* Jn (29 February is never counted), n (0 to 365), Mm.w.d */
    int day;                   /* of Jn and n; the weekday of Mm.w.d, 0 = Sunday */
    int month, week;           /* week 5 is the last one */
    int32_t seconds_after_day; /* local time of the change; -167 to 167 hours */
};

struct zone_rule {
    struct zone_type standard, summer;
    bool has_summer;
    struct zone_date start, end; /* of summer time, in the local time that ends there */
};

/* Reads exactly `size` bytes. False when they are not such a string. */
bool zone_rule_parse(const char *text, size_t size, struct zone_rule *rule);

/* A change of the clocks to one of the rule's types. */
struct zone_change {
    int64_t at;
    const struct zone_type *type;
};

/* The two changes of a year, the earlier one first. The end of one year and the start of the next may fall on the same
 * moment: then it is summer time all year. Only for a rule that has summer time. */
void zone_rule_year(const struct zone_rule *rule, int64_t year, struct zone_change changes[2]);

#endif
