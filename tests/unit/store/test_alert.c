/* What was told, the outbox, and whom to tell. */
#include "rows.h"

#include <string.h>

#include "store/store_alert.h"
#include "store/store_notification.h"

static void what_was_told_is_replaced_and_forgotten(void **state)
{
    struct scratch *s = *state;
    struct alert_row row = {"web1", "failed", 0, 100}, *rows;
    size_t count;

    assert_ok(store_alert_save(s->db, &row, &s->err), &s->err);
    row = (struct alert_row){"web1", "missed", 90, 110};
    assert_ok(store_alert_save(s->db, &row, &s->err), &s->err);
    row.subject = ALERT_ROOT;
    assert_ok(store_alert_save(s->db, &row, &s->err), &s->err);
    assert_ok(store_alert_list(&s->arena, s->db, &rows, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].subject, "/");
    assert_string_equal(rows[1].health, "missed");
    assert_int_equal(rows[1].since, 90);
    assert_int_equal(rows[1].told_at, 110);
    assert_ok(store_alert_delete(s->db, "web1", &s->err), &s->err);
    assert_ok(store_alert_delete(s->db, "web1", &s->err), &s->err);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM alert_state"), 1);
}

static struct outbox_row add(struct scratch *s, const char *recipient, int64_t due)
{
    struct outbox_row row = {.channel = recipient == NULL ? "webhook" : "mail",
                             .recipient = recipient,
                             .subject = "a",
                             .body = "b",
                             .created_at = 100,
                             .next_try_at = due};

    assert_ok(store_outbox_add(s->db, &row, &s->err), &s->err);
    return row;
}

static size_t due(struct scratch *s, int64_t now, struct outbox_row **rows)
{
    size_t count;

    assert_ok(store_outbox_list(&s->arena, s->db, now, 10, rows, &count, &s->err), &s->err);
    return count;
}

static void a_message_is_taken_once(void **state)
{
    struct scratch *s = *state;
    struct outbox_row *rows;

    add(s, "a@b", 100);
    add(s, NULL, 200);
    assert_int_equal(due(s, 99, &rows), 0);
    assert_int_equal(due(s, 0, &rows), 2);
    assert_int_equal(due(s, 100, &rows), 1);
    assert_int_equal(store_outbox_take(s->db, &rows[0], 220, &s->err), 1);
    assert_int_equal(store_outbox_take(s->db, &rows[0], 220, &s->err), 0);
    assert_int_equal(due(s, 219, &rows), 1);
    assert_null(rows[0].recipient);
    assert_int_equal(due(s, 220, &rows), 2);
    assert_int_equal(rows[0].tries, 1);
}

static void failures_wait_and_can_be_hurried(void **state)
{
    struct scratch *s = *state;
    struct outbox_row *rows;

    add(s, "a@b", 100);
    add(s, "c@d", 100);
    add(s, NULL, 100);
    assert_int_equal(due(s, 100, &rows), 3);
    assert_int_equal(store_outbox_take(s->db, &rows[0], 220, &s->err), 1);
    assert_ok(store_outbox_fail(s->db, rows[0].id, "down", 160, &s->err), &s->err);
    assert_ok(store_outbox_postpone(s->db, "mail", "down", 160, &s->err), &s->err);
    assert_int_equal(due(s, 159, &rows), 1);
    assert_string_equal(rows[0].channel, "webhook");
    assert_int_equal(store_outbox_take(s->db, &rows[0], 220, &s->err), 1);
    assert_int_equal(due(s, 160, &rows), 2);
    assert_string_equal(rows[1].last_error, "down");
    assert_int_equal(rows[1].tries, 0);
    /* What is being tried stays with whoever took it. */
    assert_ok(store_outbox_hurry(s->db, 110, &s->err), &s->err);
    assert_int_equal(due(s, 110, &rows), 2);
    assert_ok(store_outbox_end(s->db, &rows[0], 300, NULL, &s->err), &s->err);
    assert_int_equal(due(s, 0, &rows), 2);
}

static void what_became_of_messages_is_kept_for_a_while(void **state)
{
    struct scratch *s = *state;
    struct delivery_row *ended;
    struct outbox_row *rows;
    size_t count;

    add(s, "a@b", 100);
    add(s, NULL, 100);
    assert_int_equal(due(s, 0, &rows), 2);
    assert_int_equal(store_outbox_take(s->db, &rows[0], 220, &s->err), 1);
    assert_ok(store_outbox_end(s->db, &rows[0], 300, NULL, &s->err), &s->err);
    assert_ok(store_outbox_end(s->db, &rows[1], 310, "nobody is there", &s->err), &s->err);
    assert_int_equal(due(s, 0, &rows), 0);
    assert_ok(store_delivery_list(&s->arena, s->db, 10, &ended, &count, &s->err), &s->err);
    assert_int_equal(count, 2);
    assert_string_equal(ended[0].error, "nobody is there");
    assert_false(ended[0].delivered);
    assert_null(ended[0].recipient);
    assert_string_equal(ended[1].recipient, "a@b");
    assert_true(ended[1].delivered);
    assert_int_equal(ended[1].at, 300);
    assert_int_equal(ended[1].tries, 1);
    assert_null(ended[1].error);
    /* The oldest ones go. */
    for (int i = 0; i < 1000; i++) {
        add(s, "a@b", 100);
        assert_int_equal(due(s, 0, &rows), 1);
        assert_ok(store_outbox_end(s->db, &rows[0], 400, NULL, &s->err), &s->err);
    }
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM alert_delivery"), 1000);
    assert_int_equal(scratch_int(s, "SELECT count(*) FROM alert_delivery WHERE at < 400"), 0);
}

static void repetitions_hold_their_host(void **state)
{
    struct scratch *s = *state;
    struct host host = rows_host(s, "web1"), other = rows_host(s, "web2");
    struct run failed = rows_backup(&host, 100), retry = rows_backup(&host, 200);
    int64_t *hosts, id;
    size_t count;

    assert_ok(store_run_insert(s->db, &failed, &failed.id, &s->err), &s->err);
    failed.state = RUN_FAILED;
    failed.cause = CAUSE_TIMEOUT;
    failed.ended_at = 110;
    assert_ok(store_run_finish(s->db, &failed, &s->err), &s->err);
    retry.state = RUN_QUEUED;
    retry.started_at = 0;
    retry.due_at = 300;
    retry.retry_of = failed.id;
    assert_ok(store_run_insert(s->db, &retry, &id, &s->err), &s->err);
    retry.host_id = other.id;
    retry.retry_of = 0;
    assert_ok(store_run_insert(s->db, &retry, &id, &s->err), &s->err);
    assert_ok(store_alert_retries(&s->arena, s->db, 300, &hosts, &count, &s->err), &s->err);
    assert_int_equal(count, 1);
    assert_int_equal(hosts[0], host.id);
    assert_ok(store_alert_retries(&s->arena, s->db, 301, &hosts, &count, &s->err), &s->err);
    assert_int_equal(count, 0);
}

static void whom_to_tell_comes_back(void **state)
{
    struct scratch *s = *state;
    struct notification written, read;

    assert_ok(store_notification_load(&s->arena, s->db, &read, &s->err), &s->err);
    assert_int_equal(read.set, 0);
    notification_init(&s->arena, &written);
    for (size_t i = 0; i < notification_fields.count; i++) {
        const struct field *field = &notification_fields.fields[i];
        const char *text = field->type == FIELD_INT ? "2525"
                           : field->rule(field->fallback == NULL ? "/a" : field->fallback, &s->err) == 0
                               ? (field->fallback == NULL ? "/a" : field->fallback)
                           : field->rule("a@b.example", &s->err) == 0        ? "a@b.example"
                           : field->rule("https://a.example/", &s->err) == 0 ? "https://a.example/"
                                                                             : "tls";

        assert_ok(notification_set(&s->arena, &written, field, text, &s->err), &s->err);
    }
    assert_ok(store_notification_save(s->db, &written, &s->err), &s->err);
    assert_ok(store_notification_load(&s->arena, s->db, &read, &s->err), &s->err);
    assert_int_equal(read.set, ((uint64_t)1 << notification_fields.count) - 1);
    for (size_t i = 0; i < notification_fields.count; i++)
        assert_string_equal(field_text(&s->arena, &notification_fields.fields[i], &read),
                            field_text(&s->arena, &notification_fields.fields[i], &written));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_told_is_replaced_and_forgotten, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_message_is_taken_once, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_became_of_messages_is_kept_for_a_while, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(failures_wait_and_can_be_hurried, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(repetitions_hold_their_host, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(whom_to_tell_comes_back, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
