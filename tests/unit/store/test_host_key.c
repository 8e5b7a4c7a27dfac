/* Pinned host keys: one of each type. */
#include "rows.h"

#include "store/store_host_key.h"

static void a_key_replaces_one_of_its_type(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct host_key rsa = {"ssh-rsa", "AAAAB", "SHA256:r", 10, "root"};
    struct host_key ed25519 = {"ssh-ed25519", "AAAAC", "SHA256:e", 20, "anna"}, *keys;
    size_t count;

    assert_ok(store_host_key_list(&s->arena, s->db, host.id, &keys, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
    assert_ok(store_host_key_save(s->db, host.id, &rsa, &s->err), &s->err);
    assert_ok(store_host_key_save(s->db, host.id, &ed25519, &s->err), &s->err);
    assert_ok(store_host_key_save(s->db, other.id, &ed25519, &s->err), &s->err);
    ed25519.key = "AAAAD";
    assert_ok(store_host_key_save(s->db, host.id, &ed25519, &s->err), &s->err);
    assert_ok(store_host_key_list(&s->arena, s->db, host.id, &keys, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_string_equal(keys[0].type, "ssh-ed25519");
    assert_string_equal(keys[0].key, "AAAAD");
    assert_string_equal(keys[0].fingerprint, "SHA256:e");
    assert_int_equal(keys[0].pinned_at, 20);
    assert_string_equal(keys[0].pinned_by, "anna");
    assert_string_equal(keys[1].type, "ssh-rsa");
    assert_int_equal(store_host_key_delete(s->db, host.id, &s->err), 2);
    assert_int_equal(store_host_key_delete(s->db, host.id, &s->err), 0);
    assert_ok(store_host_key_list(&s->arena, s->db, other.id, &keys, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_string_equal(keys[0].key, "AAAAC");
}

static void a_failure_keeps_the_old_key(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct host_key key = {"ssh-rsa", "AAAAB", "SHA256:r", 10, "root"}, *keys;
    size_t count;

    assert_ok(store_host_key_save(s->db, host.id, &key, &s->err), &s->err);
    key.key = NULL;
    assert_fails(store_host_key_save(s->db, host.id, &key, &s->err), &s->err, ERR_DATABASE);
    assert_ok(store_host_key_list(&s->arena, s->db, host.id, &keys, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_replaces_one_of_its_type, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_failure_keeps_the_old_key, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
