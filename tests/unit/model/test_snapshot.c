/* Snapshots and backup roots: names, and what makes a snapshot good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/root.h"
#include "model/snapshot.h"

static void names_go_both_ways(void **state)
{
    (void)state;
    for (enum snapshot_kind kind = KIND_SCHEDULED; kind < KIND__MAX; kind++)
        assert_int_equal(snapshot_kind_parse(snapshot_kind_name(kind)), kind);
    for (enum snapshot_status status = SNAPSHOT_SUCCESS; status < SNAPSHOT__MAX; status++)
        assert_int_equal(snapshot_status_parse(snapshot_status_name(status)), status);
    assert_int_equal(snapshot_kind_parse("Manual"), KIND__MAX);
    assert_int_equal(snapshot_kind_parse(NULL), KIND__MAX);
    assert_int_equal(snapshot_status_parse(NULL), SNAPSHOT_UNKNOWN);
    assert_int_equal(snapshot_status_parse(""), SNAPSHOT__MAX);
    assert_null(snapshot_status_name(SNAPSHOT_UNKNOWN));
    assert_null(snapshot_status_name(SNAPSHOT__MAX));
    assert_string_equal(snapshot_kind_directory(KIND_SCHEDULED), "scheduled");
    assert_string_equal(snapshot_kind_directory(KIND_INCOMPLETE), ".incomplete");
    assert_null(snapshot_kind_directory(KIND__MAX));
    assert_string_equal(root_state_name(ROOT_OK), "ok");
    assert_string_equal(root_state_name(ROOT_NOT_MOUNTED), "root_not_mounted");
    assert_string_equal(root_state_name(ROOT_STATE__MAX), "unknown");
}

/* Each condition for itself: one that fails is enough. */
static void good_needs_every_condition(void **state)
{
    const struct snapshot good = {.kind = KIND_SCHEDULED, .status = SNAPSHOT_SUCCESS, .confirmed = true};
    struct snapshot one = good;

    (void)state;
    assert_true(snapshot_is_good(&one));
    one.kind = KIND_MANUAL;
    assert_true(snapshot_is_good(&one));
    one.kind = KIND_INCOMPLETE;
    assert_false(snapshot_is_good(&one));
    one = good;
    for (enum snapshot_status status = SNAPSHOT_UNKNOWN; status < SNAPSHOT__MAX; status++) {
        one.status = status;
        assert_int_equal(snapshot_is_good(&one), status == SNAPSHOT_SUCCESS || status == SNAPSHOT_WARNING);
    }
    one = good;
    one.held_reason = "";
    assert_false(snapshot_is_good(&one));
    one = good;
    one.confirmed = false;
    assert_false(snapshot_is_good(&one));
    one = good;
    one.missing_since = 1;
    assert_false(snapshot_is_good(&one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(good_needs_every_condition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
