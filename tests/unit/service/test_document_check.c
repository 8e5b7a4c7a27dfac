/* The self-check: each thing that can be wrong is found. */
#include "place.h"

#include "engine/root.h"
#include "service/document.h"
#include "store/store_host.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/lock.h"

/* Runs the check and asserts the level of one; what was found must say `found`. A check that is not well says what is
 * expected, and what to do. */
static void assert_check(struct place *place, const char *name, const char *level, const char *found)
{
    json_t *document, *item;

    assert_ok(document_check(&place->service, &document, &place->err), &place->err);
    item = find_item(json_object_get(document, "checks"), "name", name);
    if (item == NULL)
        fail_msg("there is no check \"%s\"", name);
    if (strcmp(text_in(item, "level"), level) != 0 || strstr(text_in(item, "found"), found) == NULL)
        fail_msg("%s is %s: %s", name, text_in(item, "level"), text_in(item, "found"));
    if (strcmp(level, "ok") != 0) {
        assert_non_null(text_in(item, "expected"));
        assert_non_null(text_in(item, "hint"));
    }
    if (strcmp(level, "failed") == 0)
        assert_true(json_is_false(json_object_get(document, "ok")));
    json_decref(document);
}

static int fill(void **state)
{
    place_make_open(state);
    place_fill(*state);
    return 0;
}

static void test_all_is_well(void **state)
{
    struct place *place = *state;
    json_t *document, *home;

    assert_check(place, "state_directory", "ok", place->home);
    assert_check(place, "keys", "ok", "nobody else");
    assert_check(place, "database", "ok", "sqlite, sound, write-ahead log, schema");
    assert_check(place, "backup_root", "ok", "mode 0700");
    assert_check(place, "room", "ok", "free");
    assert_check(place, "hosts", "ok", "1 of 1 hosts have no key yet: web1");
    assert_check(place, "runs", "ok", "0 running");
    assert_check(place, "time_zones", "ok", "");
    assert_check(place, "clock", "ok", "2026-11-22T21:00:05Z");
    assert_check(place, "ssh", "ok", "OpenSSH");
    assert_ok(document_check(&place->service, &document, &place->err), &place->err);
    assert_true(json_is_true(json_object_get(document, "ok")));
    home = json_object_get(json_object_get(document, "environment"), "home");
    assert_string_equal(text_in(home, "value"), place->home);
    assert_string_equal(text_in(home, "origin"), "environment");
    json_decref(document);
}

static void test_not_migrated(void **state)
{
    struct place *place = *state;

    assert_ok(service_open_unmigrated(&place->service, &place->arena, "cli", &place->err), &place->err);
    place->open = true;
    assert_check(place, "database", "failed", "schema 0");
}

static void test_state_directory(void **state)
{
    struct place *place = *state;

    assert_int_equal(chmod(place->home, 02775), 0);
    assert_check(place, "state_directory", "warning", "mode 2775");
    if (geteuid() == 0) {
        assert_int_equal(chmod(place->home, 02770), 0);
        assert_int_equal(chown(place->home, 65534, (gid_t)-1), 0);
        assert_check(place, "state_directory", "warning", "uid 65534");
    }
}

static void test_keys(void **state)
{
    struct place *place = *state;
    const char *keys = arena_printf(&place->arena, "%s/keys", place->home);
    const char *key = arena_printf(&place->arena, "%s/web1", keys);

    assert_int_equal(chmod(keys, 0750), 0);
    assert_check(place, "keys", "failed", "mode 0750");
    assert_int_equal(chmod(keys, 0700), 0);
    assert_int_equal(mkdir(key, 0700), 0);
    write_text(arena_printf(&place->arena, "%s/id_ed25519.pub", key), "public");
    write_text(arena_printf(&place->arena, "%s/id_ed25519", key), "private");
    assert_int_equal(chmod(arena_printf(&place->arena, "%s/id_ed25519.pub", key), 0644), 0);
    assert_int_equal(chmod(arena_printf(&place->arena, "%s/id_ed25519", key), 0640), 0);
    assert_check(place, "keys", "failed", "web1/id_ed25519");
    assert_int_equal(chmod(arena_printf(&place->arena, "%s/id_ed25519", key), 0600), 0);
    assert_check(place, "keys", "ok", "");
}

static void test_backup_root(void **state)
{
    struct place *place = *state;

    assert_int_equal(chmod(place->root, 0755), 0);
    assert_check(place, "backup_root", "warning", "mode 0755");
    assert_int_equal(unlink(arena_printf(&place->arena, "%s/" ROOT_MARKER, place->root)), 0);
    assert_check(place, "backup_root", "failed", "root_wrong_disk");
    assert_ok(set_global(place, "backup_root", NULL, false), &place->err);
    assert_check(place, "backup_root", "failed", "root_unset");
}

static void test_room(void **state)
{
    struct place *place = *state;

    assert_ok(set_global(place, "min_free_bytes", "1048576T", false), &place->err);
    assert_check(place, "room", "failed", "min_free_bytes");
}

static void test_rsync(void **state)
{
    struct place *place = *state;
    const char *rsync = arena_printf(&place->arena, "%s/rsync-test", place->top);
    static const struct {
        const char *version, *level;
    } rows[] = {
        {"3.5.0", "ok"}, {"3.2.7", "warning"}, {"3.4.3", "warning"}, {"3.2.3", "failed"}, {"4.0.0", "ok"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_text(rsync,
                   arena_printf(&place->arena, "#!/bin/sh\necho 'rsync  version %s  protocol version 31'\n",
                                rows[i].version));
        assert_int_equal(chmod(rsync, 0755), 0);
        assert_ok(set_global(place, "rsync_binary", rsync, false), &place->err);
        assert_check(place, "rsync", rows[i].level, rows[i].version);
    }
    assert_int_equal(unlink(rsync), 0);
    assert_check(place, "rsync", "failed", "rsync-test");
}

static void test_clock(void **state)
{
    struct place *place = *state;
    struct snapshot snapshot = {.kind = KIND_INCOMPLETE, .name = "20261122-210006Z__00000001"};
    struct host host;

    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    snapshot.host_id = host.id;
    snapshot.started_at = place->service.now;
    assert_ok(store_snapshot_insert(place->service.db, &snapshot, &snapshot.id, &place->err), &place->err);
    assert_check(place, "clock", "ok", "");
    place->service.now--;
    assert_check(place, "clock", "warning", "2026-11-22T21:00:04Z");
    place->service.now = 1767225599;
    assert_check(place, "clock", "failed", "2025-12-31T23:59:59Z");
}

static void test_key_that_ssh_refuses(void **state)
{
    struct place *place = *state;
    const char *key = arena_printf(&place->arena, "%s/own_key", place->top);

    write_text(key, "private");
    assert_int_equal(chmod(key, 0644), 0);
    assert_ok(set_global(place, "ssh_identity_file", key, false), &place->err);
    assert_check(place, "hosts", "warning", "own_key");
}

/* A run is left over when nobody holds the lock of its host. */
static void test_runs(void **state)
{
    struct place *place = *state;
    const char *directory = arena_printf(&place->arena, "%s/web1", place->root);
    struct run run = {.host = "web1",
                      .job = JOB_BACKUP,
                      .kind = "scheduled",
                      .trigger = "cli",
                      .state = RUN_RUNNING,
                      .actor = "anna",
                      .requested_at = 1,
                      .started_at = 1,
                      .token = 1,
                      .stats = RUN_STATS_UNKNOWN};
    struct lock_owner owner;
    struct host host;
    FD_SCOPED fd = -1, lock = -1;

    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    run.host_id = host.id;
    assert_ok(store_run_insert(place->service.db, &run, &run.id, &place->err), &place->err);
    assert_check(place, "runs", "warning", "1 of web1"); /* no directory */
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_check(place, "runs", "warning", "1 of web1"); /* no lock */
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lock = lock_take(fd, ".lock", &owner, &place->err);
    assert_true(lock >= 0);
    assert_check(place, "runs", "ok", "1 running"); /* locked, by somebody who has not said who */
    owner = (struct lock_owner){.run = run.id, .pid = getpid(), .started = 1};
    snprintf(owner.boot_id, sizeof owner.boot_id, "%s", clock_boot_id());
    assert_ok(lock_write(lock, &owner, &place->err), &place->err);
    assert_check(place, "runs", "ok", "1 running");
    owner.pid = INT32_MAX; /* above every pid there can be: its rsync may still hold the lock */
    assert_ok(lock_write(lock, &owner, &place->err), &place->err);
    assert_check(place, "runs", "ok", "1 running");
    fs_close(&lock);
    assert_check(place, "runs", "warning", "1 of web1");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fill, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_is_well),
        cmocka_unit_test_setup_teardown(test_not_migrated, place_make, place_remove),
        TEST(test_state_directory),
        TEST(test_keys),
        TEST(test_backup_root),
        TEST(test_room),
        TEST(test_rsync),
        TEST(test_clock),
        TEST(test_key_that_ssh_refuses),
        TEST(test_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
