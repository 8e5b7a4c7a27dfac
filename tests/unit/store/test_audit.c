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

/* Newest first, each by its action. */
static void actions_of_web1(struct scratch *s, int64_t before, int64_t limit, struct audit **audits,
                            size_t *count)
{
    assert_ok(store_audit_of_host(&s->arena, s->db, "web1", before, limit, audits, count, &s->err), &s->err);
}

static void a_host_has_what_changed_it(void **state)
{
    static const char *const rows[][2] = {
        {"host.create", "web1"},      {"host.create", "web10"},        {"snapshot.pin", "web1@a"},
        {"snapshot.prune", "web1@a"}, {"snapshot.pin", "web10@a"},     {"run.queue", "web1"},
        {"user.create", "web1"},      {"file.read", "web1@a:/etc"},    {"schedule.change", "web1"},
        {"hostile", "web1"},          {"snapshot.unpin", "web1Along"}, {"key.create", "web1"}};
    struct scratch *s = *state;
    struct audit *audits;
    size_t count;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_ok(store_audit_add(s->db, 10, "root", "cli", rows[i][0], rows[i][1], NULL, NULL, &s->err),
                  &s->err);
    actions_of_web1(s, 0, 10, &audits, &count);
    assert_int_equal(count, 4);
    assert_string_equal(audits[0].action, "key.create");
    assert_string_equal(audits[1].action, "schedule.change");
    assert_string_equal(audits[2].object, "web1@a");
    assert_string_equal(audits[3].action, "host.create");
    actions_of_web1(s, audits[1].id, 1, &audits, &count);
    assert_int_equal(count, 1);
    assert_string_equal(audits[0].action, "snapshot.pin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back_newest_first, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_host_has_what_changed_it, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
