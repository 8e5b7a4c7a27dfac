/* Places in snapshots, as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/place.h"

static void a_place_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *host, *snapshot, *path;
    } cases[] = {
        {"web1:/", "web1", NULL, ""},
        {"web1:/etc/hosts", "web1", NULL, "etc/hosts"},
        {"web1@latest:/etc/", "web1", "latest", "etc"},
        {"web1@2026-11-01://etc//./x/.", "web1", "2026-11-01", "etc/x"},
        {"web1:/a:b@c/...", "web1", NULL, "a:b@c/..."},
        {"web1:/new\nline/\xff", "web1", NULL, "new\nline/\xff"},
        {"web1:/..a/b..", "web1", NULL, "..a/b.."},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct place place;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(place_parse(&arena, cases[i].text, &place, &err), 0);
        assert_string_equal(place.host, cases[i].host);
        assert_string_equal(place.path, cases[i].path);
        assert_int_equal(place.snapshot == NULL, cases[i].snapshot == NULL);
        if (place.snapshot != NULL)
            assert_string_equal(place.snapshot, cases[i].snapshot);
    }
}

static void what_is_no_place_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum err_code code;
    } cases[] = {
        {"web1", ERR_USAGE},
        {"web1:", ERR_INVALID},
        {"web1:etc", ERR_INVALID},
        {"web1:/..", ERR_INVALID},
        {"web1:/a/../b", ERR_INVALID},
        {"web1:/a/..", ERR_INVALID},
        {"web1@:/", ERR_USAGE},
        {":/etc", ERR_INVALID},
        {"../x:/etc", ERR_INVALID},
        {"WEB:/etc", ERR_INVALID},
        {"", ERR_USAGE},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct place place;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(place_parse(&arena, cases[i].text, &place, &err), -1);
        assert_int_equal(err.code, cases[i].code);
    }
}

static void a_pair_names_two_snapshots(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct place place;
    struct err err;

    (void)state;
    assert_int_equal(place_parse_pair(&arena, "web1@2026-11-01..latest", &place, &err), 0);
    assert_string_equal(place.snapshot, "2026-11-01");
    assert_string_equal(place.other, "latest");
    assert_string_equal(place.path, "");
    assert_int_equal(place_parse_pair(&arena, "web1@a..b:/x/", &place, &err), 0);
    assert_string_equal(place.snapshot, "a");
    assert_string_equal(place.other, "b");
    assert_string_equal(place.path, "x");
    assert_int_equal(place_parse_pair(&arena, "web1@a:/x", &place, &err), -1);
    assert_int_equal(place_parse_pair(&arena, "web1@a..:/x", &place, &err), -1);
    assert_int_equal(place_parse_pair(&arena, "web1@..b:/x", &place, &err), -1);
    assert_int_equal(place_parse_pair(&arena, "web1:/x", &place, &err), -1);
    assert_int_equal(place_parse_pair(&arena, "web1@a..b:x", &place, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_taken_apart),
        cmocka_unit_test(what_is_no_place_is_refused),
        cmocka_unit_test(a_pair_names_two_snapshots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
