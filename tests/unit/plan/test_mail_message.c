/* Mails as text: headers, encodings, and that nothing in them can become a header or a line of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "plan/mail_message.h"

static const char *compose(struct arena *arena, const char *subject, const char *body)
{
    const struct mail_message message = {"backup@example.net", "admin@example.org", subject, body,
                                         "alert.1.2",          1795381205};

    return mail_message_compose(arena, &message);
}

/* RFC 5322: CRLF only, no line above 998, and ours are ASCII. */
static void assert_is_sound(const char *text)
{
    size_t column = 0;

    for (size_t i = 0; text[i] != '\0'; i++) {
        assert_true((unsigned char)text[i] < 0x80);
        if (text[i] == '\n')
            assert_true(i > 0 && text[i - 1] == '\r');
        if (text[i] == '\r')
            assert_int_equal(text[i + 1], '\n');
        column = text[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 998);
    }
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void headers_and_plain_body(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = compose(&arena, "[pobsync] web1: failed", "one\n.\ntwo\n");

    (void)state;
    assert_is_sound(text);
    assert_string_equal(text, "From: pobsync <backup@example.net>\r\n"
                              "To: admin@example.org\r\n"
                              "Subject: [pobsync] web1: failed\r\n"
                              "Date: Sun, 22 Nov 2026 21:00:05 +0000\r\n"
                              "Message-ID: <alert.1.2@example.net>\r\n"
                              "MIME-Version: 1.0\r\n"
                              "Content-Type: text/plain; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: 7bit\r\n"
                              "Auto-Submitted: auto-generated\r\n"
                              "\r\n"
                              "one\r\n.\r\ntwo\r\n");
}

static void a_subject_cannot_become_a_header(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = compose(&arena, "a\r\nBcc: all@example.net\r\n\r\nbody", "x\n");

    (void)state;
    assert_is_sound(text);
    assert_null(strstr(text, "\nBcc"));
}

static void what_is_not_ascii_is_encoded(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = compose(
        &arena,
        "h\xc3\xb6st \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
        "caf\xc3\xa9 = good \nbroken \xff\x01\n");

    (void)state;
    assert_is_sound(text);
    assert_non_null(strstr(text, "Subject: =?UTF-8?B?aMO2c3Qg"));
    assert_non_null(strstr(text, "?=\r\n =?UTF-8?B?"));
    assert_non_null(strstr(text, "Content-Transfer-Encoding: quoted-printable\r\n"));
    assert_non_null(strstr(text, "caf=C3=A9 =3D good=20\r\nbroken \\xff\\x01\r\n"));
}

static void long_lines_are_broken(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    char *line = arena_alloc(&arena, 5001);
    const char *text;

    (void)state;
    memset(line, 'x', 5000);
    text = compose(&arena, line, line);
    assert_is_sound(text);
    for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1)
        assert_true(strcspn(at, "\n") <= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_and_plain_body),
        cmocka_unit_test(a_subject_cannot_become_a_header),
        cmocka_unit_test(what_is_not_ascii_is_encoded),
        cmocka_unit_test(long_lines_are_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
