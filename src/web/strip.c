/* Strips: one path for each result, a bar for each day. */
#include "web/strip.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/when.h"
#include "service/document_calendar.h"

enum { DAY = 86400, STEP = 6, BAR = 4, DAYS_MAX = 100 };

/* How the days of one result are drawn: dashes of that many pixels along lines at these heights, or outlines. */
static const struct {
    const char *result, *word;
    bool told; /* its dates are told */
    const char *lines[2];
} kinds[] = {
    {"failed", "failed", true, {"2.5", "9.5"}},
    {"missed", "missed", true, {NULL}},
    {"warning", "with warnings", true, {"8.5"}},
    {"running", "running", false, {"6"}},
    {"ok", "ok", false, {"6"}},
    {"ahead", "still to come", false, {"11"}},
    {"none", "without a backup", false, {"11"}},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The days as indices of kinds; KINDS: a word of a newer program, which is drawn as nothing. */
struct strip {
    size_t count;
    unsigned char kind[DAYS_MAX];
};

static void read_days(struct strip *strip, const json_t *days)
{
    strip->count = json_array_size(days) < DAYS_MAX ? json_array_size(days) : DAYS_MAX;
    for (size_t i = 0; i < strip->count; i++) {
        const char *word = json_string_value(json_array_get(days, i));
        unsigned char kind = 0;

        while (kind < KINDS && strcmp(kinds[kind].result, word) != 0)
            kind++;
        strip->kind[i] = kind;
    }
}

/* The first day behind `first` that is of another kind. */
static size_t end_of(const struct strip *strip, size_t first)
{
    size_t end = first + 1;

    while (end < strip->count && strip->kind[end] == strip->kind[first])
        end++;
    return end;
}

/* The date of day `i` where the last one is `to`. */
static void add_date(struct buf *text, int64_t to, const struct strip *strip, size_t i)
{
    const struct civil date = when_civil(to - (int64_t)(strip->count - 1 - i) * DAY);

    buf_printf(text, "%04lld-%02d-%02d", (long long)date.year, date.month, date.day);
}

/* "2026-11-20, 2026-11-22 to 2026-11-24" */
static void add_dates(struct buf *text, const struct strip *strip, int64_t to, size_t kind)
{
    const char *separator = "";

    for (size_t i = 0; i < strip->count; i = end_of(strip, i)) {
        if (strip->kind[i] != kind)
            continue;
        buf_add_text(text, separator);
        add_date(text, to, strip, i);
        if (end_of(strip, i) > i + 1) {
            buf_add_text(text, " to ");
            add_date(text, to, strip, end_of(strip, i) - 1);
        }
        separator = ", ";
    }
}

static json_t *label_of(const struct strip *strip, const char *to_text)
{
    BUF_SCOPED text = BUF_EMPTY;
    const char *separator = "";
    struct err ignored;
    char midnight[40];
    int64_t to = 0;

    snprintf(midnight, sizeof midnight, "%.10sT00:00:00Z", to_text);
    (void)when_parse_rfc3339(midnight, &to, &ignored);
    buf_printf(&text, "%zu days up to %s: ", strip->count, to_text);
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t found = 0;

        for (size_t i = 0; i < strip->count; i++)
            found += strip->kind[i] == kind;
        if (found == 0)
            continue;
        buf_printf(&text, "%s%zu %s", separator, found, kinds[kind].word);
        if (kinds[kind].told) {
            buf_add_text(&text, " (");
            add_dates(&text, strip, to, kind);
            buf_add_text(&text, ")");
        }
        separator = ", ";
    }
    return json_string(buf_text(&text));
}

/* Days of one kind that follow each other are one line: the dashes that its style gives it are the bars. */
static void add_lines(struct buf *d, const struct strip *strip, size_t kind, const char *height)
{
    for (size_t i = 0; i < strip->count; i = end_of(strip, i))
        if (strip->kind[i] == kind)
            buf_printf(d, "M%zu %sh%zu", i * STEP, height, (end_of(strip, i) - 1 - i) * STEP + BAR);
}

static void add_outlines(struct buf *d, const struct strip *strip, size_t kind)
{
    for (size_t i = 0; i < strip->count; i++)
        if (strip->kind[i] == kind)
            buf_printf(d, "M%zu.5 .5h3v11h-3z", i * STEP);
}

json_t *strip_picture(const json_t *item)
{
    json_t *paths = json_array();
    struct strip strip;

    read_days(&strip, json_object_get(item, "days"));
    for (size_t kind = 0; kind < KINDS; kind++) {
        BUF_SCOPED d = BUF_EMPTY;

        if (kinds[kind].lines[0] == NULL)
            add_outlines(&d, &strip, kind);
        for (size_t line = 0; line < 2 && kinds[kind].lines[line] != NULL; line++)
            add_lines(&d, &strip, kind, kinds[kind].lines[line]);
        if (d.size > 0)
            json_array_append_new(paths,
                                  json_pack("{s:s, s:s}", "kind", kinds[kind].result, "d", buf_text(&d)));
    }
    return json_pack("{s:o, s:I, s:o}", "label",
                     label_of(&strip, json_string_value(json_object_get(item, "to"))), "width",
                     (json_int_t)strip.count * STEP, "paths", paths);
}

int strip_document(struct service *service, json_t **document, struct err *err)
{
    const json_t *items;

    if (document_strips(service, document, err) < 0)
        return -1;
    items = json_object_get(*document, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);

        json_object_set_new(item, "picture", strip_picture(item));
    }
    return 0;
}

void strip_add(json_t *hosts, const json_t *strips)
{
    const json_t *items = json_object_get(strips, "items");
    json_t *by_name = json_object();

    for (size_t i = 0; i < json_array_size(items); i++)
        json_object_set(by_name, json_string_value(json_object_get(json_array_get(items, i), "host")),
                        json_array_get(items, i));
    for (size_t i = 0; i < json_array_size(hosts); i++) {
        json_t *host = json_array_get(hosts, i);
        json_t *strip = json_object_get(by_name, json_string_value(json_object_get(host, "host")));

        json_object_set_new(host, "strip",
                            strip == NULL ? json_null() : json_incref(json_object_get(strip, "picture")));
    }
    json_decref(by_name);
}
