/* Health as it is loaded: one host as among all, how far back a state reaches, and what the root has to do with it. */
#include "place.h"

#include "model/schedule.h"
#include "service/document_status.h"
#include "service/host_health.h"
#include "service/service_schedule.h"
#include "store/store_host.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"

enum { DAY = 86400, TAKES = 600 };
static const int64_t last_night = 1795313700; /* 2026-11-22 02:15 */

static int64_t host_id(struct place *place, const char *name)
{
    struct host host;

    assert_ok(store_host_load(&place->arena, place->service.db, name, &host, &place->err), &place->err);
    return host.id;
}

static void add_host(struct place *place, const char *name)
{
    const struct config_change address = {config_field("address"), "192.0.2.1"};
    json_t *document;

    assert_ok(service_host_configure(&place->service, name, &address, 1, &document, &place->err),
              &place->err);
    json_decref(document);
}

static void add_run(struct place *place, const char *host, enum run_state state, enum cause cause,
                    int64_t began)
{
    struct run run = {.host_id = host_id(place, host),
                      .host = host,
                      .job = JOB_BACKUP,
                      .kind = "scheduled",
                      .trigger = "schedule",
                      .state = RUN_RUNNING,
                      .actor = "anna",
                      .requested_at = began,
                      .started_at = began,
                      .token = 1,
                      .stats = RUN_STATS_UNKNOWN};

    assert_ok(store_run_insert(place->service.db, &run, &run.id, &place->err), &place->err);
    run.state = state;
    run.cause = cause;
    run.message = state == RUN_FAILED ? "as told" : NULL;
    run.ended_at = began + TAKES;
    assert_ok(store_run_finish(place->service.db, &run, &place->err), &place->err);
}

static void add_good(struct place *place, const char *host, int64_t began)
{
    struct snapshot snapshot = {.host_id = host_id(place, host),
                                .host = host,
                                .kind = KIND_SCHEDULED,
                                .name = "20261121-021500Z__00000001",
                                .status = SNAPSHOT_SUCCESS,
                                .started_at = began,
                                .ended_at = began + TAKES,
                                .confirmed = true,
                                .files = -1,
                                .directories = -1,
                                .bytes = -1,
                                .linked_files = -1,
                                .new_bytes = -1};

    assert_ok(store_snapshot_insert(place->service.db, &snapshot, &snapshot.id, &place->err), &place->err);
    assert_int_equal(mkdir(arena_printf(&place->arena, "%s/%s", place->root, host), 0700), 0);
}

/* The host of this name, asked for alone or found among all. */
static struct host_health load(struct place *place, const char *name, bool alone)
{
    struct host_health_list list;

    assert_ok(host_health_load(&place->service, alone ? name : NULL, &list, &place->err), &place->err);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.hosts[i].host->name, name) == 0)
            return list.hosts[i];
    fail_msg("no %s", name);
    return (struct host_health){0};
}

static void one_is_as_among_all(void **state)
{
    static const char *const names[] = {"db1", "web1", "web2"};
    struct place *place = *state;

    place_fill(place);
    add_host(place, "web2");
    add_host(place, "db1"); /* by name the first, by id the last */
    add_run(place, "web1", RUN_SUCCESS, CAUSE_NONE, last_night);
    add_good(place, "web1", last_night);
    add_run(place, "db1", RUN_FAILED, CAUSE_TIMEOUT, last_night);
    for (size_t i = 0; i < 3; i++) {
        struct host_health one = load(place, names[i], true), among = load(place, names[i], false);

        assert_string_equal(health_name(one.report.health), health_name(among.report.health));
        assert_int_equal(one.report.since, among.report.since);
        assert_string_equal(one.report.reason, among.report.reason);
        assert_int_equal(one.last_run == NULL, among.last_run == NULL);
        assert_int_equal(one.last_good == NULL, among.last_good == NULL);
    }
    assert_int_equal(load(place, "db1", false).report.health, HEALTH_FAILED);
    assert_int_equal(load(place, "web1", false).report.health, HEALTH_OK);
    assert_int_equal(load(place, "web2", false).report.health, HEALTH_NEVER);
    assert_fails(host_health_load(&place->service, "web3", &(struct host_health_list){0}, &place->err),
                 &place->err, ERR_NOT_FOUND, "web3");
}

static void a_long_failure_reaches_back_to_its_beginning(void **state)
{
    struct place *place = *state;
    struct host_health health;

    place_fill(place);
    add_run(place, "web1", RUN_SUCCESS, CAUSE_NONE, last_night - 30 * DAY);
    for (int day = 29; day >= 0; day--)
        add_run(place, "web1", RUN_FAILED, CAUSE_TIMEOUT, last_night - day * (int64_t)DAY);
    health = load(place, "web1", false);
    assert_int_equal(health.report.health, HEALTH_FAILED);
    assert_string_equal(health.report.reason, "the last 30 runs failed: as told");
    assert_int_equal(health.report.since, last_night - 29 * DAY + TAKES);
    assert_int_equal(health.last_run->started_at, last_night);
}

static void a_failure_of_the_lost_root_is_told_with_it(void **state)
{
    struct place *place = *state;

    place_fill(place);
    add_host(place, "web2");
    add_host(place, "web3");
    add_run(place, "web1", RUN_FAILED, CAUSE_ROOT_MISSING, last_night);
    add_run(place, "web2", RUN_FAILED, CAUSE_TIMEOUT, last_night);
    assert_false(load(place, "web1", false).by_root);
    assert_int_equal(rename(place->root, arena_printf(&place->arena, "%s.away", place->root)), 0);
    assert_true(load(place, "web1", false).by_root);
    assert_int_equal(load(place, "web1", false).report.health, HEALTH_FAILED);
    assert_false(load(place, "web2", false).by_root);
    assert_true(load(place, "web3", false).by_root);
    assert_int_equal(load(place, "web3", false).report.health, HEALTH_UNKNOWN);
}

static void too_old_is_the_hosts_or_global_or_by_the_schedule(void **state)
{
    const struct config_change own = {config_field("max_age_hours"), "1000"};
    const struct config_change cron = {schedule_field("cron"), "15 2 * * *"};
    struct place *place = *state;
    json_t *document;

    place_fill(place);
    add_run(place, "web1", RUN_SUCCESS, CAUSE_NONE, last_night - 5 * DAY);
    add_good(place, "web1", last_night - 5 * DAY);
    assert_int_equal(load(place, "web1", true).report.health, HEALTH_OK);
    assert_ok(service_schedule_change(&place->service, "web1", &cron, 1, &document, &place->err),
              &place->err);
    json_decref(document);
    assert_int_equal(load(place, "web1", true).report.health, HEALTH_WARNING); /* three days */
    assert_int_equal(load(place, "web1", true).next_at, last_night + DAY);
    assert_ok(set_global(place, "max_age_hours", "200", false), &place->err);
    assert_int_equal(load(place, "web1", true).report.health, HEALTH_OK);
    assert_ok(set_global(place, "max_age_hours", "100", false), &place->err);
    assert_int_equal(load(place, "web1", true).report.health, HEALTH_WARNING);
    assert_ok(service_host_configure(&place->service, "web1", &own, 1, &document, &place->err), &place->err);
    json_decref(document);
    assert_int_equal(load(place, "web1", true).report.health, HEALTH_OK);
}

/* A root that is set and not ok needs somebody, also without hosts; nothing at all does not. */
static void attention_is_of_hosts_or_the_root(void **state)
{
    static const struct {
        const char *root;
        int hosts, attention;
        bool needed;
    } cases[] = {{"ok", 0, 0, false},         {"ok", 2, 0, false},          {"ok", 2, 1, true},
                 {"root_unset", 0, 0, false}, {"root_unset", 1, 0, true},   {"root_missing", 0, 0, true},
                 {"io_error", 2, 0, true},    {"root_unmarked", 0, 0, true}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *status = json_pack("{s:i, s:{s:s}, s:[]}", "attention", cases[i].attention, "root", "state",
                                   cases[i].root, "hosts");

        for (int host = 0; host < cases[i].hosts; host++)
            json_array_append_new(json_object_get(status, "hosts"), json_object());
        assert_int_equal(document_status_needs_attention(status), cases[i].needed);
        json_decref(status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_is_as_among_all, place_make_open, place_remove),
        cmocka_unit_test_setup_teardown(a_long_failure_reaches_back_to_its_beginning, place_make_open,
                                        place_remove),
        cmocka_unit_test_setup_teardown(a_failure_of_the_lost_root_is_told_with_it, place_make_open,
                                        place_remove),
        cmocka_unit_test_setup_teardown(too_old_is_the_hosts_or_global_or_by_the_schedule, place_make_open,
                                        place_remove),
        cmocka_unit_test(attention_is_of_hosts_or_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
