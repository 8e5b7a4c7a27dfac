/* Who we are: made once, the same for ever. */
#include "db/scratch.h"

#include <string.h>

#include "store/store_audit.h"
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

/* A name so long that it is cut, in the middle of a character. */
static const char *long_name(struct scratch *s)
{
    const char *name = "x";

    for (int i = 0; i < 100; i++)
        name = arena_printf(&s->arena, "%s\xc3\xa9", name);
    return name;
}

static void an_id_of_another_history_is_not_known(void **state)
{
    struct scratch *s = *state;
    struct installation_marks marks, other;

    assert_ok(store_installation_marks(s->db, &marks, &s->err), &s->err);
    assert_int_equal(store_installation_knows(s->db, &marks, &s->err), 1);
    assert_ok(store_audit_add(s->db, 100, "root", "cli", "file.read", long_name(s), NULL, NULL, &s->err),
              &s->err);
    assert_ok(store_installation_marks(s->db, &marks, &s->err), &s->err);
    assert_int_equal(marks.change, 1);
    assert_true(strlen(marks.change_what) < CHANGE_WHAT_SIZE && strlen(marks.change_what) % 2 == 1);
    assert_int_equal(store_installation_knows(s->db, &marks, &s->err), 1);
    other = marks;
    other.change_at = 101;
    assert_int_equal(store_installation_knows(s->db, &other, &s->err), 0);
    other = marks;
    other.change_what[0] = 'F';
    assert_int_equal(store_installation_knows(s->db, &other, &s->err), 0);
    other = marks;
    other.change = 2;
    assert_int_equal(store_installation_knows(s->db, &other, &s->err), 0);
    other = (struct installation_marks){.run = 1};
    assert_int_equal(store_installation_knows(s->db, &other, &s->err), 0);
    other = (struct installation_marks){.change = 1};
    assert_int_equal(store_installation_knows(s->db, &other, &s->err), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_installation_is_made_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_node_is_made_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(an_id_of_another_history_is_not_known, scratch_setup_db,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
