/* Errors: the table, safe text, context and cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/text.h"

static void set_fills_and_returns_failure(void **state)
{
    struct err err;

    (void)state;
    memset(&err, 'x', sizeof err);
    assert_int_equal(err_set(&err, ERR_NOT_FOUND, "host \"%s\" does not exist", "web1"), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.message, "host \"web1\" does not exist");
    assert_string_equal(err.hint, "");
    assert_int_equal(err_hint(&err, "did you mean \"%s\"", "web2"), -1);
    assert_string_equal(err.hint, "did you mean \"web2\"");
    assert_int_equal(err_in(&err, "line %d", 7), -1);
    assert_string_equal(err.message, "line 7: host \"web1\" does not exist");
    assert_string_equal(err.hint, "did you mean \"web2\"");
}

static void errno_is_told_in_words(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(err_errno(&err, ERR_IO, 2, "\"%s\"", "/x"), -1);
    assert_string_equal(err.message, "\"/x\": No such file or directory");
}

static void hostile_bytes_are_escaped(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, ERR_INVALID, "a\n\x1b[31m\xff");
    assert_string_equal(err.message, "a\\x0a\\x1b[31m\\xff");
}

/* "é" is two bytes; with one byte in front a cut at an odd place would split one. */
static void long_text_is_cut_between_characters(void **state)
{
    char text[3000] = "x", hint[3000] = "";
    struct err err;

    (void)state;
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    err_set(&err, ERR_INVALID, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_true(text_is_utf8(err.message, strlen(err.message)));
    assert_null(strstr(err.message, "\\x"));
    err_hint(&err, "%s", text);
    assert_int_equal(strlen(err.hint), sizeof err.hint - 1);
    err_in(&err, "ab");
    assert_int_equal(strncmp(err.message, "ab: x\xc3", 6), 0);
    assert_true(text_is_utf8(err.message, strlen(err.message)));
    assert_null(strstr(err.message, "\\x"));
    err_in(&err, "%s", text);
    assert_true(strlen(err.message) < sizeof err.message);
    memset(hint, '\n', sizeof hint - 1);
    err_hint(&err, "%s", hint);
    assert_int_equal(strlen(err.hint) % 4, 0);
}

static void a_message_may_be_made_of_itself(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, ERR_INVALID, "first");
    err_set(&err, ERR_FAILED, "second after %s", err.message);
    assert_string_equal(err.message, "second after first");
}

/* The promise of product, "Exit codes": these numbers never change. */
static void exit_statuses_are_the_promised_ones(void **state)
{
    static const struct {
        enum err_code code;
        const char *name;
        int exit_status;
    } rows[] = {
        {ERR_NONE, "none", 0},
        {ERR_FAILED, "failed", 1},
        {ERR_USAGE, "usage", 2},
        {ERR_PARTIAL, "partial", 3},
        {ERR_NOT_ALLOWED, "not_allowed", 4},
        {ERR_NOT_FOUND, "not_found", 5},
        {ERR_BUSY, "busy", 6},
        {ERR_REFUSED, "refused", 7},
        {ERR_CHANGED, "changed", 7},
        {ERR_ROOT, "backup_root", 8},
        {ERR_UNREACHABLE, "unreachable", 9},
        {ERR_ATTENTION, "attention", 10},
        {ERR_INTERRUPTED, "interrupted", 130},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(err_name(rows[i].code), rows[i].name);
        assert_int_equal(err_exit_status(rows[i].code), rows[i].exit_status);
    }
    for (enum err_code code = ERR_NONE; code < ERR__MAX; code++)
        assert_in_range(err_http_status(code), 200, 503);
    assert_int_equal(err_http_status(ERR_NOT_FOUND), 404);
    assert_string_equal(err_name(ERR__MAX), "internal");
    assert_int_equal(err_exit_status(ERR__MAX), 1);
    assert_int_equal(err_http_status(ERR__MAX), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_and_returns_failure),
        cmocka_unit_test(errno_is_told_in_words),
        cmocka_unit_test(hostile_bytes_are_escaped),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(a_message_may_be_made_of_itself),
        cmocka_unit_test(exit_statuses_are_the_promised_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
