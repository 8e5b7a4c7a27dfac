/* Who we are: made once, the same for ever. */
#include "db/scratch.h"

#include "store/store_installation.h"

static void the_installation_is_made_once(void **state)
{
    struct scratch *s = *state;
    struct installation first, second;

    assert_ok(store_installation_load(&s->arena, s->db, "uuid-a", 100, &first, &s->err), &s->err);
    assert_string_equal(first.uuid, "uuid-a");
    assert_int_equal(first.epoch, 1);
    assert_int_equal(first.created_at, 100);
    assert_ok(store_installation_load(&s->arena, s->db, "uuid-b", 200, &second, &s->err), &s->err);
    assert_string_equal(second.uuid, "uuid-a");
    assert_int_equal(second.created_at, 100);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM installation"), 1);
}

static void the_node_is_made_once(void **state)
{
    struct scratch *s = *state;
    int64_t first, second;

    assert_ok(store_node_load(s->db, 100, &first, &s->err), &s->err);
    assert_ok(store_node_load(s->db, 200, &second, &s->err), &s->err);
    assert_int_equal(first, second);
    assert_int_equal(scratch_int(s, "SELECT created_at FROM node"), 100);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM node"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_installation_is_made_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_node_is_made_once, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
