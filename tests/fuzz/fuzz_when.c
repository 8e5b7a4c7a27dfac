/* Numbers, sizes, durations and times as text: what is read can be written and read again. */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/parse.h"
#include "base/text.h"
#include "base/when.h"
#include "fuzz.h"

static void check_numbers(struct arena *arena, const char *text)
{
    struct err err = {0};
    int64_t value = 0, bytes = 0, seconds = 0;
    bool yes;

    if (parse_int(text, INT64_MIN, INT64_MAX, &value, &err) == 0)
        assert(strcmp(arena_printf(arena, "%lld", (long long)value), text) == 0);
    else
        assert(err.code == ERR_INVALID && !text_has_control(err.message));
    assert(parse_int(text, 10, 20, &value, &err) < 0 || (value >= 10 && value <= 20));
    if (parse_size(text, &bytes, &err) == 0)
        assert(bytes >= 0 && text_bytes(arena, bytes)[0] != '-');
    if (parse_duration(text, &seconds, &err) == 0)
        assert(seconds >= 0);
    parse_bool(text, &yes, &err);
}

static void check_time(const char *text)
{
    struct err err = {0};
    char written[WHEN_TEXT];
    int64_t when = 0, again = 0;

    if (when_parse_rfc3339(text, &when, &err) < 0)
        return;
    when_rfc3339(written, when);
    /* An offset can lead out of the years that have four digits. */
    if (when_civil(when).year >= 1 && when_civil(when).year <= 9999)
        assert(when_parse_rfc3339(written, &again, &err) == 0 && again == when);
}

static void check_any_moment(const uint8_t *data, size_t size)
{
    char written[WHEN_TEXT];
    struct civil civil;
    int64_t when = 0;

    memcpy(&when, data, size < sizeof when ? size : sizeof when);
    civil = when_civil(when);
    assert(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= 31);
    assert(civil.weekday >= 0 && civil.weekday <= 6);
    if (when > INT64_MIN / 2)
        assert(when_from_civil(&civil) == when);
    assert(strlen(when_rfc3339(written, when)) < WHEN_TEXT);
    assert(strlen(when_duration(written, when)) < WHEN_TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = arena_copy(&arena, data, size);
    const char *shown = text_printable_dup(&arena, (const char *)data, size);

    assert(text_is_utf8(shown, strlen(shown)) && !text_has_control(shown));
    check_numbers(&arena, text);
    check_time(text);
    if (size > 0)
        check_any_moment(data, size);
    return 0;
}
