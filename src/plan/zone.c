/* Reading TZif, and finding moments in a zone. */
#include "plan/zone.h"

#include <string.h>

const struct zone zone_universal = {.name = "UTC", .first = {.abbreviation = "UTC"}};

enum {
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    OFFSET_MIN = -25 * 3600, /* both are the limits of RFC 8536 §3.2 */
    OFFSET_MAX = 26 * 3600,
    YEAR_MAX = 10000, /* the rule is followed until then */
};

/* What is left of the file. */
struct rest {
    const unsigned char *at;
    size_t size;
};

/* The counts of a header, and where the parts of its data block begin. */
struct block {
    char version;
    size_t time_size; /* 4 or 8 */
    uint32_t isut_count, isstd_count, leap_count, change_count, type_count, text_count;
    const unsigned char *times, *indexes, *types, *texts;
};

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static int64_t signed_big_endian(const unsigned char *bytes, size_t size)
{
    return size == 4 ? (int32_t)big_endian(bytes, 4) : (int64_t)big_endian(bytes, 8);
}

/* Takes a header and its data block off the rest. */
static const char *take_block(struct rest *rest, size_t time_size, struct block *block)
{
    const unsigned char *at = rest->at;
    uint64_t size;

    if (rest->size < HEADER_SIZE || memcmp(at, "TZif", 4) != 0)
        return "it does not begin with \"TZif\"";
    block->version = (char)at[4];
    block->time_size = time_size;
    block->isut_count = (uint32_t)big_endian(at + 20, 4);
    block->isstd_count = (uint32_t)big_endian(at + 24, 4);
    block->leap_count = (uint32_t)big_endian(at + 28, 4);
    block->change_count = (uint32_t)big_endian(at + 32, 4);
    block->type_count = (uint32_t)big_endian(at + 36, 4);
    block->text_count = (uint32_t)big_endian(at + 40, 4);
    /* Six numbers of 32 bits, times 12 at most: no overflow. */
    size = HEADER_SIZE + (uint64_t)block->change_count * (time_size + 1) +
           (uint64_t)block->type_count * TYPE_SIZE + block->text_count +
           (uint64_t)block->leap_count * (time_size + 4) + block->isstd_count + block->isut_count;
    if (size > rest->size)
        return "it is cut off";
    block->times = at + HEADER_SIZE;
    block->indexes = block->times + block->change_count * time_size;
    block->types = block->indexes + block->change_count;
    block->texts = block->types + block->type_count * TYPE_SIZE;
    rest->at += size;
    rest->size -= size;
    return NULL;
}

static const char *read_type(const struct block *block, size_t index, struct zone_type *type)
{
    const unsigned char *bytes = block->types + index * TYPE_SIZE;
    size_t at = bytes[5], length = 0;

    type->offset = (int32_t)big_endian(bytes, 4);
    type->is_dst = bytes[4] == 1;
    if (type->offset <= OFFSET_MIN || type->offset >= OFFSET_MAX || bytes[4] > 1)
        return "an offset from UTC is out of range";
    while (at + length < block->text_count && block->texts[at + length] > ' ' &&
           block->texts[at + length] < 0x7f)
        length++;
    if (at + length >= block->text_count || block->texts[at + length] != '\0' ||
        length >= sizeof type->abbreviation)
        return "an abbreviation is broken";
    memcpy(type->abbreviation, block->texts + at, length);
    type->abbreviation[length] = '\0';
    return NULL;
}

static const char *read_block(struct arena *arena, const struct block *block, struct zone *zone)
{
    struct zone_type *types = arena_alloc(arena, block->type_count * sizeof *types);
    struct zone_change *changes = arena_alloc(arena, block->change_count * sizeof *changes);

    if (block->type_count == 0 || block->type_count > 256)
        return "it has no types of local time, or too many";
    if (block->leap_count != 0)
        return "it counts leap seconds";
    for (size_t i = 0; i < block->type_count; i++) {
        const char *wrong = read_type(block, i, &types[i]);

        if (wrong != NULL)
            return wrong;
    }
    for (size_t i = 0; i < block->change_count; i++) {
        changes[i].at = signed_big_endian(block->times + i * block->time_size, block->time_size);
        if (i > 0 && changes[i].at <= changes[i - 1].at)
            return "its changes are not in order";
        if (block->indexes[i] >= block->type_count)
            return "a change leads to a type that is not there";
        changes[i].type = &types[block->indexes[i]];
    }
    zone->first = types[0];
    zone->changes = changes;
    zone->change_count = block->change_count;
    return NULL;
}

/* A newline, the rule or nothing, a newline. */
static const char *read_footer(struct rest rest, struct zone *zone)
{
    const unsigned char *end;

    if (rest.size < 2 || rest.at[0] != '\n')
        return "its footer is missing";
    end = memchr(rest.at + 1, '\n', rest.size - 1);
    if (end == NULL)
        return "its footer is cut off";
    if (end == rest.at + 1)
        return NULL;
    zone->has_rule = true;
    if (!zone_rule_parse((const char *)rest.at + 1, (size_t)(end - rest.at - 1), &zone->rule))
        return "its footer is not a rule that we can read";
    return NULL;
}

static const char *read_file(struct arena *arena, struct rest rest, struct zone *zone)
{
    struct block block;
    const char *wrong = take_block(&rest, 4, &block);

    if (wrong != NULL)
        return wrong;
    if (block.version == '\0')
        return read_block(arena, &block, zone);
    if (block.version < '2')
        return "its version is not known";
    /* From version 2 on the first block is for readers of version 1; later versions are read like the last known. */
    wrong = take_block(&rest, 8, &block);
    if (wrong == NULL)
        wrong = read_block(arena, &block, zone);
    return wrong != NULL ? wrong : read_footer(rest, zone);
}

int zone_parse(struct arena *arena, const char *name, const void *bytes, size_t size, struct zone *zone,
               struct err *err)
{
    const char *wrong;

    *zone = (struct zone){.name = arena_strdup(arena, name)};
    wrong = read_file(arena, (struct rest){bytes, size}, zone);
    if (wrong == NULL)
        return 0;
    return err_set(err, ERR_INVALID, "the file of the time zone \"%s\" cannot be used: %s", name, wrong);
}

/* Changes at or before `utc` in the table. */
static size_t changes_until(const struct zone *zone, int64_t utc)
{
    size_t low = 0, high = zone->change_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->changes[middle].at <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The span by the rule alone. */
static struct zone_span rule_span(const struct zone_rule *rule, int64_t utc)
{
    struct zone_span span = {INT64_MIN, INT64_MAX, &rule->standard};
    int64_t year;

    if (!rule->has_summer)
        return span;
    year = when_civil(utc).year;
    if (year > YEAR_MAX)
        year = YEAR_MAX;
    if (year < -YEAR_MAX)
        year = -YEAR_MAX;
    /* A change can lie a week and a day outside its year (hours up to 167, offset), so that the last one before, or the
     * next one, may be called one of the year but one. */
    for (int64_t y = year - 2; y <= year + 2; y++) {
        struct zone_change changes[2];

        zone_rule_year(rule, y, changes);
        for (size_t i = 0; i < 2; i++) {
            if (changes[i].at > utc) {
                span.end = changes[i].at < span.end ? changes[i].at : span.end;
            } else if (changes[i].at >= span.begin) {
                span.begin = changes[i].at;
                span.type = changes[i].type;
            }
        }
    }
    return span;
}

struct zone_span zone_span(const struct zone *zone, int64_t utc)
{
    size_t until = changes_until(zone, utc), count = zone->change_count;
    struct zone_span span = {INT64_MIN, INT64_MAX, &zone->first};

    if (zone->has_rule && until == count)
        span = rule_span(&zone->rule, utc);
    else if (until > 0)
        span.type = zone->changes[until - 1].type;
    if (until > 0 && zone->changes[until - 1].at > span.begin)
        span.begin = zone->changes[until - 1].at;
    if (until < count)
        span.end = zone->changes[until].at;
    return span;
}

const struct zone_type *zone_offset(const struct zone *zone, int64_t utc)
{
    return zone_span(zone, utc).type;
}

int64_t zone_local_seconds(const struct zone *zone, int64_t utc)
{
    return utc + zone_offset(zone, utc)->offset;
}

struct civil zone_local(const struct zone *zone, int64_t utc)
{
    return when_civil(zone_local_seconds(zone, utc));
}

struct zone_moments zone_utc(const struct zone *zone, int64_t local)
{
    struct zone_moments moments = {0};
    struct zone_span span = zone_span(zone, local - OFFSET_MAX);
    bool explained = false;

    /* Every span in which the clocks could show it. */
    while (true) {
        int64_t at = local - span.type->offset;
        struct zone_span next;

        if (at >= span.begin && at < span.end) {
            moments.at[moments.count == 0 ? 0 : 1] = at;
            moments.count = moments.count == 0 ? 1 : 2;
        }
        if (span.end > local - OFFSET_MIN)
            return moments;
        next = zone_span(zone, span.end);
        /* It lies between what the clocks show before the change and after it, either way round. */
        if (!explained && ((at >= span.end && local - next.type->offset < span.end) ||
                           (at < span.end && local - next.type->offset >= span.end))) {
            explained = true;
            moments.change = span.end;
            moments.offset_before = span.type->offset;
            moments.offset_after = next.type->offset;
        }
        span = next;
    }
}
