/* Strict parsers: what they take, and that they take nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"

static void integers(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0}, {"7", 7}, {"-7", -7}, {"9223372036854775807", INT64_MAX}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "-0",
                                      "-01",
                                      "1a",
                                      "1.",
                                      "0x1",
                                      "--1",
                                      "9223372036854775808",
                                      "99999999999999999999"};
    struct err err;
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse_int(good[i].text, INT64_MIN, INT64_MAX, &value, &err), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        value = 42;
        assert_int_equal(parse_int(bad[i], INT64_MIN, INT64_MAX, &value, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_int_equal(value, 42);
    }
}

static void integers_keep_to_their_range(void **state)
{
    struct err err;
    int64_t value;

    (void)state;
    assert_int_equal(parse_int("1", 1, 64, &value, &err), 0);
    assert_int_equal(parse_int("64", 1, 64, &value, &err), 0);
    assert_int_equal(parse_int("0", 1, 64, &value, &err), -1);
    assert_int_equal(parse_int("65", 1, 64, &value, &err), -1);
    assert_string_equal(err.message, "\"65\" is not a whole number from 1 to 64");
}

static void sizes(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"12", 12},
                {"12B", 12},
                {"1K", 1024},
                {"1KiB", 1024},
                {"500M", 524288000},
                {"10GiB", 10737418240},
                {"2T", 2199023255552},
                {"8388607TiB", (int64_t)8388607 << 40}};
    static const char *const bad[] = {"",    "K",   "-1",    "1.5G", "1k",       "1 K",
                                      "1KB", "1Ki", "1KiBx", "1G1",  "8388608T", "1P"};
    struct err err;
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse_size(good[i].text, &value, &err), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse_size(bad[i], &value, &err), -1);
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},      {"300", 300},      {"90s", 90},     {"15m", 900},
                {"6h", 21600}, {"1d12h", 129600}, {"2w", 1209600}, {"1h30m", 5400}};
    static const char *const bad[] = {"",
                                      "s",
                                      "-1",
                                      "1.5h",
                                      "1x",
                                      "1h30",
                                      "1h ",
                                      "h1",
                                      "1hh",
                                      "99999999999999999999",
                                      "9223372036854775807m",
                                      "9223372036854775807s1s"};
    struct err err;
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse_duration(good[i].text, &value, &err), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse_duration(bad[i], &value, &err), -1);
}

static void booleans(void **state)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};
    static const char *const bad[] = {"", "Yes", "y", "2", "yes ", "null"};
    struct err err;
    bool value;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        value = false;
        assert_int_equal(parse_bool(yes[i], &value, &err), 0);
        assert_true(value);
        assert_int_equal(parse_bool(no[i], &value, &err), 0);
        assert_false(value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse_bool(bad[i], &value, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers), cmocka_unit_test(integers_keep_to_their_range),
        cmocka_unit_test(sizes),    cmocka_unit_test(durations),
        cmocka_unit_test(booleans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
