/* Which trees of another tool become snapshots, and of when. */
#include "plan/adoption.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/when.h"

static const char *const tool_names[] = {
#define ADOPTION_TOOL_NAME(tool, name) [tool] = name,
    ADOPTION_TOOL_LIST(ADOPTION_TOOL_NAME)
#undef ADOPTION_TOOL_NAME
};

const char *adoption_tool_name(enum adoption_tool tool)
{
    return tool_names[tool];
}

enum adoption_tool adoption_tool_parse(const char *name)
{
    enum adoption_tool tool = ADOPT_RSNAPSHOT;

    while (tool < ADOPTION_TOOL__MAX && strcmp(tool_names[tool], name) != 0)
        tool++;
    return tool;
}

/* Exactly `count` digits, as a number; -1 for anything else. */
static int digits(const char *text, size_t count)
{
    int number = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* A local time as UTC seconds; 0 for one that does not exist. */
static int64_t local_time(const struct zone *zone, const struct civil *civil)
{
    int64_t seconds = when_from_civil(civil);
    struct civil again = when_civil(seconds);
    struct zone_moments moments;

    if (civil->year < 1970 || civil->year > 9999 || again.day != civil->day || again.month != civil->month ||
        again.hour != civil->hour || again.minute != civil->minute || again.second != civil->second)
        return 0;
    moments = zone_utc(zone, seconds);
    return moments.count > 0 ? moments.at[0] : moments.change;
}

/* "2026-01-01 02:15:00" */
static int64_t dirvish_time(const struct zone *zone, const char *text)
{
    struct civil civil;

    if (strlen(text) != strlen("2026-01-01 02:15:00") || text[4] != '-' || text[7] != '-' ||
        text[10] != ' ' || text[13] != ':' || text[16] != ':')
        return 0;
    civil = (struct civil){.year = digits(text, 4),
                           .month = digits(text + 5, 2),
                           .day = digits(text + 8, 2),
                           .hour = digits(text + 11, 2),
                           .minute = digits(text + 14, 2),
                           .second = digits(text + 17, 2)};
    return local_time(zone, &civil);
}

/* "20260101-021500-123" */
static int64_t backintime_time(const struct zone *zone, const char *name)
{
    struct civil civil = {.year = digits(name, strnlen(name, 8) == 8 ? 4 : 0)};

    if (strlen(name) != strlen("20260101-021500-123") || name[8] != '-' || name[15] != '-' ||
        digits(name + 16, 3) < 0)
        return 0;
    civil.month = digits(name + 4, 2);
    civil.day = digits(name + 6, 2);
    civil.hour = digits(name + 9, 2);
    civil.minute = digits(name + 11, 2);
    civil.second = digits(name + 13, 2);
    return local_time(zone, &civil);
}

/* The value of "Key: value" in a summary, NULL when it is not there. */
static const char *summary_value(struct arena *arena, const char *summary, const char *key)
{
    size_t size = strlen(key);

    for (const char *line = summary; line != NULL; line = strchr(line, '\n')) {
        const char *value;
        size_t length;

        line += *line == '\n';
        if (strncmp(line, key, size) != 0 || line[size] != ':')
            continue;
        value = line + size + 1;
        value += strspn(value, " \t");
        length = strcspn(value, "\r\n");
        while (length > 0 && value[length - 1] == ' ')
            length--;
        return arena_copy(arena, value, length);
    }
    return NULL;
}

/* "daily.3": a word, a dot, a number. */
static bool is_interval(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot != NULL && dot != name && dot[1] != '\0' && strlen(dot + 1) <= 6 &&
           dot[1 + strspn(dot + 1, "0123456789")] == '\0' && name[0] != '_';
}

/* The backup point that was taken before from the same directory; "" for whole intervals, NULL: nothing was. */
static const char *point_before(const struct adoption_facts *facts)
{
    size_t size = strlen(facts->path);

    for (size_t i = 0; i < facts->before.count; i++) {
        const char *source = facts->before.items[i], *slash;

        if (strncmp(source, facts->path, size) != 0 || source[size] != '/')
            continue;
        slash = strchr(source + size + 1, '/');
        return slash == NULL ? "" : slash + 1;
    }
    return NULL;
}

/* Which backup point of all intervals is the host's; "" for the intervals as they are. */
static const char *choose_point(const struct adoption_facts *facts)
{
    const char *before = point_before(facts), *only = NULL;

    for (size_t i = 0; before == NULL && i < facts->count; i++)
        if (is_interval(facts->entries[i].name) && list_has(&facts->entries[i].inside, facts->host))
            return facts->host;
    for (size_t i = 0; before == NULL && i < facts->count; i++) {
        const struct list *inside = &facts->entries[i].inside;

        if (!is_interval(facts->entries[i].name) || inside->count == 0)
            continue;
        if (inside->count > 1 || (only != NULL && strcmp(only, inside->items[0]) != 0))
            return "";
        only = inside->items[0];
    }
    return before != NULL ? before : only == NULL ? "" : only;
}

static void plan_rsnapshot(struct arena *arena, const char *point, const struct adoption_entry *entry,
                           struct adoption_item *item)
{
    item->when = entry->modified;
    if (!is_interval(entry->name))
        item->reason = "not the name of an interval such as daily.0";
    else if (entry->inside.count == 0)
        item->reason = "holds no backup point";
    else if (point[0] != '\0' && !list_has(&entry->inside, point))
        item->reason = arena_printf(arena, "has no backup point \"%s\"", point);
    else if (point[0] != '\0')
        item->source = arena_printf(arena, "%s/%s", entry->name, point);
}

static void plan_dirvish(struct arena *arena, const struct adoption_facts *facts,
                         const struct adoption_entry *entry, struct adoption_item *item)
{
    const char *status, *now;

    if (strcmp(entry->name, "dirvish") == 0) {
        item->reason = "the configuration of the vault";
        return;
    }
    if (!list_has(&entry->inside, "tree") || entry->summary == NULL) {
        item->reason = "no image: it lacks tree/ or a summary that can be read";
        return;
    }
    item->source = arena_printf(arena, "%s/tree", entry->name);
    status = summary_value(arena, entry->summary, "Status");
    now = summary_value(arena, entry->summary, "Image-now");
    if (now == NULL)
        now = summary_value(arena, entry->summary, "Backup-begin");
    item->when = now == NULL ? 0 : dirvish_time(facts->zone, now);
    if (summary_value(arena, entry->summary, "Backup-complete") == NULL)
        item->reason = "its summary has no Backup-complete: it is not finished";
    else if (status == NULL || strncmp(status, "success", strlen("success")) != 0)
        item->reason =
            arena_printf(arena, "its summary says Status: %s", status == NULL ? "nothing" : status);
}

static void plan_backintime(struct arena *arena, const struct adoption_facts *facts,
                            const struct adoption_entry *entry, struct adoption_item *item)
{
    item->when = backintime_time(facts->zone, entry->name);
    if (strcmp(entry->name, "new_snapshot") == 0)
        item->reason = "not finished";
    else if (item->when == 0)
        item->reason = "not the name of a backup such as 20260101-021500-123";
    else if (!list_has(&entry->inside, "backup"))
        item->reason = "has no directory backup/";
    if (item->reason == NULL)
        item->source = arena_printf(arena, "%s/backup", entry->name);
    if (list_has(&entry->inside, "failed"))
        item->status = SNAPSHOT_PARTIAL;
}

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): the same origin gives the same eight digits again. */
static uint32_t origin_hash(const char *text)
{
    uint32_t hash = 2166136261u;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* `point`: of rsnapshot alone. */
static void plan_entry(struct arena *arena, const struct adoption_facts *facts, const char *point,
                       const struct adoption_entry *entry, struct adoption_item *item)
{
    *item = (struct adoption_item){.source = entry->name, .status = SNAPSHOT_SUCCESS};
    if (!entry->is_directory) {
        item->reason = "not a directory, or a link, or another mount";
        return;
    }
    switch (facts->tool) {
    case ADOPT_RSNAPSHOT:
        plan_rsnapshot(arena, point, entry, item);
        break;
    case ADOPT_DIRVISH:
        plan_dirvish(arena, facts, entry, item);
        break;
    case ADOPT_BACKINTIME:
        plan_backintime(arena, facts, entry, item);
        break;
    case ADOPTION_TOOL__MAX:
        break;
    }
    if (item->reason == NULL && item->when <= 0)
        item->reason = "its time cannot be read";
    if (item->reason == NULL && item->when > facts->now)
        item->reason = "its time lies in the future";
    if (item->reason == NULL)
        snapshot_name_plan(item->name, item->when, NULL,
                           origin_hash(arena_printf(arena, "%s:%s/%s", adoption_tool_name(facts->tool),
                                                    facts->path, item->source)));
}

/* What is taken by its name, and so by its time; then what is not, by its source. */
static int compare_items(const void *left, const void *right)
{
    const struct adoption_item *a = left, *b = right;

    if ((a->reason == NULL) != (b->reason == NULL))
        return a->reason == NULL ? -1 : 1;
    return a->reason == NULL ? strcmp(a->name, b->name) : strcmp(a->source, b->source);
}

struct adoption adoption_plan(struct arena *arena, const struct adoption_facts *facts)
{
    struct adoption plan = {.items = arena_alloc(arena, (facts->count + 1) * sizeof *plan.items)};
    const char *point = choose_point(facts);

    for (size_t i = 0; i < facts->count; i++) {
        struct adoption_item *item = &plan.items[plan.count++];

        plan_entry(arena, facts, point, &facts->entries[i], item);
        plan.taken += item->reason == NULL;
    }
    qsort(plan.items, plan.count, sizeof *plan.items, compare_items);
    return plan;
}
