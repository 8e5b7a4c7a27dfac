/* Reading a cron expression. */
#include "plan/cron.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 256, FIELD_COUNT = 5 };

static const char *const month_names[] = {"",    "jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const struct cron_field {
    const char *noun;
    int min, max;
    const char *const *names; /* of the values, or NULL */
    int name_count;
} fields[FIELD_COUNT] = {
    {"minute", 0, 59, NULL, 0},
    {"hour", 0, 23, NULL, 0},
    {"day of the month", 1, 31, NULL, 0},
    {"month", 1, 12, month_names, 13},
    {"day of the week", 0, 7, weekday_names, 7},
};

static const struct {
    const char *name, *text;
} nicknames[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

/* Where we are in the text. */
struct reader {
    const char *text;
    const char *at;
    struct err *err;
};

static int __attribute__((format(printf, 3, 4)))
refuse(const struct reader *reader, const char *at, const char *format, ...)
{
    char reason[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    err_set(reader->err, ERR_INVALID, "the cron expression \"%s\" is wrong at column %d: %s", reader->text,
            (int)(at - reader->text) + 1, reason);
    return err_hint(reader->err,
                    "five fields: minute hour day-of-month month day-of-week, such as \"15 2 * * *\"");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Letters and digits from `at` on. */
static size_t word_size(const char *at)
{
    size_t size = 0;

    while ((at[size] >= '0' && at[size] <= '9') || (lower(at[size]) >= 'a' && lower(at[size]) <= 'z'))
        size++;
    return size;
}

static bool is_same(const char *word, size_t size, const char *name)
{
    if (strlen(name) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(word[i]) != name[i])
            return false;
    return true;
}

/* Digits as a number; what does not fit is larger than any limit. -1 when it is none. */
static int number_of(const char *word, size_t size)
{
    int number = 0;

    if (size == 0)
        return -1;
    for (size_t i = 0; i < size; i++) {
        if (word[i] < '0' || word[i] > '9')
            return -1;
        if (number < 10000)
            number = number * 10 + (word[i] - '0');
    }
    return number;
}

/* A number or a name. */
static int read_value(struct reader *reader, const struct cron_field *field, int *value)
{
    const char *word = reader->at;
    size_t size = word_size(word);

    if (size == 0 && (*word == '\0' || is_blank(*word)))
        return refuse(reader, word, "the %s is missing", field->noun);
    if (size == 0)
        return refuse(reader, word, "\"%.1s\" means nothing here; \"*\", \",\", \"-\" and \"/\" do", word);
    reader->at += size;
    *value = number_of(word, size);
    for (int i = field->min; i < field->name_count && *value < 0; i++)
        if (is_same(word, size, field->names[i]))
            *value = i;
    if (*value < 0)
        return refuse(reader, word, "\"%.*s\" is no %s", (int)(size < 20 ? size : 20), word, field->noun);
    if (*value < field->min || *value > field->max)
        return refuse(reader, word, "%.*s is no %s: these go from %d to %d", (int)(size < 20 ? size : 20),
                      word, field->noun, field->min, field->max);
    return 0;
}

/* "/n" behind "*" or a range. */
static int read_step(struct reader *reader, const struct cron_field *field, bool is_range, int *step)
{
    const char *slash = reader->at;
    int values = field->max - field->min + 1 - (field->max == 7);
    size_t size;

    *step = 1;
    if (*slash != '/')
        return 0;
    if (!is_range)
        return refuse(reader, slash, "a step needs \"*\" or a range before it, such as 5-%d/10", field->max);
    size = word_size(slash + 1);
    *step = number_of(slash + 1, size);
    if (*step < 1)
        return refuse(reader, slash + 1, "a step is a number from 1 to %d", values);
    if (*step > values)
        return refuse(reader, slash + 1, "a step of %.*s is more than the %d values of this field",
                      (int)(size < 20 ? size : 20), slash + 1, values);
    reader->at += 1 + size;
    return 0;
}

/* "*", a value or a range, with its step. */
static int read_item(struct reader *reader, const struct cron_field *field, uint64_t *values)
{
    const char *begin = reader->at;
    int from = field->min, to = field->max, step;
    bool is_range = true;

    if (*reader->at == '*') {
        reader->at++;
    } else {
        if (read_value(reader, field, &from) < 0)
            return -1;
        to = from;
        is_range = *reader->at == '-';
        if (is_range) {
            reader->at++;
            if (read_value(reader, field, &to) < 0)
                return -1;
        }
        /* "fri-sun" */
        if (to < from && to == 0 && field->names == weekday_names)
            to = 7;
        if (to < from)
            return refuse(reader, begin, "the range goes backwards; write it as two");
    }
    if (read_step(reader, field, is_range, &step) < 0)
        return -1;
    /* Sunday is 0 and 7: one bit. */
    for (int value = from; value <= to; value += step)
        *values |= UINT64_C(1) << (field->names == weekday_names ? value % 7 : value);
    return 0;
}

/* A list of items, up to a blank or the end. */
static int read_field(struct reader *reader, const struct cron_field *field, uint64_t *values, bool *star)
{
    *values = 0;
    while (is_blank(*reader->at))
        reader->at++;
    if (*reader->at == '\0')
        return refuse(reader, reader->at, "the %s is missing", field->noun);
    *star = *reader->at == '*';
    while (true) {
        if (read_item(reader, field, values) < 0)
            return -1;
        if (*reader->at == '\0' || is_blank(*reader->at))
            return 0;
        if (*reader->at != ',')
            return refuse(reader, reader->at, "\"%.1s\" does not belong there", reader->at);
        reader->at++;
    }
}

/* Whether some chosen month has some chosen day, in leap years at least. */
static bool has_date(const struct cron *cron)
{
    static const int lengths[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    for (int month = 1; month <= 12; month++)
        if ((cron->months >> month & 1) != 0 && (cron->days & ((UINT64_C(2) << lengths[month]) - 1)) != 0)
            return true;
    return false;
}

static int read_fields(struct reader *reader, struct cron *cron)
{
    uint64_t values[FIELD_COUNT];
    bool stars[FIELD_COUNT];
    const char *begin[FIELD_COUNT];

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        begin[i] = reader->at;
        if (read_field(reader, &fields[i], &values[i], &stars[i]) < 0)
            return -1;
    }
    while (is_blank(*reader->at))
        reader->at++;
    if (*reader->at != '\0')
        return refuse(reader, reader->at, "there are more than five fields");
    *cron = (struct cron){
        .minutes = values[0],
        .hours = (uint32_t)values[1],
        .days = (uint32_t)values[2],
        .months = (uint32_t)values[3],
        .weekdays = (uint32_t)values[4],
        .follows_clock = stars[0] || stars[1],
        .any_day = stars[2],
        .any_weekday = stars[4],
    };
    /* Every weekday falls on every date sooner or later, on 29 February within 40 years. */
    if ((cron->any_day || cron->any_weekday) && !has_date(cron))
        return refuse(reader, begin[2] + strspn(begin[2], " \t"),
                      "it never fires: no such month has such a day");
    return 0;
}

static int read_nickname(struct reader *reader, const char *end, struct cron *cron)
{
    size_t size = (size_t)(end - reader->at);

    if (is_same(reader->at, size, "@reboot"))
        return refuse(reader, reader->at, "@reboot names no time; backups are not made at a boot");
    for (size_t i = 0; i < sizeof nicknames / sizeof nicknames[0]; i++) {
        if (is_same(reader->at, size, nicknames[i].name)) {
            reader->at = nicknames[i].text;
            return read_fields(reader, cron);
        }
    }
    return refuse(reader, reader->at,
                  "such a name is not known; @hourly, @daily, @midnight, @weekly, @monthly, @yearly and "
                  "@annually are");
}

int cron_parse(const char *text, struct cron *cron, struct err *err)
{
    struct reader reader = {text, text, err};
    const char *end;

    if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
        return err_set(err, ERR_INVALID, "the cron expression has more than %d bytes", TEXT_MAX);
    reader.at += strspn(text, " \t");
    if (*reader.at != '@')
        return read_fields(&reader, cron);
    end = reader.at + strlen(reader.at);
    while (is_blank(end[-1]))
        end--;
    return read_nickname(&reader, end, cron);
}
