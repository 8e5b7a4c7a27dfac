/* Records of snapshots: incomplete, published, deleting, deleted, and never back. */
#include "rows.h"

#include <string.h>

#define NAME(n) "20261122-21000" #n "Z__0000000" #n

static struct snapshot insert(struct scratch *s, struct snapshot snapshot)
{
    assert_ok(store_snapshot_insert(s->db, &snapshot, &snapshot.id, &s->err), &s->err);
    return snapshot;
}

static struct snapshot load(struct scratch *s, const struct snapshot *snapshot)
{
    struct snapshot read;

    assert_ok(store_snapshot_load(&s->arena, s->db, snapshot->host_id, snapshot->name, &read, &s->err),
              &s->err);
    return read;
}

/* Makes what was inserted as incomplete a published one. */
static struct snapshot publish(struct scratch *s, struct snapshot snapshot)
{
    snapshot.kind = KIND_SCHEDULED;
    snapshot.status = SNAPSHOT_SUCCESS;
    snapshot.ended_at = 250;
    snapshot.confirmed = true;
    assert_ok(store_snapshot_publish(s->db, &snapshot, &s->err), &s->err);
    return snapshot;
}

static void everything_comes_back(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct run run = rows_backup(&host, 199);
    struct snapshot base = insert(s, rows_incomplete(&host, NAME(1))), read;
    struct snapshot whole = {
        .host_id = host.id,
        .host = "web1",
        .kind = KIND_MANUAL,
        .name = NAME(2),
        .status = SNAPSHOT_CLAIMED,
        .started_at = 201,
        .ended_at = 202,
        .base_id = base.id,
        .base = NAME(1),
        .files = 1,
        .directories = 2,
        .bytes = 3,
        .linked_files = 4,
        .new_bytes = 0,
        .pinned = true,
        .pin_reason = "the last of the old disk",
        .confirmed = true,
        .held_reason = "empty",
        .missing_since = 203,
    };

    read = load(s, &base);
    assert_int_equal(read.id, base.id);
    assert_int_equal(read.run_id, 0);
    assert_int_equal(read.kind, KIND_INCOMPLETE);
    assert_int_equal(read.status, SNAPSHOT_UNKNOWN);
    assert_int_equal(read.started_at, 200);
    assert_int_equal(read.ended_at, 0);
    assert_null(read.base);
    assert_int_equal(read.files, -1);
    assert_int_equal(read.new_bytes, -1);
    assert_false(read.pinned);
    assert_false(read.confirmed);
    assert_null(read.held_reason);

    assert_ok(store_run_insert(s->db, &run, &whole.run_id, &s->err), &s->err);
    whole = insert(s, whole);
    read = load(s, &whole);
    assert_int_equal(read.run_id, whole.run_id);
    assert_string_equal(read.host, "web1");
    assert_int_equal(read.kind, KIND_MANUAL);
    assert_int_equal(read.status, SNAPSHOT_CLAIMED);
    assert_int_equal(read.started_at, 201);
    assert_int_equal(read.ended_at, 202);
    assert_int_equal(read.base_id, base.id);
    assert_string_equal(read.base, NAME(1));
    assert_int_equal(read.files, 1);
    assert_int_equal(read.directories, 2);
    assert_int_equal(read.bytes, 3);
    assert_int_equal(read.linked_files, 4);
    assert_int_equal(read.new_bytes, 0);
    assert_true(read.pinned);
    assert_string_equal(read.pin_reason, whole.pin_reason);
    assert_true(read.confirmed);
    assert_string_equal(read.held_reason, "empty");
    assert_int_equal(read.missing_since, 203);
}

static void names_are_unique_in_their_host(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct snapshot snapshot = insert(s, rows_incomplete(&host, NAME(1))), read;
    int64_t id;

    insert(s, rows_incomplete(&other, NAME(1)));
    assert_fails(store_snapshot_insert(s->db, &snapshot, &id, &s->err), &s->err, ERR_EXISTS);
    assert_string_equal(s->err.message, "snapshot \"" NAME(1) "\" of host \"web1\" is recorded already");
    assert_fails(store_snapshot_load(&s->arena, s->db, host.id, NAME(2), &read, &s->err), &s->err,
                 ERR_NOT_FOUND);
    assert_string_equal(s->err.message, "host \"web1\" has no snapshot \"" NAME(2) "\"");
    assert_string_equal(s->err.hint, "did you mean \"" NAME(1) "\"?");
    assert_fails(store_snapshot_load(&s->arena, s->db, host.id, "yesterday", &read, &s->err), &s->err,
                 ERR_NOT_FOUND);
    assert_string_equal(s->err.hint, "");
}

static void publishing_happens_once(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = insert(s, rows_incomplete(&host, NAME(1))), read;

    snapshot.kind = KIND_MANUAL;
    snapshot.status = SNAPSHOT_WARNING;
    snapshot.ended_at = 260;
    snapshot.files = 10;
    snapshot.directories = 20;
    snapshot.bytes = 30;
    snapshot.linked_files = 0;
    snapshot.new_bytes = 50;
    snapshot.confirmed = true;
    assert_ok(store_snapshot_publish(s->db, &snapshot, &s->err), &s->err);
    read = load(s, &snapshot);
    assert_int_equal(read.kind, KIND_MANUAL);
    assert_int_equal(read.status, SNAPSHOT_WARNING);
    assert_int_equal(read.started_at, 200);
    assert_int_equal(read.ended_at, 260);
    assert_int_equal(read.files, 10);
    assert_int_equal(read.directories, 20);
    assert_int_equal(read.bytes, 30);
    assert_int_equal(read.linked_files, 0);
    assert_int_equal(read.new_bytes, 50);
    assert_true(snapshot_is_good(&read));
    assert_int_equal(scratch_int(s, "SELECT held_at IS NULL FROM snapshot"), 1);

    snapshot.status = SNAPSHOT_SUCCESS;
    assert_fails(store_snapshot_publish(s->db, &snapshot, &s->err), &s->err, ERR_REFUSED);
    assert_string_equal(
        s->err.message,
        "snapshot \"" NAME(1) "\" of host \"web1\" is not incomplete: it cannot be published");
    assert_int_equal(load(s, &snapshot).status, SNAPSHOT_WARNING);
    snapshot.id = 99;
    assert_fails(store_snapshot_publish(s->db, &snapshot, &s->err), &s->err, ERR_NOT_FOUND);
}

static void a_held_one_is_good_when_it_is_released(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = insert(s, rows_incomplete(&host, NAME(1))), read;

    snapshot.held_reason = "the source was empty";
    publish(s, snapshot);
    read = load(s, &snapshot);
    assert_string_equal(read.held_reason, "the source was empty");
    assert_false(snapshot_is_good(&read));
    assert_int_equal(scratch_int(s, "SELECT held_at FROM snapshot"), 250);
    assert_ok(store_snapshot_release(s->db, snapshot.id, &s->err), &s->err);
    read = load(s, &snapshot);
    assert_true(snapshot_is_good(&read));
    assert_int_equal(scratch_int(s, "SELECT held_at IS NULL FROM snapshot"), 1);
    assert_fails(store_snapshot_release(s->db, snapshot.id, &s->err), &s->err, ERR_REFUSED);
    assert_string_equal(s->err.message, "snapshot \"" NAME(1) "\" of host \"web1\" is not held");
}

static void missing_comes_and_goes(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = insert(s, rows_incomplete(&host, NAME(1)));

    assert_ok(store_snapshot_set_missing(s->db, snapshot.id, 500, &s->err), &s->err);
    assert_int_equal(load(s, &snapshot).missing_since, 500);
    assert_ok(store_snapshot_set_missing(s->db, snapshot.id, 0, &s->err), &s->err);
    assert_int_equal(load(s, &snapshot).missing_since, 0);
    assert_int_equal(scratch_int(s, "SELECT missing_since IS NULL FROM snapshot"), 1);
    assert_fails(store_snapshot_set_missing(s->db, 99, 500, &s->err), &s->err, ERR_NOT_FOUND);
}

static void deleting_goes_forward_only(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot one = publish(s, insert(s, rows_incomplete(&host, NAME(1)))),
                    dead = insert(s, rows_incomplete(&host, NAME(2)));

    assert_fails(store_snapshot_set_status(s->db, one.id, SNAPSHOT_DELETED, &s->err), &s->err, ERR_REFUSED);
    assert_int_equal(load(s, &one).status, SNAPSHOT_SUCCESS);
    for (int twice = 0; twice < 2; twice++)
        assert_ok(store_snapshot_set_status(s->db, one.id, SNAPSHOT_DELETING, &s->err), &s->err);
    assert_int_equal(load(s, &one).status, SNAPSHOT_DELETING);
    for (int twice = 0; twice < 2; twice++)
        assert_ok(store_snapshot_set_status(s->db, one.id, SNAPSHOT_DELETED, &s->err), &s->err);
    assert_fails(store_snapshot_set_status(s->db, one.id, SNAPSHOT_DELETING, &s->err), &s->err, ERR_REFUSED);
    assert_string_equal(s->err.message, "snapshot \"" NAME(1) "\" of host \"web1\" has been deleted already");
    assert_int_equal(load(s, &one).status, SNAPSHOT_DELETED);

    assert_ok(store_snapshot_set_status(s->db, dead.id, SNAPSHOT_DELETING, &s->err), &s->err);
    dead.kind = KIND_SCHEDULED;
    dead.status = SNAPSHOT_SUCCESS;
    assert_fails(store_snapshot_publish(s->db, &dead, &s->err), &s->err, ERR_REFUSED);
    assert_int_equal(load(s, &dead).kind, KIND_INCOMPLETE);
}

static void assert_listed(struct scratch *s, int64_t host_id, bool deleted, const char *expected)
{
    struct snapshot *snapshots;
    struct list found = {0};
    size_t count;

    assert_ok(store_snapshot_list(&s->arena, s->db, host_id, deleted, &snapshots, &count, &s->err), &s->err);
    for (size_t i = 0; i < count; i++)
        list_add(&s->arena, &found,
                 arena_printf(&s->arena, "%s:%c", snapshots[i].host, snapshots[i].name[25]));
    assert_string_equal(list_join(&s->arena, &found, " "), expected);
}

static void lists_are_newest_first(void **state)
{
    struct scratch *s = *state;
    struct host web = rows_host(s, "web1"), db = rows_host(s, "db1");
    struct snapshot second;

    insert(s, rows_incomplete(&web, NAME(1)));
    insert(s, rows_incomplete(&web, NAME(3)));
    second = insert(s, rows_incomplete(&web, NAME(2)));
    insert(s, rows_incomplete(&db, NAME(2)));
    assert_listed(s, web.id, false, "web1:3 web1:2 web1:1");
    assert_listed(s, 0, false, "web1:3 db1:2 web1:2 web1:1");
    assert_ok(store_snapshot_set_status(s->db, second.id, SNAPSHOT_DELETING, &s->err), &s->err);
    assert_listed(s, web.id, false, "web1:3 web1:2 web1:1");
    assert_ok(store_snapshot_set_status(s->db, second.id, SNAPSHOT_DELETED, &s->err), &s->err);
    assert_listed(s, web.id, false, "web1:3 web1:1");
    assert_listed(s, web.id, true, "web1:3 web1:2 web1:1");
    assert_listed(s, 0, false, "web1:3 db1:2 web1:1");
    assert_listed(s, 0, true, "web1:3 db1:2 web1:2 web1:1");
    assert_listed(s, 99, true, "");
}

static void the_newest_name_counts_what_was_deleted(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct snapshot newest;
    const char *name = "x";

    assert_ok(store_snapshot_newest_name(&s->arena, s->db, host.id, &name, &s->err), &s->err);
    assert_null(name);
    newest = insert(s, rows_incomplete(&host, NAME(2)));
    insert(s, rows_incomplete(&host, NAME(1)));
    insert(s, rows_incomplete(&other, NAME(3)));
    assert_ok(store_snapshot_set_status(s->db, newest.id, SNAPSHOT_DELETING, &s->err), &s->err);
    assert_ok(store_snapshot_set_status(s->db, newest.id, SNAPSHOT_DELETED, &s->err), &s->err);
    assert_ok(store_snapshot_newest_name(&s->arena, s->db, host.id, &name, &s->err), &s->err);
    assert_string_equal(name, NAME(2));
}

/* I-5: a base is information only. */
static void a_base_that_goes_leaves_its_name(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot base = insert(s, rows_incomplete(&host, NAME(1))), next = rows_incomplete(&host, NAME(2)),
                    read;

    next.base_id = base.id;
    next.base = base.name;
    next = insert(s, next);
    assert_int_equal(db_run(s->db, &s->err, "DELETE FROM snapshot WHERE id = ?", "i", base.id), 1);
    read = load(s, &next);
    assert_int_equal(read.base_id, 0);
    assert_string_equal(read.base, NAME(1));
}

static void unknown_words_are_told_with_row_and_column(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1");
    struct snapshot snapshot = publish(s, insert(s, rows_incomplete(&host, NAME(1)))), read, *snapshots;
    size_t count;

    assert_fails(db_run(s->db, &s->err, "UPDATE snapshot SET kind = 'odd'", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE snapshot SET status = 'odd'", ""), &s->err, ERR_DATABASE);
    assert_fails(db_run(s->db, &s->err, "UPDATE snapshot SET status = NULL", ""), &s->err, ERR_DATABASE);
    scratch_ignore_checks(s);
    scratch_run(s, "UPDATE snapshot SET status = 'odd'");
    assert_fails(store_snapshot_load(&s->arena, s->db, host.id, snapshot.name, &read, &s->err), &s->err,
                 ERR_DATABASE);
    assert_string_equal(s->err.message,
                        "snapshot \"" NAME(1) "\" of host \"web1\": column \"status\" holds \"odd\", "
                                              "which this program does not know");
    scratch_run(s, "UPDATE snapshot SET kind = 'strange'");
    assert_fails(store_snapshot_list(&s->arena, s->db, 0, true, &snapshots, &count, &s->err), &s->err,
                 ERR_DATABASE);
    assert_non_null(strstr(s->err.message, "column \"kind\" holds \"strange\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_comes_back, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(names_are_unique_in_their_host, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(publishing_happens_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_held_one_is_good_when_it_is_released, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(missing_comes_and_goes, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(deleting_goes_forward_only, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(lists_are_newest_first, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_newest_name_counts_what_was_deleted, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_base_that_goes_leaves_its_name, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(unknown_words_are_told_with_row_and_column, scratch_setup_db,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
