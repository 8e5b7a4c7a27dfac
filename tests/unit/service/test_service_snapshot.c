/* Releasing a held snapshot. */
#include "place.h"

#include "service/root_files.h"
#include "service/service_snapshot.h"
#include "store/store_host.h"
#include "store/store_snapshot.h"

#define OLD "20261120-210005Z__00000001"
#define NEW "20261121-210005Z__00000001"

static void add_snapshot(struct place *place, const char *name, const char *held)
{
    struct snapshot snapshot = {.kind = KIND_INCOMPLETE, .name = name, .files = -1, .bytes = -1};
    struct host host;

    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    snapshot.host_id = host.id;
    assert_ok(store_snapshot_insert(place->service.db, &snapshot, &snapshot.id, &place->err), &place->err);
    snapshot.kind = KIND_SCHEDULED;
    snapshot.status = SNAPSHOT_SUCCESS;
    snapshot.confirmed = true;
    snapshot.held_reason = held;
    assert_ok(store_snapshot_publish(place->service.db, &snapshot, &place->err), &place->err);
}

static int release(struct place *place, const char *host, const char *name, const char *reason,
                   json_t **document)
{
    return service_snapshot_release(&place->service, host, name, reason, document, &place->err);
}

static int fill(void **state)
{
    struct place *place;

    place_make_open(state);
    place = *state;
    place_fill(place);
    add_snapshot(place, OLD, "the source is empty");
    add_snapshot(place, NEW, "the source has shrunk");
    return 0;
}

static void test_release_by_name(void **state)
{
    struct place *place = *state;
    json_t *document;

    assert_ok(release(place, "web1", OLD, "it was moved to web2", &document), &place->err);
    assert_string_equal(text_in(document, "name"), OLD);
    assert_true(json_is_true(json_object_get(document, "good")));
    assert_true(json_is_null(json_object_get(document, "held_reason")));
    json_decref(document);
    assert_string_equal(last_audit(place),
                        "snapshot.release web1@" OLD " the source is empty it was moved to web2");
    assert_fails(release(place, "web1", OLD, "again", &document), &place->err, ERR_REFUSED, "is not held");
}

static void test_latest_is_the_newest_held_one(void **state)
{
    struct place *place = *state;
    json_t *document;

    assert_ok(release(place, "web1", "latest", "known", &document), &place->err);
    assert_string_equal(text_in(document, "name"), NEW);
    json_decref(document);
    assert_ok(release(place, "web1", "latest", "known", &document), &place->err);
    assert_string_equal(text_in(document, "name"), OLD);
    json_decref(document);
    assert_fails(release(place, "web1", "latest", "known", &document), &place->err, ERR_REFUSED,
                 "no snapshot");
}

static void test_refusals(void **state)
{
    struct place *place = *state;
    size_t before = count_audits(place);
    json_t *document;

    assert_fails(release(place, "web1", OLD, NULL, &document), &place->err, ERR_REFUSED, "reason");
    assert_fails(release(place, "web1", OLD, "", &document), &place->err, ERR_REFUSED, "reason");
    assert_fails(release(place, "web1", OLD, "two\nlines", &document), &place->err, ERR_INVALID, "");
    assert_fails(release(place, "web2", OLD, "known", &document), &place->err, ERR_NOT_FOUND, "web2");
    assert_fails(release(place, "web1", "20260101-000000Z__00000001", "known", &document), &place->err,
                 ERR_NOT_FOUND, "20260101");
    assert_int_equal(count_audits(place), before);
}

static void test_host_json_is_kept_true(void **state)
{
    struct place *place = *state;
    const char *directory = arena_printf(&place->arena, "%s/web1", place->root);
    BUF_SCOPED content = BUF_EMPTY;
    FD_SCOPED fd = -1;
    json_t *document;

    assert_int_equal(mkdir(directory, 0700), 0);
    assert_ok(release(place, "web1", OLD, "known", &document), &place->err);
    json_decref(document);
    root_files_follow(&place->service);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(fs_read_file(fd, ".pobsync/host.json", 65536, &content, &place->err), &place->err);
    assert_null(strstr(buf_text(&content), "\"name\": \"" OLD "\""));
    assert_non_null(strstr(buf_text(&content), "\"name\": \"" NEW "\""));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fill, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_release_by_name),
        TEST(test_latest_is_the_newest_held_one),
        TEST(test_refusals),
        TEST(test_host_json_is_kept_true),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
