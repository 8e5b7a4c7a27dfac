/* The fields of a notification, and the grammars of addresses and URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/notification.h"
#include "model/rule.h"

static int set(struct arena *arena, struct notification *notification, const char *name, const char *text,
               struct err *err)
{
    return notification_set(arena, notification, field_find(&notification_fields, name), text, err);
}

static void defaults_and_not_set(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct notification notification;
    struct err err;

    (void)state;
    notification_init(&arena, &notification);
    assert_int_equal(notification.set, 0);
    assert_string_equal(notification.smtp_host, "localhost");
    assert_int_equal(notification.smtp_port, 25);
    assert_null(notification.webhook_url);
    assert_false(notification_tells(&notification));
    assert_int_equal(set(&arena, &notification, "mail_to", "a@b.example\nc@d.example", &err), 0);
    assert_int_equal(notification.mail_to.count, 2);
    assert_true(notification_tells(&notification));
    assert_int_equal(set(&arena, &notification, "mail_to", NULL, &err), 0);
    assert_false(notification_tells(&notification));
    assert_int_equal(notification.set, 0);
}

static void secrets_go_nowhere_unprotected(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct notification notification;
    struct err err;

    (void)state;
    notification_init(&arena, &notification);
    assert_int_equal(set(&arena, &notification, "smtp_user", "backup", &err), 0);
    assert_int_equal(notification_check(&notification, &err), -1);
    assert_int_equal(set(&arena, &notification, "smtp_password_file", "/etc/pobsync/secret", &err), 0);
    assert_int_equal(notification_check(&notification, &err), -1);
    assert_int_equal(set(&arena, &notification, "smtp_security", "starttls", &err), 0);
    assert_int_equal(notification_check(&notification, &err), 0);
    assert_int_equal(set(&arena, &notification, "webhook_token_file", "/etc/pobsync/token", &err), 0);
    assert_int_equal(notification_check(&notification, &err), -1);
    assert_int_equal(set(&arena, &notification, "webhook_url", "http://a.example/", &err), 0);
    assert_int_equal(notification_check(&notification, &err), -1);
    assert_int_equal(set(&arena, &notification, "webhook_url", "https://a.example/", &err), 0);
    assert_int_equal(notification_check(&notification, &err), 0);
}

static void mail_addresses(void **state)
{
    static const char *const good[] = {"a@b", "admin@example.net", "first.last+tag@mail.example.net",
                                       "x@10-0-0-1.example"};
    static const char *const bad[] = {
        "",           "a",           "@b",      "a@",        "a@b@c",
        "a b@c",      "a@b c",       ".a@b",    "a.@b",      "a..b@c",
        "a@.b",       "a@b.",        "a@-b",    "<a@b>",     "a@b>\r\nRCPT TO:<c@d>",
        "a@b\n",      "a\r\n@b",     "a@b,c@d", "\"a\"@b",   "a@[127.0.0.1]",
        "\xc3\xa9@b", "a@b\xc3\xa9", "a@b\x7f", "Name <a@b>"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(rule_mail_address(good[i], &err), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (rule_mail_address(bad[i], &err) == 0)
            fail_msg("\"%s\" was taken", bad[i]);
}

static void urls(void **state)
{
    static const char *const good[] = {"http://a.example", "https://a.example:8443/x?y=z#w",
                                       "http://[::1]:80/", "https://a.example/@b"};
    static const char *const bad[] = {"",
                                      "a.example",
                                      "ftp://a.example/",
                                      "file:///etc/passwd",
                                      "http://",
                                      "http:///x",
                                      "http://:80/",
                                      "http://u:p@a.example/",
                                      "http://u@b",
                                      "http://a.example/ x",
                                      "http://a.example/\n",
                                      "HTTP://a.example/",
                                      "http://a.example/\xc3\xa9"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(rule_url(good[i], &err), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (rule_url(bad[i], &err) == 0)
            fail_msg("\"%s\" was taken", bad[i]);
}

static void a_shown_url_has_no_path(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_string_equal(notification_url_shown(&arena, "https://a.example"), "https://a.example");
    assert_string_equal(notification_url_shown(&arena, "https://a.example:8/s/T0/secret"),
                        "https://a.example:8/...");
    assert_string_equal(notification_url_shown(&arena, "http://a.example?key=secret"),
                        "http://a.example/...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_not_set),    cmocka_unit_test(secrets_go_nowhere_unprotected),
        cmocka_unit_test(mail_addresses),          cmocka_unit_test(urls),
        cmocka_unit_test(a_shown_url_has_no_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
