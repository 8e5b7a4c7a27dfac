/* What MariaDB gets to read, and where it is looked for: no server is needed here. */
#include "scratch.h"

#include "db/mariadb_place.h"
#include "db/mariadb_text.h"

static void assert_text(const char *sql, const char *expected, const char *numbers)
{
    BUF_SCOPED text = BUF_EMPTY;
    BUF_SCOPED found = BUF_EMPTY;
    struct mariadb_places places;

    mariadb_text(sql, &text, &places);
    for (int i = 0; i < places.count; i++)
        buf_printf(&found, "%d", places.parameter[i]);
    assert_string_equal(buf_text(&text), expected);
    assert_string_equal(buf_text(&found), numbers);
}

static void parameters_are_counted_as_sqlite_does(void **state)
{
    (void)state;
    assert_text("SELECT ?, ?", "SELECT ?, ?", "12");
    assert_text("SELECT ?2, ?1, ?2", "SELECT ?, ?, ?", "212");
    assert_text("SELECT ?, ?3 LIMIT ?2", "SELECT ?, ? LIMIT ?", "132");
    assert_text("SELECT ?3, ?", "SELECT ?, ?", "34");
    assert_text("SELECT '?', \"a?b\", 'it''s ?' || ?", "SELECT '?', \"a?b\", 'it''s ?' || ?", "1");
    assert_text("", "", "");
    assert_text("SELECT '?", "SELECT '?", "");
}

static void reserved_names_are_quoted(void **state)
{
    (void)state;
    assert_text("SELECT purge.at FROM purge", "SELECT \"purge\".at FROM \"purge\"", "");
    assert_text("SELECT 'purge', purges, unpurge, purge_of FROM \"purge\"",
                "SELECT 'purge', purges, unpurge, purge_of FROM \"purge\"", "");
}

static void places_are_taken_apart(void **state)
{
    struct scratch *s = *state;
    struct mariadb_place place;

    assert_ok(mariadb_place_parse(&s->arena, "anna@db.example:3307/backups", &place, &s->err), &s->err);
    assert_string_equal(place.user, "anna");
    assert_string_equal(place.host, "db.example");
    assert_int_equal(place.port, 3307);
    assert_string_equal(place.database, "backups");
    assert_null(place.socket);
    assert_null(place.password_file);
    assert_int_equal(place.tls, MARIADB_TLS_VERIFY);

    assert_ok(mariadb_place_parse(&s->arena,
                                  "a%40b@[::1]:1/d?password_file=/etc/p%26w&ca=/ca.pem&tls=encrypt", &place,
                                  &s->err),
              &s->err);
    assert_string_equal(place.user, "a@b");
    assert_string_equal(place.host, "::1");
    assert_int_equal(place.port, 1);
    assert_string_equal(place.password_file, "/etc/p&w");
    assert_string_equal(place.ca_file, "/ca.pem");
    assert_int_equal(place.tls, MARIADB_TLS_ENCRYPT);
}

static void what_leaves_the_machine_is_encrypted(void **state)
{
    static const struct {
        const char *text;
        enum mariadb_tls tls;
    } cases[] = {
        {"h/d", MARIADB_TLS_VERIFY},
        {"localhost/d", MARIADB_TLS_OFF},
        {"127.0.0.1/d", MARIADB_TLS_OFF},
        {"[::1]/d", MARIADB_TLS_OFF},
        {"h/d?socket=/s", MARIADB_TLS_OFF},
        {"h/d?tls=off", MARIADB_TLS_OFF},
        {"::1/d", MARIADB_TLS_VERIFY},
        {"localhost/d?tls=verify", MARIADB_TLS_VERIFY},
        {"h/d?tls=encrypt", MARIADB_TLS_ENCRYPT},
    };
    struct scratch *s = *state;
    struct mariadb_place place;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (mariadb_place_parse(&s->arena, cases[i].text, &place, &s->err) == 0)
            assert_int_equal(place.tls, cases[i].tls);
        else
            assert_string_equal(cases[i].text, "::1/d"); /* without brackets its colons are a port */
}

static void other_texts_are_refused_and_not_shown(void **state)
{
    static const char *const texts[] = {
        "",
        "h",
        "h?socket=/a/b",
        "u:geheim@h/d",
        "@h/d",
        "u@/d",
        "u@h/",
        "u@h:0/d",
        "u@h:65536/d",
        "u@h:x/d",
        "u@[::1/d",
        "u@[::1]x/d",
        "h/d?socket",
        "h/d?geheim",
        "h/d?socket=a",
        "h/d?password=geheim",
        "h/d?tls=on",
        "h/d?ca=",
        "h/d%",
        "h/d%4",
        "h/d%0g",
        "h/d%00e",
    };
    struct scratch *s = *state;
    struct mariadb_place place;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (mariadb_place_parse(&s->arena, texts[i], &place, &s->err) == 0)
            fail_msg("\"%s\" is taken", texts[i]);
        assert_string_equal(err_name(s->err.code), err_name(ERR_INVALID));
        assert_null(strstr(s->err.message, "geheim"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_counted_as_sqlite_does),
        cmocka_unit_test(reserved_names_are_quoted),
        cmocka_unit_test_setup_teardown(places_are_taken_apart, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_leaves_the_machine_is_encrypted, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(other_texts_are_refused_and_not_shown, scratch_setup,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
