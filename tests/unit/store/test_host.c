/* Hosts: found by name, changed by id, forgotten without their history. */
#include "rows.h"

#include <string.h>

#include "store/store_host_key.h"

static void a_host_is_found_by_its_name(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), loaded;

    assert_ok(store_host_load(&s->arena, s->db, "web1", &loaded, &s->err), &s->err);
    assert_int_equal(loaded.id, host.id);
    assert_int_equal(loaded.node_id, host.node_id);
    assert_string_equal(loaded.name, "web1");
    assert_int_equal(loaded.created_at, 100);
    assert_true(loaded.config.set == 0);
}

static void an_unknown_name_brings_the_nearest(void **state)
{
    struct scratch *s = *state;
    struct host loaded;

    assert_fails(store_host_load(&s->arena, s->db, "web1", &loaded, &s->err), &s->err, ERR_NOT_FOUND);
    assert_string_equal(s->err.message, "no host \"web1\"");
    assert_string_equal(s->err.hint, "");
    rows_host(s, "database");
    rows_host(s, "wxb01");
    rows_host(s, "web01");
    assert_fails(store_host_load(&s->arena, s->db, "web1", &loaded, &s->err), &s->err, ERR_NOT_FOUND);
    assert_string_equal(s->err.hint, "did you mean \"web01\"?");
    assert_fails(store_host_load(&s->arena, s->db, "mail", &loaded, &s->err), &s->err, ERR_NOT_FOUND);
    assert_string_equal(s->err.hint, "");
}

static void a_name_is_taken_once(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    int64_t id = -5;

    assert_fails(store_host_insert(s->db, &host, &id, &s->err), &s->err, ERR_EXISTS);
    assert_string_equal(s->err.message, "host \"web1\" exists already");
    assert_int_equal(id, -5);
    host.name = "web2";
    host.node_id = 99;
    assert_fails(store_host_insert(s->db, &host, &id, &s->err), &s->err, ERR_EXISTS);
    assert_null(strstr(s->err.message, "web2"));
}

static void the_list_is_sorted_by_name(void **state)
{
    struct scratch *s = *state;
    struct host *hosts;
    size_t count;

    assert_ok(store_host_list(&s->arena, s->db, &hosts, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
    for (int i = 69; i >= 0; i--)
        rows_host(s, arena_printf(&s->arena, "host-%02d", i));
    assert_ok(store_host_list(&s->arena, s->db, &hosts, &count, &s->err), &s->err);
    assert_int_equal(count, 70);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(hosts[i].name, arena_printf(&s->arena, "host-%02zu", i));
}

static void saving_writes_the_settings_of_this_host(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2"), loaded;

    assert_ok(config_set(&s->arena, &host.config, SCOPE_HOST, config_field("ssh_port"), "2222", &s->err),
              &s->err);
    assert_ok(store_host_save(s->db, &host, &s->err), &s->err);
    assert_ok(store_host_load(&s->arena, s->db, "web1", &loaded, &s->err), &s->err);
    assert_int_equal(loaded.config.ssh_port, 2222);
    assert_ok(store_host_load(&s->arena, s->db, "web2", &loaded, &s->err), &s->err);
    assert_true(loaded.config.set == 0);
    assert_ok(store_host_delete(s->db, &other, &s->err), &s->err);
    assert_fails(store_host_save(s->db, &other, &s->err), &s->err, ERR_NOT_FOUND);
    assert_fails(store_host_delete(s->db, &other, &s->err), &s->err, ERR_NOT_FOUND);
    assert_string_equal(s->err.message, "host \"web2\" has been removed in the meantime");
}

static void a_removed_host_leaves_its_runs(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), kept = rows_host(s, "web2");
    struct run run = rows_backup(&host, 300), loaded;
    struct snapshot snapshot = rows_incomplete(&host, "20261122-210005Z__00000001"),
                    other = rows_incomplete(&kept, "20261122-210005Z__00000001");
    struct host_key key = {"ssh-ed25519", "AAAA", "SHA256:x", 5, "root"};
    int64_t id;

    assert_ok(store_host_key_save(s->db, host.id, &key, &s->err), &s->err);
    assert_ok(store_run_insert(s->db, &run, &run.id, &s->err), &s->err);
    snapshot.run_id = run.id;
    assert_ok(store_snapshot_insert(s->db, &snapshot, &id, &s->err), &s->err);
    assert_ok(store_snapshot_insert(s->db, &other, &id, &s->err), &s->err);

    assert_fails(store_host_delete(s->db, &host, &s->err), &s->err, ERR_BUSY);
    assert_string_equal(s->err.message, "a backup of host \"web1\" is still running");
    run.state = RUN_FAILED;
    run.ended_at = 400;
    assert_ok(store_run_finish(s->db, &run, &s->err), &s->err);
    assert_ok(store_host_delete(s->db, &host, &s->err), &s->err);

    assert_ok(store_run_load(&s->arena, s->db, run.id, &loaded, &s->err), &s->err);
    assert_int_equal(loaded.host_id, 0);
    assert_string_equal(loaded.host, "web1");
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM snapshot"), 1);
    assert_int_equal(scratch_int(s, "SELECT host_id FROM snapshot"), kept.id);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM host_key"), 0);
    assert_true(rows_host(s, "web1").id > kept.id); /* ids are never used again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_is_found_by_its_name, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_name_brings_the_nearest, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_name_is_taken_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_list_is_sorted_by_name, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(saving_writes_the_settings_of_this_host, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_removed_host_leaves_its_runs, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
