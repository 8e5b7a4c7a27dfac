/* Opening: the state directory, the database, who asks. */
#include "place.h"

#include <grp.h>

static mode_t mode_of(struct place *place, const char *name)
{
    struct stat st;

    assert_int_equal(stat(arena_printf(&place->arena, "%s/%s", place->home, name), &st), 0);
    return st.st_mode & 07777;
}

static void test_state_directory_is_made(void **state)
{
    struct place *place = *state;
    const struct group *group = getgrnam("pobsync");
    struct stat st;
    mode_t mask = umask(077);

    place_open(place);
    umask(mask);
    assert_int_equal(mode_of(place, ""), 02770);
    assert_int_equal(mode_of(place, "keys") & 0777, 0700);
    assert_int_equal(mode_of(place, "runs") & 0777, 0770);
    assert_int_equal(stat(place->home, &st), 0);
    assert_int_equal(st.st_gid, group != NULL && geteuid() == 0 ? group->gr_gid : getegid());
    assert_int_equal(place->service.now, 1795381205);
    assert_string_equal(place->service.origin, "cli");
}

static void test_what_is_there_is_left_alone(void **state)
{
    struct place *place = *state;

    assert_int_equal(mkdir(place->home, 0750), 0);
    assert_int_equal(mkdir(arena_printf(&place->arena, "%s/keys", place->home), 0711), 0);
    place_open(place);
    assert_int_equal(mode_of(place, ""), 0750);
    assert_int_equal(mode_of(place, "keys"), 0711);
}

static void test_home_may_be_a_link(void **state)
{
    struct place *place = *state;
    const char *real = arena_printf(&place->arena, "%s/elsewhere", place->top);

    assert_int_equal(mkdir(real, 0700), 0);
    assert_int_equal(symlink(real, place->home), 0);
    place_open(place);
    assert_int_equal(access(arena_printf(&place->arena, "%s/pobsync.db", real), F_OK), 0);
}

static void test_home_that_is_no_directory(void **state)
{
    struct place *place = *state;

    write_text(place->home, "a file");
    assert_fails(service_open(&place->service, &place->arena, "cli", &place->err), &place->err, ERR_IO,
                 "state directory");
}

static void test_opening_migrates(void **state)
{
    struct place *place = *state;
    int found, expected;

    assert_ok(service_open_unmigrated(&place->service, &place->arena, "cli", &place->err), &place->err);
    assert_ok(db_schema_version(place->service.db, &found, &expected, &place->err), &place->err);
    assert_int_equal(found, 0);
    service_close(&place->service);
    place_open(place);
    assert_ok(db_schema_version(place->service.db, &found, &expected, &place->err), &place->err);
    assert_true(found > 0);
    assert_int_equal(found, expected);
}

static void test_actor(void **state)
{
    struct place *place = *state;

    if (geteuid() != 0) {
        print_message("skipped: SUDO_USER counts for root alone\n");
        skip();
    }
    place_open(place);
    assert_string_equal(place->service.actor, "anna");
    service_close(&place->service);
    unsetenv("SUDO_USER");
    place_open(place);
    assert_string_equal(place->service.actor, "root");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_state_directory_is_made), TEST(test_what_is_there_is_left_alone),
        TEST(test_home_may_be_a_link),      TEST(test_home_that_is_no_directory),
        TEST(test_opening_migrates),        TEST(test_actor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
