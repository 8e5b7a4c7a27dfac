/* The shortest way from one text to another, line by line. */
#include "plan/line_diff.h"

#include <stdint.h>
#include <string.h>

struct lines {
    struct line *items;
    size_t count;
    uint64_t *hashes;
};

const char *line_change_name(enum line_change change)
{
    switch (change) {
    case LINE_SAME:
        return "same";
    case LINE_REMOVED:
        return "removed";
    case LINE_ADDED:
        return "added";
    }
    return NULL;
}

/* FNV-1a, by Glenn Fowler, Landon Curt Noll and Kiem-Phong Vo, public domain. */
static uint64_t hash_of(const struct line *line)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < line->size; i++)
        hash = (hash ^ (unsigned char)line->bytes[i]) * 0x100000001b3U;
    return hash;
}

static struct lines split(struct arena *arena, const char *text, size_t size)
{
    struct lines lines = {0};
    size_t count = 1, at = 0;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    lines.items = arena_alloc(arena, count * sizeof *lines.items);
    lines.hashes = arena_alloc(arena, count * sizeof *lines.hashes);
    while (at < size) {
        const char *end = memchr(text + at, '\n', size - at);
        struct line *line = &lines.items[lines.count];

        *line = (struct line){text + at, end != NULL ? (size_t)(end - text) - at : size - at};
        lines.hashes[lines.count++] = hash_of(line);
        at += line->size + 1;
    }
    return lines;
}

static bool is_same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
    return a->hashes[i] == b->hashes[j] && a->items[i].size == b->items[j].size &&
           memcmp(a->items[i].bytes, b->items[j].bytes, a->items[i].size) == 0;
}

/* The part of both texts between their common beginning and their common end. */
struct middle {
    const struct lines *before, *after;
    size_t begin, before_end, after_end;
};

static struct middle trim(const struct lines *before, const struct lines *after)
{
    struct middle middle = {before, after, 0, before->count, after->count};

    while (middle.begin < middle.before_end && middle.begin < middle.after_end &&
           is_same(before, middle.begin, after, middle.begin))
        middle.begin++;
    while (middle.before_end > middle.begin && middle.after_end > middle.begin &&
           is_same(before, middle.before_end - 1, after, middle.after_end - 1)) {
        middle.before_end--;
        middle.after_end--;
    }
    return middle;
}

/* How far each diagonal k = x - y was reached with d edits: reach[d] holds k = -d … d at index d + k. */
struct search {
    const struct middle *middle;
    int width, height; /* lines of the middle, before and after */
    int *reach[LINE_DIFF_EDITS_MAX + 1];
};

static int reached(const struct search *search, int d, int k)
{
    return search->reach[d][d + k];
}

/* Whether the best way onto diagonal k with d edits comes from above: by an added line. */
static bool is_from_above(const struct search *search, int d, int k)
{
    return k == -d || (k != d && reached(search, d - 1, k - 1) < reached(search, d - 1, k + 1));
}

/* One more edit on every diagonal; true when the end is reached. */
static bool extend(struct arena *arena, struct search *search, int d)
{
    const struct middle *middle = search->middle;

    search->reach[d] = arena_alloc(arena, (size_t)(2 * d + 1) * sizeof(int));
    for (int k = -d; k <= d; k += 2) {
        int x = 0, y;

        if (d > 0)
            x = is_from_above(search, d, k) ? reached(search, d - 1, k + 1)
                                            : reached(search, d - 1, k - 1) + 1;
        y = x - k;
        while (x < search->width && y < search->height &&
               is_same(middle->before, middle->begin + (size_t)x, middle->after, middle->begin + (size_t)y)) {
            x++;
            y++;
        }
        search->reach[d][d + k] = x;
        if (x >= search->width && y >= search->height)
            return true;
    }
    return false;
}

static void add(struct line_diff *diff, enum line_change change, size_t before, size_t after,
                const struct lines *lines, size_t index)
{
    diff->edits[diff->count++] = (struct line_edit){change, before, after, lines->items[index]};
    diff->changes += change != LINE_SAME;
}

/* The way back from the end, as a change for each step, the last first. */
static size_t trace(const struct search *search, int d, enum line_change *steps)
{
    int x = search->width, y = search->height;
    size_t count = 0;

    for (; d > 0; d--) {
        int k = x - y;
        bool above = is_from_above(search, d, k);
        int from_x = above ? reached(search, d - 1, k + 1) : reached(search, d - 1, k - 1);
        int from_y = from_x - (above ? k + 1 : k - 1);

        while (x > from_x + !above && y > from_y + above) {
            steps[count++] = LINE_SAME;
            x--;
            y--;
        }
        steps[count++] = above ? LINE_ADDED : LINE_REMOVED;
        x = from_x;
        y = from_y;
    }
    for (; x > 0; x--)
        steps[count++] = LINE_SAME;
    return count;
}

/* The steps in order; a run of changes has what was removed first. */
static void put_steps(struct line_diff *diff, const struct middle *middle, const enum line_change *steps,
                      size_t count)
{
    size_t x = middle->begin, y = x;

    for (size_t i = count; i > 0;) {
        size_t added = 0;

        if (steps[i - 1] == LINE_SAME) {
            add(diff, LINE_SAME, x, y, middle->before, x);
            x++;
            y++;
            i--;
            continue;
        }
        for (; i > 0 && steps[i - 1] != LINE_SAME; i--) {
            if (steps[i - 1] == LINE_ADDED) {
                added++;
                continue;
            }
            add(diff, LINE_REMOVED, x, y, middle->before, x);
            x++;
        }
        for (; added > 0; added--, y++)
            add(diff, LINE_ADDED, x, y, middle->after, y);
    }
}

static void replace_all(struct line_diff *diff, const struct middle *middle)
{
    for (size_t x = middle->begin; x < middle->before_end; x++)
        add(diff, LINE_REMOVED, x, middle->begin, middle->before, x);
    for (size_t y = middle->begin; y < middle->after_end; y++)
        add(diff, LINE_ADDED, middle->before_end, y, middle->after, y);
}

static void compare_middle(struct arena *arena, const struct middle *middle, struct line_diff *diff)
{
    struct search *search = arena_alloc(arena, sizeof *search);
    enum line_change *steps;

    search->middle = middle;
    search->width = (int)(middle->before_end - middle->begin);
    search->height = (int)(middle->after_end - middle->begin);
    for (int d = 0; d <= LINE_DIFF_EDITS_MAX; d++) {
        if (!extend(arena, search, d))
            continue;
        steps = arena_alloc(arena, ((size_t)search->width + (size_t)search->height + 1) * sizeof *steps);
        put_steps(diff, middle, steps, trace(search, d, steps));
        return;
    }
    diff->coarse = true;
    replace_all(diff, middle);
}

void line_diff_plan(struct arena *arena, const char *before, size_t before_size, const char *after,
                    size_t after_size, struct line_diff *diff)
{
    const struct lines one = split(arena, before, before_size), other = split(arena, after, after_size);
    const struct middle middle = trim(&one, &other);

    *diff = (struct line_diff){0};
    diff->edits = arena_alloc(arena, (one.count + other.count + 1) * sizeof *diff->edits);
    for (size_t i = 0; i < middle.begin; i++)
        add(diff, LINE_SAME, i, i, &one, i);
    if (middle.before_end > middle.begin || middle.after_end > middle.begin)
        compare_middle(arena, &middle, diff);
    for (size_t x = middle.before_end, y = middle.after_end; x < one.count; x++, y++)
        add(diff, LINE_SAME, x, y, &one, x);
}

bool line_diff_hunk(const struct line_diff *diff, size_t context, size_t at, struct line_hunk *hunk)
{
    size_t first = at, last, quiet = 0, end;

    while (first < diff->count && diff->edits[first].change == LINE_SAME)
        first++;
    if (first == diff->count)
        return false;
    last = first;
    for (size_t i = first; i < diff->count && quiet <= 2 * context; i++) {
        quiet = diff->edits[i].change == LINE_SAME ? quiet + 1 : 0;
        if (quiet == 0)
            last = i;
    }
    end = last + 1 + context < diff->count ? last + 1 + context : diff->count;
    first = first - at > context ? first - context : at;
    *hunk = (struct line_hunk){first, end - first};
    return true;
}
