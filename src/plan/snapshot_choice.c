/* From a word to a snapshot. */
#include "plan/snapshot_choice.h"

#include <string.h>

#include "base/parse.h"

/* "2026-11-01" */
static bool read_date(const char *text, struct civil *civil)
{
    int64_t year, month, day;
    char part[3][5] = {{0}};
    struct civil real;
    struct err err;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || strspn(text, "0123456789-") != 10)
        return false;
    memcpy(part[0], text, 4);
    memcpy(part[1], text + 5, 2);
    memcpy(part[2], text + 8, 2);
    /* The parser takes no leading zeros. */
    if (parse_int(part[0], 1, 9999, &year, &err) < 0 ||
        parse_int(part[1] + (*part[1] == '0'), 1, 12, &month, &err) < 0 ||
        parse_int(part[2] + (*part[2] == '0'), 1, 31, &day, &err) < 0)
        return false;
    *civil = (struct civil){.year = year, .month = (int)month, .day = (int)day};
    real = when_civil(when_from_civil(civil));
    return real.day == civil->day; /* the 31st of February is none */
}

const struct snapshot *snapshot_choice_latest(const struct snapshot *snapshots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (snapshot_is_good(&snapshots[i]))
            return &snapshots[i];
    return NULL;
}

static const struct snapshot *by_date(const char *host, const struct snapshot *snapshots, size_t count,
                                      const char *wish, const struct civil *day, const struct zone *zone,
                                      struct err *err)
{
    const struct snapshot *before = NULL, *not_good = NULL;
    struct civil midnight = {.year = day->year, .month = day->month, .day = day->day};
    int64_t wanted = when_from_civil(&midnight);

    for (size_t i = 0; i < count; i++) {
        struct civil local = zone_local(zone, snapshots[i].started_at);
        struct civil begin = {.year = local.year, .month = local.month, .day = local.day};
        int64_t at = when_from_civil(&begin);
        bool good = snapshot_is_good(&snapshots[i]);

        if (good && at == wanted)
            return &snapshots[i];
        if (at == wanted && not_good == NULL)
            not_good = &snapshots[i];
        if (good && at < wanted && before == NULL)
            before = &snapshots[i];
    }
    err_set(err, ERR_NOT_FOUND, "no good snapshot of \"%s\" began on %s", host, wish);
    if (not_good != NULL)
        err_hint(err, "%s did, but one may not rely on it; to look into it, give its name", not_good->name);
    else if (before != NULL)
        err_hint(err, "the newest one before that day is %s", before->name);
    else
        err_hint(err, "see what there is: pobsync snapshots %s", host);
    return NULL;
}

static const struct snapshot *by_name(const char *host, const struct snapshot *snapshots, size_t count,
                                      const char *wish, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(snapshots[i].name, wish) == 0 && snapshots[i].status != SNAPSHOT_DELETED &&
            snapshots[i].status != SNAPSHOT_DELETING)
            return &snapshots[i];
    err_set(err, ERR_NOT_FOUND, "\"%s\" has no snapshot \"%s\"", host, wish);
    err_hint(err, "give a name of those that \"pobsync snapshots %s\" lists, a date or latest", host);
    return NULL;
}

const struct snapshot *snapshot_choice(const char *host, const struct snapshot *snapshots, size_t count,
                                       const char *wish, const struct zone *zone, struct err *err)
{
    const struct snapshot *latest;
    struct civil day;

    if (wish != NULL && read_date(wish, &day))
        return by_date(host, snapshots, count, wish, &day, zone, err);
    if (wish != NULL && strcmp(wish, "latest") != 0)
        return by_name(host, snapshots, count, wish, err);
    latest = snapshot_choice_latest(snapshots, count);
    if (latest == NULL) {
        err_set(err, ERR_NOT_FOUND, "\"%s\" has no good snapshot", host);
        err_hint(err, "see what there is: pobsync snapshots %s; any can be named", host);
    }
    return latest;
}
