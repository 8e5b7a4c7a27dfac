/* The audit trail: what went in, newest first. */
#include "db/scratch.h"

#include "store/store_audit.h"

static void rows_come_back_newest_first(void **state)
{
    struct scratch *s = *state;
    struct audit *audits;
    size_t count;

    assert_ok(store_audit_add(s->db, 10, "root", "cli", "host.save", "web1", NULL, "ssh_port: 22", &s->err),
              &s->err);
    assert_ok(store_audit_add(s->db, 20, "anna", "web", "host.save", "web2", "a", NULL, &s->err), &s->err);
    assert_ok(store_audit_add(s->db, 15, "root", "cli", "snapshot.release", "web3", "a", "b", &s->err),
              &s->err);
    assert_ok(store_audit_list(&s->arena, s->db, 0, 100, &audits, &count, &s->err), &s->err);
    assert_int_equal(count, 3);
    assert_string_equal(audits[0].object, "web3");
    assert_string_equal(audits[1].actor, "anna");
    assert_string_equal(audits[1].origin, "web");
    assert_string_equal(audits[1].before, "a");
    assert_null(audits[1].after);
    assert_int_equal(audits[2].at, 10);
    assert_string_equal(audits[2].action, "host.save");
    assert_null(audits[2].before);
    assert_string_equal(audits[2].after, "ssh_port: 22");
    assert_ok(store_audit_list(&s->arena, s->db, audits[0].id, 1, &audits, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_string_equal(audits[0].object, "web2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back_newest_first, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
