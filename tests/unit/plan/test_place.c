/* Places in snapshots, and which snapshot a word means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/place.h"
#include "plan/snapshot_choice.h"

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

/* 2026-11-03, -02 (twice, the newer one partial), -01 at 23:30 UTC, newest first. */
#define GOOD(its_name, when)                                                                                 \
    {                                                                                                        \
        .name = its_name, .started_at = when, .status = SNAPSHOT_SUCCESS, .confirmed = true                  \
    }
static const struct snapshot snapshots[] = {
    {.name = "d", .started_at = 1793750400, .kind = KIND_INCOMPLETE},
    GOOD("c", 1793664000),
    {.name = "b2", .started_at = 1793620800, .status = SNAPSHOT_PARTIAL, .confirmed = true},
    GOOD("b", 1793577600),
    GOOD("a", 1793575800),
    {.name = "gone", .started_at = 1793400000, .status = SNAPSHOT_DELETING, .confirmed = true},
};
enum { COUNT = sizeof snapshots / sizeof snapshots[0] };

static const struct snapshot *choose(const char *wish, const struct zone *zone, struct err *err)
{
    return snapshot_choice("web1", snapshots, COUNT, wish, zone, err);
}

static void a_word_means_a_snapshot(void **state)
{
    /* An hour ahead: 23:30 UTC belongs to the next day. */
    const struct zone ahead = {.name = "X", .first = {.offset = 3600, .abbreviation = "X"}};
    struct err err;

    (void)state;
    assert_ptr_equal(choose(NULL, &zone_universal, &err), &snapshots[1]);
    assert_ptr_equal(choose("latest", &zone_universal, &err), &snapshots[1]);
    assert_ptr_equal(choose("b2", &zone_universal, &err), &snapshots[2]);
    assert_ptr_equal(choose("d", &zone_universal, &err), &snapshots[0]);
    assert_ptr_equal(choose("2026-11-02", &zone_universal, &err), &snapshots[3]);
    assert_ptr_equal(choose("2026-11-01", &zone_universal, &err), &snapshots[4]);
    assert_null(choose("2026-11-01", &ahead, &err));
}

static void what_is_not_there_is_told(void **state)
{
    struct err err;

    (void)state;
    assert_null(choose("gone", &zone_universal, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_null(choose("2026-11-09", &zone_universal, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "before that day is c"));
    assert_null(choose("2026-02-31", &zone_universal, &err));
    assert_null(snapshot_choice("web1", snapshots, 1, NULL, &zone_universal, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_taken_apart),     cmocka_unit_test(what_is_no_place_is_refused),
        cmocka_unit_test(a_pair_names_two_snapshots), cmocka_unit_test(a_word_means_a_snapshot),
        cmocka_unit_test(what_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
