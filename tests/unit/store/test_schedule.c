/* Schedules: what is written comes back, and the scheduler's note is a compare-and-set. */
#include "rows.h"

#include <string.h>

#include "store/store_schedule.h"

static struct schedule rows_schedule(struct scratch *s, const struct host *host)
{
    struct schedule schedule;

    schedule_init(&s->arena, &schedule);
    schedule.host_id = host->id;
    schedule.cron = "15 2 * * *";
    schedule.created_at = 200;
    schedule.changed_at = 210;
    return schedule;
}

static void everything_comes_back(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct schedule schedule = rows_schedule(s, &host), read;

    schedule.prune = true;
    schedule.timezone = "Europe/Amsterdam";
    schedule.grace_seconds = 7200;
    schedule.enabled = false;
    schedule.last_slot_at = 220;
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    assert_ok(store_schedule_load(&s->arena, s->db, host.id, &read, &s->err), &s->err);
    assert_string_equal(read.cron, "15 2 * * *");
    assert_true(read.prune);
    assert_string_equal(read.timezone, "Europe/Amsterdam");
    assert_int_equal(read.grace_seconds, 7200);
    assert_false(read.enabled);
    assert_int_equal(read.created_at, 200);
    assert_int_equal(read.changed_at, 210);
    assert_int_equal(read.last_slot_at, 220);
    assert_string_equal(read.host, "web1");
    assert_int_equal(read.node_id, host.node_id);
    assert_true(read.host_enabled);
    assert_null(read.host_timezone);
}

static void a_host_has_one_or_none(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct schedule schedule = rows_schedule(s, &host), read;

    assert_fails(store_schedule_load(&s->arena, s->db, host.id, &read, &s->err), &s->err, ERR_NOT_FOUND);
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    schedule.cron = "@hourly";
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM schedule"), 1);
    assert_ok(store_schedule_load(&s->arena, s->db, host.id, &read, &s->err), &s->err);
    assert_string_equal(read.cron, "@hourly");
    assert_int_equal(store_schedule_delete(s->db, other.id, &s->err), 0);
    assert_int_equal(store_schedule_delete(s->db, host.id, &s->err), 1);
    schedule.host_id = 99;
    assert_fails(store_schedule_save(s->db, &schedule, &s->err), &s->err, ERR_EXISTS);
}

static void it_goes_with_its_host(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct schedule schedule = rows_schedule(s, &host);

    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    assert_ok(store_host_delete(s->db, &host, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM schedule"), 0);
}

static void all_are_listed_by_name(void **state)
{
    struct scratch *s = *state;
    struct host web = rows_host(s, "web1"), db = rows_host(s, "db1");
    struct schedule schedule = rows_schedule(s, &web), *list;
    size_t count;

    assert_ok(store_schedule_list(&s->arena, s->db, &list, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    schedule.host_id = db.id;
    schedule.enabled = false;
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    scratch_run(s, "UPDATE host SET enabled = 0, timezone = 'Asia/Tokyo' WHERE name = 'web1'");
    assert_ok(store_schedule_list(&s->arena, s->db, &list, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].host, "db1");
    assert_false(list[0].enabled);
    assert_true(list[0].host_enabled);
    assert_string_equal(list[1].host, "web1");
    assert_int_equal(list[1].host_id, web.id);
    assert_false(list[1].host_enabled);
    assert_string_equal(list[1].host_timezone, "Asia/Tokyo");
}

static void a_slot_is_noted_by_one_only(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct schedule schedule = rows_schedule(s, &host);

    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    assert_int_equal(store_schedule_set_last_slot(s->db, host.id, 0, 300, &s->err), 1);
    assert_int_equal(store_schedule_set_last_slot(s->db, host.id, 0, 300, &s->err), 0);
    assert_int_equal(store_schedule_set_last_slot(s->db, host.id, 300, 360, &s->err), 1);
    assert_int_equal(scratch_int(s, "SELECT last_slot_at FROM schedule"), 360);
    assert_int_equal(store_schedule_set_last_slot(s->db, host.id, 360, 0, &s->err), 1);
    assert_int_equal(scratch_int(s, "SELECT last_slot_at IS NULL FROM schedule"), 1);
    assert_int_equal(store_schedule_set_last_slot(s->db, 99, 0, 300, &s->err), 0);
}

static void a_touch_is_of_those_it_concerns(void **state)
{
    struct scratch *s = *state;
    struct host own = rows_host(s, "own"), hosts = rows_host(s, "hosts"), plain = rows_host(s, "plain");
    struct schedule schedule = rows_schedule(s, &hosts);

    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    schedule.host_id = plain.id;
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    schedule.host_id = own.id;
    schedule.timezone = "UTC";
    assert_ok(store_schedule_save(s->db, &schedule, &s->err), &s->err);
    scratch_run(s, "UPDATE host SET timezone = 'Asia/Tokyo' WHERE name = 'hosts'");
    assert_ok(store_schedule_touch_inherited(s->db, 500, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM schedule WHERE changed_at = 500"), 1);
    assert_int_equal(scratch_int(s, "SELECT host_id FROM schedule WHERE changed_at = 500"), plain.id);
    assert_ok(store_schedule_touch(s->db, own.id, 600, &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT host_id FROM schedule WHERE changed_at = 600"), own.id);
    assert_ok(store_schedule_touch(s->db, 99, 600, &s->err), &s->err);
}

/* The columns behind the id of the host are the fields of the table, in order. */
static void the_table_has_the_fields(void **state)
{
    struct scratch *s = *state;
    DB_STMT_SCOPED *stmt = NULL;

    only_on_sqlite(s);
    assert_ok(db_prepare(s->db, "SELECT name, type FROM pragma_table_info('schedule') ORDER BY cid", &stmt,
                         &s->err),
              &s->err);
    assert_int_equal(db_step(stmt, &s->err), 1);
    for (size_t i = 0; i < schedule_fields.count; i++) {
        const struct field *field = &schedule_fields.fields[i];

        assert_int_equal(db_step(stmt, &s->err), 1);
        assert_string_equal(db_text(stmt, 0), field->name);
        assert_string_equal(db_text(stmt, 1), field->type == FIELD_TEXT ? "TEXT" : "INTEGER");
    }
    assert_int_equal(db_step(stmt, &s->err), 1);
    assert_string_equal(db_text(stmt, 0), "created_at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_comes_back, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_host_has_one_or_none, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(it_goes_with_its_host, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(all_are_listed_by_name, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_slot_is_noted_by_one_only, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_touch_is_of_those_it_concerns, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_table_has_the_fields, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
