/* Bytes as text: UTF-8, control characters, escapes, sizes, distances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void utf8_is_judged_strictly(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"a", 1},
        {"\xc3\xa9", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},     /* a second byte alone */
        {"\xc0\xaf", 0}, /* overlong "/" */
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xe2\x82", 0}, /* cut off */
        {"\xe2\x28\xa1", 0},
        {"\xe2\x82\x28", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(text_utf8_length(rows[i].bytes, strlen(rows[i].bytes)), rows[i].length);
    assert_int_equal(text_utf8_length("", 0), 0);
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("na\xc3\xafve \xe2\x82\xac", 10));
    assert_false(text_is_utf8("na\xc3\xafve \xe2\x82\xac", 9));
    assert_true(text_is_utf8("a\0b", 3));
}

static void control_characters_are_found(void **state)
{
    static const char *const with[] = {"\n", "a\tb", "\x1b[0m", "a\x7f", "\xc2\x85", "\xc2\x80"};
    static const char *const without[] = {"", "a b", "\xc2\xa0", "\xc3\x85", "\xe2\x82\xac", "\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        assert_true(text_has_control(with[i]));
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        assert_false(text_has_control(without[i]));
}

static void what_is_printed_is_harmless(void **state)
{
    static const struct {
        const char *bytes;
        const char *shown;
    } rows[] = {
        {"plain \\ \"text\"", "plain \\ \"text\""},
        {"\r\n\t\x1b]0;t\x07", "\\x0d\\x0a\\x09\\x1b]0;t\\x07"},
        {"\x7f", "\\x7f"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"\xc2\x9b", "\\xc2\\x9b"},
        {"gpj.\xe2\x80\xae"
         "exe",
         "gpj.\\xe2\\x80\\xaeexe"},
        {"\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c", "\\xe2\\x81\\xa6\\xe2\\x80\\xa8\\xd8\\x9c"},
        {"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(text_printable_dup(&arena, rows[i].bytes, strlen(rows[i].bytes)), rows[i].shown);
    assert_string_equal(text_printable_dup(&arena, "a\0b", 3), "a\\x00b");
    assert_string_equal(text_printable_dup(&arena, "", 0), "");
}

static void cuts_between_characters(void **state)
{
    char to[16] = "unchanged";

    (void)state;
    text_printable(to, 0, "abc", 3);
    assert_string_equal(to, "unchanged");
    text_printable(to, 1, "abc", 3);
    assert_string_equal(to, "");
    text_printable(to, 4, "abc", 3);
    assert_string_equal(to, "abc");
    text_printable(to, 3, "a\xc3\xa9", 3);
    assert_string_equal(to, "a");
    text_printable(to, 8, "a\n\nb", 4);
    assert_string_equal(to, "a\\x0a");
}

static void sizes_for_people(void **state)
{
    static const struct {
        int64_t bytes;
        const char *shown;
    } rows[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {10 * 1024 + 512, "10 KiB"},
        {(int64_t)1 << 30, "1 GiB"},
        {((int64_t)1 << 30) * 5 / 2, "2.5 GiB"},
        {((int64_t)1 << 40) - 1, "1023 GiB"},
        {INT64_MAX, "8191 PiB"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(text_bytes(&arena, rows[i].bytes), rows[i].shown);
}

static void columns_are_characters(void **state)
{
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("abc"), 3);
    assert_int_equal(text_columns("\xc3\xa9\xe2\x82\xac"), 2);
}

static void distance_counts_edits(void **state)
{
    char long_text[80];

    (void)state;
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("web1", "web1"), 0);
    assert_int_equal(text_distance("web1", "web01"), 1);
    assert_int_equal(text_distance("web1", "web2"), 1);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("abc", ""), 3);
    assert_int_equal(text_distance(long_text, "a"), 1000);
    assert_int_equal(text_distance("a", long_text), 1000);
    assert_int_equal(text_distance(long_text + 16, long_text + 17), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_judged_strictly),
        cmocka_unit_test(control_characters_are_found),
        cmocka_unit_test(what_is_printed_is_harmless),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(sizes_for_people),
        cmocka_unit_test(columns_are_characters),
        cmocka_unit_test(distance_counts_edits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
