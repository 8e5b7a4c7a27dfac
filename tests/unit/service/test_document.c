/* Documents of hosts, snapshots and runs, and the small pieces. */
#include "place.h"

#include "engine/run_log.h"
#include "service/document.h"
#include "store/store_host.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"

static int64_t host_id(struct place *place)
{
    struct host host;

    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    return host.id;
}

/* A run of web1 that has ended like this. */
static int64_t add_run(struct place *place, enum run_state state, enum cause cause, const char *snapshot)
{
    struct run run = {.host_id = host_id(place),
                      .host = "web1",
                      .job = JOB_BACKUP,
                      .kind = "scheduled",
                      .trigger = "cli",
                      .state = RUN_RUNNING,
                      .actor = "anna",
                      .requested_at = 1795381200,
                      .started_at = 1795381201,
                      .token = 1,
                      .stats = RUN_STATS_UNKNOWN};

    assert_ok(store_run_insert(place->service.db, &run, &run.id, &place->err), &place->err);
    if (snapshot != NULL)
        assert_ok(store_run_set_snapshot(place->service.db, run.id, 1, snapshot, NULL, &place->err),
                  &place->err);
    run.state = state;
    run.cause = cause;
    run.message = "as told";
    run.ended_at = 1795381204;
    run.stats.files = 7;
    assert_ok(store_run_finish(place->service.db, &run, &place->err), &place->err);
    return run.id;
}

static void add_snapshot(struct place *place, const char *name, enum snapshot_status status, const char *held)
{
    struct snapshot snapshot = {.host_id = host_id(place),
                                .host = "web1",
                                .kind = KIND_INCOMPLETE,
                                .name = name,
                                .started_at = 1795381201,
                                .files = 7,
                                .directories = 2,
                                .bytes = 700,
                                .linked_files = -1,
                                .new_bytes = -1};

    assert_ok(store_snapshot_insert(place->service.db, &snapshot, &snapshot.id, &place->err), &place->err);
    if (status == SNAPSHOT_UNKNOWN)
        return;
    snapshot.kind = KIND_SCHEDULED;
    snapshot.status = status;
    snapshot.ended_at = 1795381204;
    snapshot.confirmed = true;
    snapshot.held_reason = held;
    assert_ok(store_snapshot_publish(place->service.db, &snapshot, &place->err), &place->err);
}

static void test_pieces(void **state)
{
    json_t *value;

    (void)state;
    value = document_text("caf\xc3\xa9\n");
    assert_string_equal(json_string_value(value), "caf\xc3\xa9\n");
    json_decref(value);
    value = document_text("a\xff"
                          "b");
    assert_string_equal(json_string_value(value), "a\\xffb");
    json_decref(value);
    assert_true(json_is_null(document_text(NULL)));
    assert_true(json_is_null(document_time(0)));
    assert_true(json_is_null(document_count(-1)));
    value = document_count(0);
    assert_int_equal(json_integer_value(value), 0);
    assert_true(json_is_integer(value));
    json_decref(value);
}

static void test_host_shows_values_and_origins(void **state)
{
    struct place *place = *state;
    const struct config_change excludes = {config_field("excludes"), "*.tmp"};
    json_t *document, *settings, *value;

    place_fill(place);
    assert_ok(set_global(place, "excludes", "/proc/*\n/sys/*", false), &place->err);
    assert_ok(set_global(place, "ssh_user", "backup", false), &place->err);
    assert_ok(service_host_configure(&place->service, "web1", &excludes, 1, &document, &place->err),
              &place->err);
    json_decref(document);
    assert_ok(document_host(&place->service, "web1", &document, &place->err), &place->err);
    settings = json_object_get(document, "settings");
    assert_string_equal(text_in(find_item(settings, "name", "ssh_user"), "value"), "backup");
    assert_string_equal(text_in(find_item(settings, "name", "ssh_user"), "origin"), "global");
    assert_string_equal(text_in(find_item(settings, "name", "address"), "origin"), "host");
    assert_true(json_is_true(json_object_get(find_item(settings, "name", "enabled"), "value")));
    assert_int_equal(json_integer_value(json_object_get(find_item(settings, "name", "ssh_port"), "value")),
                     22);
    assert_true(json_is_null(json_object_get(find_item(settings, "name", "ssh_identity_file"), "value")));
    value = json_object_get(find_item(settings, "name", "excludes"), "value");
    assert_int_equal(json_array_size(value), 3);
    assert_string_equal(json_string_value(json_array_get(value, 2)), "*.tmp");
    assert_null(find_item(settings, "name", "backup_root"));
    /* Reading makes no key. */
    assert_true(json_is_null(json_object_get(document, "key")));
    assert_int_equal(access(arena_printf(&place->arena, "%s/keys/web1", place->home), F_OK), -1);
    assert_int_equal(json_array_size(json_object_get(document, "pinned_keys")), 0);
    json_decref(document);
    assert_fails(document_host(&place->service, "web2", &document, &place->err), &place->err, ERR_NOT_FOUND,
                 "web2");
}

static void test_hosts(void **state)
{
    struct place *place = *state;
    json_t *document, *item;

    assert_ok(document_hosts(&place->service, &document, &place->err), &place->err);
    assert_int_equal(json_array_size(json_object_get(document, "items")), 0);
    json_decref(document);

    place_fill(place);
    assert_ok(document_hosts(&place->service, &document, &place->err), &place->err);
    item = json_array_get(json_object_get(document, "items"), 0);
    assert_true(json_is_null(json_object_get(item, "last_run")));
    assert_true(json_is_null(json_object_get(item, "last_good")));
    json_decref(document);

    add_run(place, RUN_SUCCESS, CAUSE_NONE, NULL);
    add_run(place, RUN_FAILED, CAUSE_TIMEOUT, NULL);
    add_snapshot(place, "20261120-210005Z__00000001", SNAPSHOT_SUCCESS, NULL);
    add_snapshot(place, "20261121-210005Z__00000001", SNAPSHOT_SUCCESS, "it is empty");
    add_snapshot(place, "20261122-210005Z__00000001", SNAPSHOT_UNKNOWN, NULL);
    assert_ok(document_hosts(&place->service, &document, &place->err), &place->err);
    item = json_array_get(json_object_get(document, "items"), 0);
    assert_string_equal(text_in(item, "address"), "192.0.2.1");
    assert_string_equal(text_in(json_object_get(item, "last_run"), "state"), "failed");
    assert_string_equal(text_in(json_object_get(item, "last_run"), "cause"), "timeout");
    assert_string_equal(text_in(json_object_get(item, "last_good"), "name"), "20261120-210005Z__00000001");
    assert_int_equal(json_integer_value(json_object_get(item, "snapshots")), 2);
    assert_string_equal(text_in(item, "as_of"), "2026-11-22T21:00:05Z");
    json_decref(document);
}

static void test_snapshots(void **state)
{
    struct place *place = *state;
    json_t *document, *item;

    place_fill(place);
    add_snapshot(place, "20261120-210005Z__00000001", SNAPSHOT_SUCCESS, NULL);
    add_snapshot(place, "20261121-210005Z__00000001", SNAPSHOT_SUCCESS, "it is empty");
    add_snapshot(place, "20261122-210005Z__00000001", SNAPSHOT_UNKNOWN, NULL);
    assert_ok(document_snapshots(&place->service, "web1", &document, &place->err), &place->err);
    assert_int_equal(json_array_size(json_object_get(document, "items")), 3);
    item = json_array_get(json_object_get(document, "items"), 0);
    assert_string_equal(text_in(item, "name"), "20261122-210005Z__00000001");
    assert_string_equal(text_in(item, "kind"), "incomplete");
    assert_true(json_is_null(json_object_get(item, "status")));
    assert_true(json_is_null(json_object_get(item, "ended_at")));
    assert_string_equal(
        text_in(item, "path"),
        arena_printf(&place->arena, "%s/web1/.incomplete/20261122-210005Z__00000001", place->root));
    item = json_array_get(json_object_get(document, "items"), 1);
    assert_string_equal(text_in(item, "held_reason"), "it is empty");
    assert_true(json_is_false(json_object_get(item, "good")));
    item = json_array_get(json_object_get(document, "items"), 2);
    assert_true(json_is_true(json_object_get(item, "good")));
    assert_true(json_is_null(json_object_get(item, "linked_files")));
    assert_int_equal(json_integer_value(json_object_get(item, "bytes")), 700);
    assert_string_equal(
        text_in(item, "path"),
        arena_printf(&place->arena, "%s/web1/scheduled/20261120-210005Z__00000001", place->root));
    json_decref(document);
    assert_ok(document_snapshots(&place->service, NULL, &document, &place->err), &place->err);
    assert_int_equal(json_array_size(json_object_get(document, "items")), 3);
    json_decref(document);
    assert_fails(document_snapshots(&place->service, "web2", &document, &place->err), &place->err,
                 ERR_NOT_FOUND, "web2");
}

static size_t count_runs(struct place *place, const char *host, const char *state, int64_t before, int limit,
                         int64_t *next)
{
    json_t *document;
    size_t count;

    assert_ok(document_runs(&place->service, host, state, before, limit, &document, &place->err),
              &place->err);
    count = json_array_size(json_object_get(document, "items"));
    *next = json_integer_value(json_object_get(document, "next"));
    json_decref(document);
    return count;
}

static void test_runs(void **state)
{
    struct place *place = *state;
    int64_t first, second, third, next;
    json_t *document;

    place_fill(place);
    first = add_run(place, RUN_SUCCESS, CAUSE_NONE, NULL);
    second = add_run(place, RUN_FAILED, CAUSE_TIMEOUT, NULL);
    third = add_run(place, RUN_SUCCESS, CAUSE_NONE, NULL);
    assert_true(first < second && second < third);
    assert_int_equal(count_runs(place, NULL, NULL, 0, 0, &next), 3);
    assert_int_equal(next, 0);
    assert_int_equal(count_runs(place, NULL, NULL, 0, 3, &next), 3);
    assert_int_equal(next, 0);
    assert_int_equal(count_runs(place, NULL, NULL, 0, 2, &next), 2);
    assert_int_equal(next, second);
    assert_int_equal(count_runs(place, NULL, NULL, next, 2, &next), 1);
    assert_int_equal(next, 0);
    assert_int_equal(count_runs(place, "web1", "failed", 0, 10, &next), 1);
    assert_int_equal(count_runs(place, "web1", "queued", 0, 10, &next), 0);
    assert_fails(document_runs(&place->service, NULL, "done", 0, 10, &document, &place->err), &place->err,
                 ERR_INVALID, "done");
    assert_fails(document_runs(&place->service, "web2", NULL, 0, 10, &document, &place->err), &place->err,
                 ERR_NOT_FOUND, "web2");
}

static void test_run(void **state)
{
    struct place *place = *state;
    const struct run_path path = {"etc/shadow", "permission denied"};
    json_t *document, *stats;
    int64_t id;

    place_fill(place);
    id = add_run(place, RUN_WARNING, CAUSE_SOURCE_EMPTY, "20261122-210005Z__00000001");
    assert_ok(store_run_paths_save(place->service.db, id, &path, 1, &place->err), &place->err);
    assert_ok(document_run(&place->service, id, &document, &place->err), &place->err);
    assert_string_equal(text_in(document, "cause"), "source_empty");
    assert_non_null(
        strstr(text_in(document, "hint"), "pobsync release web1 20261122-210005Z__00000001 --reason"));
    assert_string_equal(text_in(document, "started_at"), "2026-11-22T21:00:01Z");
    assert_true(json_is_null(json_object_get(document, "log")));
    assert_true(json_is_null(json_object_get(document, "base")));
    assert_string_equal(text_in(json_array_get(json_object_get(document, "failed_paths"), 0), "path"),
                        "etc/shadow");
    stats = json_object_get(document, "stats");
    assert_int_equal(json_integer_value(json_object_get(stats, "files")), 7);
    assert_true(json_is_null(json_object_get(stats, "bytes")));
    json_decref(document);
    id = add_run(place, RUN_SUCCESS, CAUSE_NONE, NULL);
    assert_ok(document_run(&place->service, id, &document, &place->err), &place->err);
    assert_true(json_is_null(json_object_get(document, "hint")));
    assert_true(json_is_null(json_object_get(document, "cause")));
    json_decref(document);
    assert_fails(document_run(&place->service, id + 1, &document, &place->err), &place->err, ERR_NOT_FOUND,
                 "no run");
}

/* The log is read where it grew, then where its copy lies. */
static void test_log(void **state)
{
    struct place *place = *state;
    const char *directory =
        arena_printf(&place->arena, "%s/web1/scheduled/20261122-210005Z__00000001", place->root);
    RUN_LOG_SCOPED log = RUN_LOG_CLOSED;
    FD_SCOPED fd = -1;
    size_t size = 0;
    char *text;
    int64_t id;

    place_fill(place);
    id = add_run(place, RUN_SUCCESS, CAUSE_NONE, "20261122-210005Z__00000001");
    assert_fails(document_log(&place->service, id, &text, &size, &place->err), &place->err, ERR_NOT_FOUND,
                 directory);
    assert_ok(run_log_open(place->home, id, &log, &place->err), &place->err);
    run_log_line(&log, false, "one line");
    run_log_flush(&log);
    assert_ok(document_log(&place->service, id, &text, &size, &place->err), &place->err);
    assert_non_null(strstr(text, "one line\n"));
    assert_int_equal(size, strlen(text));

    assert_ok(fs_make_path(directory, 0700, &place->err), &place->err);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(run_log_copy(&log, fd, &place->err), &place->err);
    assert_int_equal(unlink(run_log_path(&place->arena, place->home, id)), 0);
    assert_ok(document_log(&place->service, id, &text, &size, &place->err), &place->err);
    assert_non_null(strstr(text, "one line\n"));

    write_text(arena_printf(&place->arena, "%s/rsync.log.gz", directory), "\x1f\x8b\x08 damaged");
    assert_fails(document_log(&place->service, id, &text, &size, &place->err), &place->err, ERR_IO,
                 "damaged");
    assert_int_equal(unlink(arena_printf(&place->arena, "%s/rsync.log.gz", directory)), 0);
    assert_int_equal(symlink("/etc/passwd", arena_printf(&place->arena, "%s/rsync.log.gz", directory)), 0);
    assert_fails(document_log(&place->service, id, &text, &size, &place->err), &place->err, ERR_NOT_FOUND,
                 directory);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, place_make_open, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        TEST(test_host_shows_values_and_origins),
        TEST(test_hosts),
        TEST(test_snapshots),
        TEST(test_runs),
        TEST(test_run),
        TEST(test_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
