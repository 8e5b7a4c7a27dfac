/* Our key for a host, and the pins of its own, as far as no connection is needed. */
#include "place.h"

#include "model/host.h"
#include "service/document.h"
#include "service/service_key.h"
#include "store/store_host.h"
#include "store/store_host_key.h"

static void test_key_is_made_once(void **state)
{
    struct place *place = *state;
    json_t *first, *second, *host;
    struct stat st;

    place_fill(place);
    assert_ok(service_key_line(&place->service, "web1", "rrsync", &first, &place->err), &place->err);
    assert_true(json_is_true(json_object_get(first, "created")));
    assert_int_equal(stat(text_in(first, "path"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(strncmp(text_in(first, "public_key"), "ssh-ed25519 ", 12), 0);
    assert_int_equal(strncmp(text_in(first, "fingerprint"), "SHA256:", 7), 0);
    assert_non_null(strstr(text_in(first, "authorized_keys"), text_in(first, "public_key")));
    assert_non_null(strstr(text_in(first, "authorized_keys"), "rrsync -ro"));
    assert_true(json_is_null(json_object_get(first, "sudoers")));
    assert_string_equal(last_audit(place),
                        arena_printf(&place->arena, "key.create web1 - %s", text_in(first, "fingerprint")));

    assert_ok(service_key_line(&place->service, "web1", "sudo", &second, &place->err), &place->err);
    assert_true(json_is_false(json_object_get(second, "created")));
    assert_string_equal(text_in(first, "public_key"), text_in(second, "public_key"));
    assert_non_null(text_in(second, "sudoers"));
    assert_string_equal(last_audit(place),
                        arena_printf(&place->arena, "key.create web1 - %s", text_in(first, "fingerprint")));

    assert_ok(document_host(&place->service, "web1", &host, &place->err), &place->err);
    assert_string_equal(text_in(json_object_get(host, "key"), "fingerprint"), text_in(first, "fingerprint"));
    json_decref(host);
    json_decref(first);
    json_decref(second);
}

static void test_refusals(void **state)
{
    struct place *place = *state;
    json_t *document;

    place_fill(place);
    assert_fails(service_key_line(&place->service, "web1", "any", &document, &place->err), &place->err,
                 ERR_INVALID, "any");
    assert_fails(service_key_line(&place->service, "web2", "plain", &document, &place->err), &place->err,
                 ERR_NOT_FOUND, "web2");
    assert_fails(service_connection_test(&place->service, "web1", NULL, NULL, &document, &place->err),
                 &place->err, ERR_NOT_FOUND, "no ssh key");
    assert_int_equal(access(arena_printf(&place->arena, "%s/keys/web1", place->home), F_OK), -1);
}

static void test_pins_are_shown_and_forgotten(void **state)
{
    struct place *place = *state;
    const struct host_key key = {.type = "ssh-ed25519",
                                 .key = "AAAA",
                                 .fingerprint = "SHA256:one",
                                 .pinned_at = 1795381205,
                                 .pinned_by = "bert"};
    struct host host;
    json_t *document, *pin;

    place_fill(place);
    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    assert_ok(store_host_key_save(place->service.db, host.id, &key, &place->err), &place->err);
    assert_ok(service_host_key_show(&place->service, "web1", false, &document, &place->err), &place->err);
    pin = json_array_get(json_object_get(document, "pinned"), 0);
    assert_string_equal(text_in(pin, "fingerprint"), "SHA256:one");
    assert_string_equal(text_in(pin, "pinned_at"), "2026-11-22T21:00:05Z");
    assert_string_equal(text_in(pin, "pinned_by"), "bert");
    assert_true(json_is_null(json_object_get(document, "shown")));
    assert_true(json_is_null(json_object_get(document, "match")));
    json_decref(document);

    assert_ok(service_host_key_forget(&place->service, "web1", &document, &place->err), &place->err);
    assert_int_equal(json_array_size(json_object_get(document, "pinned")), 0);
    json_decref(document);
    assert_string_equal(last_audit(place), "host_key.forget web1 SHA256:one -");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, place_make_open, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_key_is_made_once),
        TEST(test_refusals),
        TEST(test_pins_are_shown_and_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
