/* Changing schedules: what is refused, what is written, what counts from when. */
#include "place.h"

#include "model/schedule.h"
#include "service/document_schedule.h"
#include "service/service_schedule.h"
#include "store/store_host.h"
#include "store/store_schedule.h"

/* One change of web1's schedule; the document is dropped. */
static int set(struct place *place, const char *field, const char *text)
{
    const struct config_change change = {schedule_field(field), text};
    json_t *document = NULL;
    int result = service_schedule_change(&place->service, "web1", &change, 1, &document, &place->err);

    json_decref(document);
    return result;
}

static struct schedule load(struct place *place)
{
    struct schedule schedule;
    struct host host;

    assert_ok(store_host_load(&place->arena, place->service.db, "web1", &host, &place->err), &place->err);
    assert_ok(store_schedule_load(&place->arena, place->service.db, host.id, &schedule, &place->err),
              &place->err);
    return schedule;
}

static void a_new_one_needs_an_expression(void **state)
{
    struct place *place = *state;

    place_fill(place);
    assert_fails(set(place, "prune", "yes"), &place->err, ERR_INVALID, "needs a cron expression");
    assert_ok(set(place, "cron", "15 2 * * *"), &place->err);
    assert_string_equal(last_audit(place),
                        "schedule.create web1 - {\"cron\":\"15 2 * * *\",\"prune\":\"no\",\"timezone\":null,"
                        "\"grace_seconds\":\"3600\",\"enabled\":\"yes\"}");
    assert_ok(set(place, "prune", "yes"), &place->err);
    assert_string_equal(last_audit(place), "schedule.change web1 {\"prune\":\"no\"} {\"prune\":\"yes\"}");
}

static void what_is_wrong_changes_nothing(void **state)
{
    static const struct {
        const char *field, *text, *message;
    } wrong[] = {
        {"cron", "0 25 * * *", "column 3"},      {"cron", "0 0 31 2 *", "never fires"},
        {"cron", "", "needs a cron expression"}, {"timezone", "Europe/Amsterdm", "not known on this server"},
        {"grace_seconds", "1", "--grace"},
    };
    struct place *place = *state;
    size_t audits;

    place_fill(place);
    assert_ok(set(place, "cron", "15 2 * * *"), &place->err);
    audits = count_audits(place);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_fails(set(place, wrong[i].field, wrong[i].text), &place->err, ERR_INVALID, wrong[i].message);
        assert_false(db_in_transaction(place->service.db));
    }
    assert_int_equal(count_audits(place), audits);
    assert_string_equal(load(place).cron, "15 2 * * *");
}

/* Expression, zone and enabled decide when a run is due; what was due before they changed is not. */
static void it_counts_from_the_change(void **state)
{
    static const struct {
        const char *field, *text;
        bool counts;
    } changes[] = {{"prune", "yes", false},  {"grace_seconds", "2h", false},
                   {"cron", "@daily", true}, {"timezone", "Asia/Tokyo", true},
                   {"enabled", "no", true},  {"enabled", "no", false}};
    struct place *place = *state;

    place_fill(place);
    assert_ok(set(place, "cron", "15 2 * * *"), &place->err);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        int64_t before = load(place).changed_at;

        place->service.now += 100;
        assert_ok(set(place, changes[i].field, changes[i].text), &place->err);
        assert_int_equal(load(place).changed_at, changes[i].counts ? place->service.now : before);
    }
}

static void it_counts_from_a_change_of_its_host(void **state)
{
    static const struct {
        const char *field, *text;
        bool counts;
    } changes[] = {{"retries", "1", false},
                   {"enabled", "no", true},
                   {"enabled", "yes", true},
                   {"timezone", "Asia/Tokyo", true}};
    struct place *place = *state;

    place_fill(place);
    assert_ok(set(place, "cron", "15 2 * * *"), &place->err);
    place->service.now += 100;
    assert_ok(set_global(place, "timezone", "Europe/Amsterdam", false), &place->err);
    assert_int_equal(load(place).changed_at, place->service.now);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const struct config_change change = {config_field(changes[i].field), changes[i].text};
        int64_t before = load(place).changed_at;
        json_t *document;

        place->service.now += 100;
        assert_ok(service_host_configure(&place->service, "web1", &change, 1, &document, &place->err),
                  &place->err);
        json_decref(document);
        assert_int_equal(load(place).changed_at, changes[i].counts ? place->service.now : before);
    }
    place->service.now += 100;
    assert_ok(set_global(place, "timezone", "UTC", false), &place->err);
    assert_int_not_equal(load(place).changed_at, place->service.now); /* the host has its own */
}

static void it_is_removed_once(void **state)
{
    struct place *place = *state;
    json_t *document;

    place_fill(place);
    assert_fails(service_schedule_remove(&place->service, "web1", &document, &place->err), &place->err,
                 ERR_NOT_FOUND, "host \"web1\": there is no schedule");
    assert_ok(set(place, "cron", "15 2 * * *"), &place->err);
    assert_ok(service_schedule_remove(&place->service, "web1", &document, &place->err), &place->err);
    assert_true(json_is_true(json_object_get(document, "removed")));
    json_decref(document);
    assert_non_null(strstr(last_audit(place), "schedule.remove web1 {\"cron\":\"15 2 * * *\""));
    assert_ok(document_schedule(&place->service, "web1", &document, &place->err), &place->err);
    assert_true(json_is_false(json_object_get(document, "scheduled")));
    assert_true(json_is_null(json_object_get(document, "cron")));
    json_decref(document);
}

static void a_preview_needs_nothing_saved(void **state)
{
    struct place *place = *state;
    json_t *document;
    const json_t *next;

    place->service.now = 1806062400; /* 2027-03-26 12:00 UTC */
    assert_ok(document_schedule_preview(&place->service, "30 2 * * *", "Europe/Amsterdam", 3, &document,
                                        &place->err),
              &place->err);
    assert_string_equal(text_in(document, "words"), "every day at 02:30");
    next = json_object_get(document, "next");
    assert_int_equal(json_array_size(next), 3);
    assert_string_equal(text_in(json_array_get(next, 1), "at"), "2027-03-28T01:00:00Z");
    assert_string_equal(text_in(json_array_get(next, 1), "local"), "2027-03-28 03:00");
    assert_string_equal(text_in(json_array_get(next, 1), "remark"),
                        "02:30 does not exist on 2027-03-28; runs 03:00");
    assert_null(text_in(json_array_get(next, 0), "remark"));
    json_decref(document);
    assert_fails(document_schedule_preview(&place->service, "* * *", "UTC", 3, &document, &place->err),
                 &place->err, ERR_INVALID, "column");
    assert_fails(
        document_schedule_preview(&place->service, "* * * * *", "Mars/Base", 3, &document, &place->err),
        &place->err, ERR_NOT_FOUND, "Mars/Base");
    assert_fails(document_schedule_preview(&place->service, "* * * * *", "UTC", 0, &document, &place->err),
                 &place->err, ERR_INVALID, "1 to 100");
}

/* Those that cannot be used first, then the soonest, then the disabled. */
static void the_list_is_in_the_order_of_need(void **state)
{
    static const char *const rows[] = {"late:0 5 * * *:yes", "soon:0 22 * * *:yes", "off:0 22 * * *:no",
                                       "broken:0 22 * * *:yes", "alone::"};
    static const char *const order[] = {"broken", "soon", "late", "off"};
    struct place *place = *state;
    json_t *document;
    const json_t *items;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct config_change address = {config_field("address"), "192.0.2.1"};
        const char *name = arena_copy(&place->arena, rows[i], strcspn(rows[i], ":"));
        const char *cron = rows[i] + strlen(name) + 1, *enabled = strchr(cron, ':') + 1;
        const struct config_change changes[] = {
            {schedule_field("cron"), arena_copy(&place->arena, cron, strcspn(cron, ":"))},
            {schedule_field("enabled"), enabled}};

        assert_ok(service_host_configure(&place->service, name, &address, 1, &document, &place->err),
                  &place->err);
        json_decref(document);
        if (enabled[0] == '\0')
            continue;
        assert_ok(service_schedule_change(&place->service, name, changes, 2, &document, &place->err),
                  &place->err);
        json_decref(document);
    }
    assert_true(
        db_run(place->service.db, &place->err,
               "UPDATE schedule SET cron = 'at night' WHERE host_id = (SELECT id FROM host WHERE name = "
               "'broken')",
               "") == 1);
    assert_ok(document_schedules(&place->service, &document, &place->err), &place->err);
    items = json_object_get(document, "items");
    assert_int_equal(json_array_size(items), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(text_in(json_array_get(items, i), "host"), order[i]);
    assert_non_null(strstr(text_in(json_array_get(items, 0), "error"), "at night"));
    assert_string_equal(text_in(json_array_get(items, 1), "next_at"), "2026-11-22T22:00:00Z");
    assert_true(json_is_null(json_object_get(json_array_get(items, 3), "next_at")));
    assert_int_equal(json_array_size(json_object_get(document, "unscheduled")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(document, "unscheduled"), 0)),
                        "alone");
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_one_needs_an_expression, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(what_is_wrong_changes_nothing, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(it_counts_from_the_change, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(it_counts_from_a_change_of_its_host, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(it_is_removed_once, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(a_preview_needs_nothing_saved, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(the_list_is_in_the_order_of_need, place_make_open, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
