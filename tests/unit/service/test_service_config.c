/* Configuring: what is changed, refused, audited. */
#include "place.h"

#include "engine/root.h"
#include "store/store_host.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/lock.h"

/* Changes of one host, as pairs of field and text that end with NULL; the document is dropped unless it is wanted. */
static int set_host(struct place *place, const char *name, const char *const *pairs, json_t **document)
{
    struct config_change changes[8];
    json_t *dropped = NULL;
    size_t count = 0;
    int result;

    for (; pairs[2 * count] != NULL; count++)
        changes[count] = (struct config_change){config_field(pairs[2 * count]), pairs[2 * count + 1]};
    result = service_host_configure(&place->service, name, changes, count,
                                    document == NULL ? &dropped : document, &place->err);
    json_decref(dropped);
    return result;
}
#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_new_host(void **state)
{
    struct place *place = *state;
    json_t *document;

    assert_ok(set_global(place, "backup_root", place->root, false), &place->err);
    assert_ok(set_host(place, "web1", PAIRS("address", "192.0.2.1", "excludes", "*.tmp\n*.bak"), &document),
              &place->err);
    assert_true(json_is_true(json_object_get(document, "created")));
    assert_int_equal(json_array_size(json_object_get(document, "changed")), 2);
    assert_string_equal(text_in(document, "host"), "web1");
    assert_string_equal(text_in(document, "created_at"), "2026-11-22T21:00:05Z");
    assert_string_equal(text_in(document, "path"), arena_printf(&place->arena, "%s/web1", place->root));
    json_decref(document);
    assert_string_equal(last_audit(place),
                        "host.create web1 - {\"address\":\"192.0.2.1\",\"excludes\":\"*.tmp\\n*.bak\"}");
    assert_int_equal(access(arena_printf(&place->arena, "%s/web1", place->root), F_OK), -1);
}

static void test_change_says_what_it_was(void **state)
{
    struct place *place = *state;
    json_t *document;

    place_fill(place);
    assert_ok(set_host(place, "web1", PAIRS("address", "192.0.2.1", "ssh_port", "2222"), &document),
              &place->err);
    assert_true(json_is_false(json_object_get(document, "created")));
    assert_int_equal(json_array_size(json_object_get(document, "changed")), 1);
    json_decref(document);
    assert_string_equal(last_audit(place), "host.configure web1 {\"ssh_port\":null} {\"ssh_port\":\"2222\"}");
    assert_ok(set_host(place, "web1", PAIRS("ssh_port", NULL), NULL), &place->err);
    assert_string_equal(last_audit(place), "host.configure web1 {\"ssh_port\":\"2222\"} {\"ssh_port\":null}");
}

static void test_no_change_is_not_audited(void **state)
{
    struct place *place = *state;
    size_t before;

    place_fill(place);
    before = count_audits(place);
    assert_ok(set_host(place, "web1", PAIRS("address", "192.0.2.1"), NULL), &place->err);
    assert_ok(set_global(place, "backup_root", place->root, false), &place->err);
    assert_int_equal(count_audits(place), before);
}

static void test_hosts_that_are_refused(void **state)
{
    struct place *place = *state;

    assert_fails(set_host(place, "web1", PAIRS("ssh_port", "22"), NULL), &place->err, ERR_INVALID, "address");
    assert_fails(set_host(place, "-web1", PAIRS("address", "192.0.2.1"), NULL), &place->err, ERR_INVALID,
                 "-web1");
    assert_fails(set_host(place, "../x", PAIRS("address", "192.0.2.1"), NULL), &place->err, ERR_INVALID,
                 "../x");
    assert_fails(set_host(place, "web1", PAIRS("address", "-oProxyCommand=x"), NULL), &place->err,
                 ERR_INVALID, "--address");
    assert_fails(set_host(place, "web1", PAIRS("address", "192.0.2.1", "parallel_runs", "3"), NULL),
                 &place->err, ERR_INVALID, "--parallel-runs");
    assert_int_equal(count_audits(place), 0);
    place_fill(place);
    assert_fails(set_host(place, "web1", PAIRS("address", NULL), NULL), &place->err, ERR_INVALID, "address");
    assert_fails(set_host(place, "web1", PAIRS("ssh_port", "2222", "address", "a b"), NULL), &place->err,
                 ERR_INVALID, "--address");
}

static void test_all_or_nothing(void **state)
{
    struct place *place = *state;
    struct host host;

    place_fill(place);
    assert_fails(set_host(place, "web1", PAIRS("ssh_port", "2222", "ssh_user", "a b"), NULL), &place->err,
                 ERR_INVALID, "--ssh-user");
    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    assert_false(config_is_set(&host.config, config_field("ssh_port")));
}

static void test_global_changes(void **state)
{
    struct place *place = *state;
    const struct config_change changes[] = {{config_field("ssh_user"), "backup"},
                                            {config_field("keep_daily"), "7"}};
    json_t *document, *setting;

    assert_ok(service_global_configure(&place->service, changes, 2, false, &document, &place->err),
              &place->err);
    assert_int_equal(json_array_size(json_object_get(document, "changed")), 2);
    setting = find_item(json_object_get(document, "settings"), "name", "keep_daily");
    assert_int_equal(json_integer_value(json_object_get(setting, "value")), 7);
    assert_string_equal(text_in(setting, "origin"), "global");
    setting = find_item(json_object_get(document, "settings"), "name", "keep_weekly");
    assert_string_equal(text_in(setting, "origin"), "default");
    setting = find_item(json_object_get(document, "settings"), "name", "backup_root");
    assert_true(json_is_null(json_object_get(setting, "value")));
    assert_string_equal(text_in(setting, "origin"), "none");
    assert_null(find_item(json_object_get(document, "settings"), "name", "address"));
    json_decref(document);
    assert_fails(set_global(place, "address", "192.0.2.1", false), &place->err, ERR_INVALID, "--address");
}

static void test_root_is_marked(void **state)
{
    struct place *place = *state;
    const char *marker = arena_printf(&place->arena, "%s/" ROOT_MARKER, place->root);

    assert_ok(set_global(place, "backup_root", place->root, false), &place->err);
    assert_int_equal(access(marker, F_OK), 0);
    assert_int_equal(count_audits(place), 2);
    /* The marker is lost: nothing is taken for granted again. */
    assert_int_equal(unlink(marker), 0);
    assert_fails(set_global(place, "backup_root", place->root, false), &place->err, ERR_ROOT, "is empty");
    assert_int_equal(access(marker, F_OK), -1);
}

static void test_adopting_is_a_change(void **state)
{
    struct place *place = *state;
    const struct config_change change = {config_field("backup_root"), place->root};
    json_t *document;

    assert_ok(set_global(place, "backup_root", place->root, false), &place->err);
    assert_int_equal(unlink(arena_printf(&place->arena, "%s/" ROOT_MARKER, place->root)), 0);
    assert_ok(service_global_configure(&place->service, &change, 1, true, &document, &place->err),
              &place->err);
    assert_int_equal(json_array_size(json_object_get(document, "changed")), 1);
    json_decref(document);
    assert_int_equal(strncmp(last_audit(place), "root.mark ", 10), 0);
}

static void test_root_that_holds_something(void **state)
{
    struct place *place = *state;

    assert_int_equal(mkdir(arena_printf(&place->arena, "%s/old", place->root), 0700), 0);
    assert_fails(set_global(place, "backup_root", place->root, false), &place->err, ERR_REFUSED, "old");
    assert_non_null(strstr(place->err.hint, "--adopt-root"));
    assert_int_equal(count_audits(place), 0);
    assert_ok(set_global(place, "backup_root", place->root, true), &place->err);
}

static void test_root_in_a_bad_place(void **state)
{
    struct place *place = *state;

    assert_fails(set_global(place, "backup_root", arena_printf(&place->arena, "%s/none", place->top), false),
                 &place->err, ERR_ROOT, "does not exist");
    assert_fails(set_global(place, "backup_root", place->home, false), &place->err, ERR_REFUSED,
                 "state directory");
    assert_fails(set_global(place, "backup_root", "backups", false), &place->err, ERR_INVALID, "absolute");
    assert_int_equal(count_audits(place), 0);
}

static void test_a_wish_that_fails_marks_nothing(void **state)
{
    struct place *place = *state;
    const struct config_change changes[] = {{config_field("backup_root"), place->root},
                                            {config_field("ssh_port"), "0"}};
    json_t *document;

    assert_fails(service_global_configure(&place->service, changes, 2, false, &document, &place->err),
                 &place->err, ERR_INVALID, "--ssh-port");
    assert_int_equal(access(arena_printf(&place->arena, "%s/" ROOT_MARKER, place->root), F_OK), -1);
}

static void test_fixed_root(void **state)
{
    struct place *place = *state;

    service_close(&place->service);
    assert_int_equal(setenv("POBSYNC_BACKUP_ROOT_FIXED", place->root, 1), 0);
    place_open(place);
    assert_fails(set_global(place, "backup_root", place->top, false), &place->err, ERR_REFUSED,
                 "POBSYNC_BACKUP_ROOT_FIXED");
    assert_fails(set_global(place, "backup_root", NULL, false), &place->err, ERR_REFUSED,
                 "POBSYNC_BACKUP_ROOT_FIXED");
    assert_ok(set_global(place, "backup_root", place->root, false), &place->err);
    assert_int_equal(access(arena_printf(&place->arena, "%s/" ROOT_MARKER, place->root), F_OK), 0);
}

static int64_t host_id(struct place *place)
{
    struct host host;

    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    return host.id;
}

static void test_remove_host(void **state)
{
    struct place *place = *state;
    const char *directory = arena_printf(&place->arena, "%s/web1", place->root);
    struct snapshot snapshot = {
        .host = "web1", .kind = KIND_INCOMPLETE, .name = "20261122-210005Z__00000001"};
    json_t *document;
    struct host host;
    int64_t id;

    place_fill(place);
    assert_int_equal(mkdir(directory, 0700), 0);
    snapshot.host_id = host_id(place);
    assert_ok(store_snapshot_insert(place->service.db, &snapshot, &id, &place->err), &place->err);
    assert_fails(service_host_remove(&place->service, "web1", false, &document, &place->err), &place->err,
                 ERR_REFUSED, "1 snapshot");
    assert_ok(service_host_remove(&place->service, "web1", true, &document, &place->err), &place->err);
    assert_int_equal(json_integer_value(json_object_get(document, "snapshots")), 1);
    assert_string_equal(text_in(document, "path"), directory);
    json_decref(document);
    assert_string_equal(last_audit(place), "host.remove web1 {\"snapshots\":1} -");
    assert_int_equal(access(directory, F_OK), 0);
    assert_fails(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err,
                 ERR_NOT_FOUND, "web1");
}

static struct run running(struct place *place)
{
    return (struct run){.host_id = host_id(place),
                        .host = "web1",
                        .job = JOB_BACKUP,
                        .kind = "scheduled",
                        .trigger = "cli",
                        .state = RUN_RUNNING,
                        .actor = "anna",
                        .requested_at = 1,
                        .started_at = 1,
                        .token = 1,
                        .stats = RUN_STATS_UNKNOWN};
}

static void test_a_busy_host_is_not_removed(void **state)
{
    struct place *place = *state;
    const char *directory = arena_printf(&place->arena, "%s/web1", place->root);
    struct lock_owner owner;
    json_t *document;
    FD_SCOPED fd = -1, lock = -1;

    place_fill(place);
    assert_int_equal(mkdir(directory, 0700), 0);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lock = lock_take(fd, ".lock", &owner, &place->err);
    assert_true(lock >= 0);
    assert_fails(service_host_remove(&place->service, "web1", true, &document, &place->err), &place->err,
                 ERR_BUSY, "busy");
}

static void test_a_dead_run_does_not_hold_the_host(void **state)
{
    struct place *place = *state;
    struct run run, ended;
    json_t *document;
    int64_t id;

    place_fill(place);
    assert_int_equal(mkdir(arena_printf(&place->arena, "%s/web1", place->root), 0700), 0);
    run = running(place);
    assert_ok(store_run_insert(place->service.db, &run, &id, &place->err), &place->err);
    assert_ok(service_host_remove(&place->service, "web1", true, &document, &place->err), &place->err);
    json_decref(document);
    assert_ok(store_run_load(&place->arena, place->service.db, id, &ended, &place->err), &place->err);
    assert_int_equal(ended.state, RUN_FAILED);
}

static void test_without_its_root_the_rows_decide(void **state)
{
    struct place *place = *state;
    struct run run;
    json_t *document;
    int64_t id;

    place_fill(place);
    assert_int_equal(unlink(arena_printf(&place->arena, "%s/" ROOT_MARKER, place->root)), 0);
    run = running(place);
    assert_ok(store_run_insert(place->service.db, &run, &id, &place->err), &place->err);
    assert_fails(service_host_remove(&place->service, "web1", true, &document, &place->err), &place->err,
                 ERR_BUSY, "web1");
    run.id = id;
    run.state = RUN_FAILED;
    run.ended_at = 2;
    assert_ok(store_run_finish(place->service.db, &run, &place->err), &place->err);
    assert_ok(service_host_remove(&place->service, "web1", true, &document, &place->err), &place->err);
    json_decref(document);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, place_make_open, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_host),
        TEST(test_change_says_what_it_was),
        TEST(test_no_change_is_not_audited),
        TEST(test_hosts_that_are_refused),
        TEST(test_all_or_nothing),
        TEST(test_global_changes),
        TEST(test_root_is_marked),
        TEST(test_adopting_is_a_change),
        TEST(test_root_that_holds_something),
        TEST(test_root_in_a_bad_place),
        TEST(test_a_wish_that_fails_marks_nothing),
        TEST(test_fixed_root),
        TEST(test_remove_host),
        TEST(test_a_busy_host_is_not_removed),
        TEST(test_a_dead_run_does_not_hold_the_host),
        TEST(test_without_its_root_the_rows_decide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
