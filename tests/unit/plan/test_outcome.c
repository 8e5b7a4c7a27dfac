/* What a run comes to: facts in, state, cause and message out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/outcome.h"

static const struct snapshot last_good = {
    .name = "20261121-210005Z__00000001", .files = 1000, .bytes = 1000000};

/* A run that went well, so that each row below changes only what it is about. */
static struct outcome_facts good_run(void)
{
    return (struct outcome_facts){
        .end = RSYNC_EXITED,
        .scanned = true,
        .stats = {.files = 1000, .directories = 50, .bytes = 1000000, .linked_files = 990, .copied_same = 0},
        .had_base = true,
        .last_good = &last_good,
        .max_runtime_seconds = 86400,
        .timeout_seconds = 300,
    };
}

static struct outcome outcome_of(struct arena *arena, const struct outcome_facts *facts)
{
    struct outcome outcome = outcome_plan(arena, facts);

    /* What holds for every outcome. */
    assert_true(run_may_become(RUN_RUNNING, outcome.state));
    assert_int_equal(outcome.publish, outcome.state == RUN_SUCCESS || outcome.state == RUN_WARNING ||
                                          outcome.state == RUN_PARTIAL);
    if (outcome.publish)
        assert_int_equal(outcome.status, outcome.state == RUN_SUCCESS   ? SNAPSHOT_SUCCESS
                                         : outcome.state == RUN_WARNING ? SNAPSHOT_WARNING
                                                                        : SNAPSHOT_PARTIAL);
    else
        assert_null(outcome.held_reason);
    assert_true(outcome.state != RUN_FAILED || outcome.cause != CAUSE_NONE);
    assert_int_equal(outcome.message == NULL, outcome.state == RUN_SUCCESS);
    return outcome;
}

/* Failures: exit status and signs give the cause, and with it the exit status of the command that waited. */
static void failures_have_their_causes(void **state)
{
    static const struct {
        int exit_status;
        unsigned signs;
        bool inodes_gone;
        enum cause cause;
        int command_exit;
    } rows[] = {
        {1, 0, false, CAUSE_CONFIG, 2},
        {2, 0, false, CAUSE_PROTOCOL, 1},
        {2, SIGN_NOT_CLEAN, false, CAUSE_PROTOCOL, 1},
        {3, 0, false, CAUSE_IO_ERROR, 1},
        {3, SIGN_SOURCE_MISSING, false, CAUSE_SOURCE_MISSING, 1},
        {4, 0, false, CAUSE_PROTOCOL, 1},
        {5, 0, false, CAUSE_PROTOCOL, 1},
        {10, 0, false, CAUSE_HOST_UNREACHABLE, 9},
        {11, 0, false, CAUSE_IO_ERROR, 1},
        {11, SIGN_NO_SPACE, false, CAUSE_NO_SPACE, 8},
        {11, SIGN_NO_SPACE, true, CAUSE_NO_INODES, 8},
        {11, 0, true, CAUSE_NO_INODES, 8},
        {11, SIGN_TOO_MANY_LINKS, false, CAUSE_IO_ERROR, 1},
        {11, SIGN_AUTH, false, CAUSE_IO_ERROR, 1}, /* forged: says nothing about files */
        {12, 0, false, CAUSE_PROTOCOL, 1},
        {12, SIGN_NO_SPACE, false, CAUSE_NO_SPACE, 8},
        {12, SIGN_NO_RSYNC, false, CAUSE_PROTOCOL, 1},
        {12, SIGN_NOT_CLEAN, false, CAUSE_PROTOCOL, 1},
        {12, SIGN_REFUSED_BY_RRSYNC, false, CAUSE_CONFIG, 2},
        {12, SIGN_UNREACHABLE, false, CAUSE_HOST_UNREACHABLE, 9},
        {12, SIGN_OUT_OF_MEMORY, false, CAUSE_OUT_OF_MEMORY, 1},
        {12, SIGN_NO_SPACE | SIGN_UNREACHABLE, false, CAUSE_NO_SPACE, 8},
        {13, 0, false, CAUSE_INTERNAL, 1},
        {14, 0, false, CAUSE_INTERNAL, 1},
        {14, SIGN_OUT_OF_MEMORY, false, CAUSE_OUT_OF_MEMORY, 1},
        {15, 0, false, CAUSE_KILLED, 1},
        {16, 0, false, CAUSE_KILLED, 1},
        {19, 0, false, CAUSE_KILLED, 1},
        {21, 0, false, CAUSE_INTERNAL, 1},
        {22, 0, false, CAUSE_OUT_OF_MEMORY, 1},
        {22, SIGN_UNREACHABLE, false, CAUSE_OUT_OF_MEMORY, 1},
        {30, 0, false, CAUSE_TIMEOUT, 1},
        {35, 0, false, CAUSE_TIMEOUT, 1},
        {126, 0, false, CAUSE_PROTOCOL, 1},
        {127, 0, false, CAUSE_PROTOCOL, 1},
        {255, 0, false, CAUSE_HOST_UNREACHABLE, 9},
        {255, SIGN_UNREACHABLE, false, CAUSE_HOST_UNREACHABLE, 9},
        {255, SIGN_AUTH, false, CAUSE_AUTH_FAILED, 9},
        {255, SIGN_HOST_KEY, false, CAUSE_HOST_KEY_CHANGED, 9},
        {255, SIGN_HOST_KEY | SIGN_AUTH | SIGN_UNREACHABLE, false, CAUSE_HOST_KEY_CHANGED, 9},
        {99, 0, false, CAUSE_INTERNAL, 1},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome_facts facts = good_run();
        struct outcome outcome;

        facts.exit_status = rows[i].exit_status;
        facts.signs = rows[i].signs;
        facts.room_inodes_gone = rows[i].inodes_gone;
        facts.first_error = "ssh: said this";
        outcome = outcome_of(&arena, &facts);
        if (outcome.state != RUN_FAILED || outcome.cause != rows[i].cause)
            fail_msg("exit %d, signs %x: %s, %s", facts.exit_status, facts.signs,
                     run_state_name(outcome.state), cause_name(outcome.cause));
        assert_int_equal(err_exit_status(cause_error(outcome.cause)), rows[i].command_exit);
        assert_non_null(strstr(outcome.message, ": ssh: said this"));
    }
}

/* Whatever rsync's text says, no status but 0, 23 and 24 makes a snapshot, and 0 without a scan makes none. */
static void text_never_makes_a_snapshot(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (int status = 0; status < 256; status++) {
        for (unsigned bit = 0; bit <= 12; bit++) {
            struct outcome_facts facts = good_run();
            struct outcome outcome;

            facts.exit_status = status;
            facts.signs = bit == 12 ? 0xFFF : 1U << bit;
            outcome = outcome_of(&arena, &facts);
            if (status != 0 && status != 23 && status != 24)
                assert_false(outcome.publish);
            if (status == 0)
                assert_int_equal(outcome.state, RUN_SUCCESS);
            facts.scanned = false;
            assert_false(outcome_of(&arena, &facts).publish);
        }
    }
}

static void other_ends(void **state)
{
    static const struct {
        enum rsync_end end;
        enum run_state state;
        enum cause cause;
        const char *message;
    } rows[] = {
        {RSYNC_KILLED, RUN_FAILED, CAUSE_KILLED, "rsync was killed by signal 9"},
        {RSYNC_TOO_LONG, RUN_FAILED, CAUSE_TOO_LONG,
         "the run was stopped after 1 d, the longest it may take"},
        {RSYNC_SILENT, RUN_FAILED, CAUSE_TIMEOUT, "the host sent nothing for 5 min"},
        {RSYNC_NO_SPACE, RUN_FAILED, CAUSE_NO_SPACE,
         "the run was stopped: the backup root has less space left than it must keep"},
        {RSYNC_NO_INODES, RUN_FAILED, CAUSE_NO_INODES,
         "the run was stopped: the backup root has fewer inodes left than it must keep"},
        {RSYNC_CANCELLED, RUN_CANCELLED, CAUSE_NONE, "the run was cancelled"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct outcome_facts facts = good_run();

    (void)state;
    facts.signal = 9;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome outcome;

        facts.end = rows[i].end;
        outcome = outcome_of(&arena, &facts);
        assert_int_equal(outcome.state, rows[i].state);
        assert_int_equal(outcome.cause, rows[i].cause);
        assert_string_equal(outcome.message, rows[i].message);
    }
    facts.end = RSYNC_EXITED;
    facts.exit_status = 20;
    assert_int_equal(outcome_of(&arena, &facts).state, RUN_FAILED);
    assert_int_equal(outcome_of(&arena, &facts).cause, CAUSE_KILLED);
}

static void plain_ends_with_a_tree(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct outcome_facts facts = good_run();
    struct outcome outcome = outcome_of(&arena, &facts);

    (void)state;
    assert_int_equal(outcome.state, RUN_SUCCESS);
    assert_int_equal(outcome.cause, CAUSE_NONE);
    assert_null(outcome.held_reason);
    facts.exit_status = 24;
    outcome = outcome_of(&arena, &facts);
    assert_int_equal(outcome.state, RUN_WARNING);
    assert_int_equal(outcome.cause, CAUSE_NONE);
    assert_non_null(strstr(outcome.message, "vanished"));
    facts.scanned = false;
    outcome = outcome_of(&arena, &facts);
    assert_int_equal(outcome.state, RUN_FAILED);
    assert_int_equal(outcome.cause, CAUSE_IO_ERROR);
    /* A listing, where nothing is scanned, is judged by the signs. */
    facts.exit_status = 23;
    facts.signs = SIGN_SOURCE_MISSING;
    assert_int_equal(outcome_of(&arena, &facts).cause, CAUSE_SOURCE_MISSING);
}

static void partial_lists_what_is_missing(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct outcome_facts facts = good_run();
    struct outcome outcome;

    (void)state;
    facts.exit_status = 23;
    facts.stats.failed_paths = 3;
    facts.first_error = "\"/etc/shadow\": Permission denied (13)";
    outcome = outcome_of(&arena, &facts);
    assert_int_equal(outcome.state, RUN_PARTIAL);
    assert_int_equal(outcome.cause, CAUSE_NONE);
    assert_string_equal(outcome.message,
                        "3 paths could not be copied, first: \"/etc/shadow\": Permission denied (13)");
    facts.stats.failed_paths = 1;
    assert_string_equal(outcome_of(&arena, &facts).message,
                        "one path could not be copied: \"/etc/shadow\": Permission denied (13)");
    facts.stats.failed_paths = -1;
    facts.first_error = NULL;
    assert_string_equal(outcome_of(&arena, &facts).message,
                        "some paths could not be copied: see the log of the run");
    facts.signs = SIGN_IO_ERROR;
    assert_int_equal(outcome_of(&arena, &facts).cause, CAUSE_IO_ERROR);
    facts.signs = SIGN_SOURCE_MISSING; /* forged: there is a tree */
    assert_int_equal(outcome_of(&arena, &facts).state, RUN_PARTIAL);
}

static void partial_of_nothing_has_failed(void **state)
{
    static const struct {
        unsigned signs;
        int64_t files, directories;
        bool inodes_gone;
        enum run_state state;
        enum cause cause;
    } rows[] = {
        {SIGN_SOURCE_MISSING, 0, 1, false, RUN_FAILED, CAUSE_SOURCE_MISSING},
        {SIGN_SOURCE_MISSING, 0, 0, false, RUN_FAILED, CAUSE_SOURCE_MISSING},
        {SIGN_SOURCE_DENIED, 0, 1, false, RUN_FAILED, CAUSE_SOURCE_MISSING},
        {0, 0, 1, false, RUN_FAILED, CAUSE_IO_ERROR},
        {SIGN_IO_ERROR, 0, 1, false, RUN_FAILED, CAUSE_IO_ERROR},
        {0, 0, 2, false, RUN_PARTIAL, CAUSE_SOURCE_EMPTY},
        {0, 1000, 50, true, RUN_FAILED, CAUSE_NO_INODES},
        {SIGN_NO_SPACE, 1000, 50, false, RUN_FAILED, CAUSE_NO_SPACE},
        {SIGN_NO_SPACE, 1000, 50, true, RUN_FAILED, CAUSE_NO_INODES},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome_facts facts = good_run();
        struct outcome outcome;

        facts.exit_status = 23;
        facts.signs = rows[i].signs;
        facts.stats.files = rows[i].files;
        facts.stats.directories = rows[i].directories;
        facts.room_inodes_gone = rows[i].inodes_gone;
        outcome = outcome_of(&arena, &facts);
        if (outcome.state != rows[i].state || outcome.cause != rows[i].cause)
            fail_msg("row %zu: %s, %s", i, run_state_name(outcome.state), cause_name(outcome.cause));
    }
}

static void empty_and_shrunk_sources_are_held(void **state)
{
    static const struct {
        int64_t files, bytes;
        int64_t last_files, last_bytes; /* -2: there is no last good one */
        bool allow_empty;
        enum cause cause; /* CAUSE_NONE: not held */
    } rows[] = {
        {1000, 1000000, 1000, 1000000, false, CAUSE_NONE},
        {0, 0, 1000, 1000000, false, CAUSE_SOURCE_EMPTY},
        {0, 0, -2, 0, false, CAUSE_SOURCE_EMPTY}, /* the very first run too */
        {0, 0, 1000, 1000000, true, CAUSE_NONE},
        {1, 1, -2, 0, false, CAUSE_NONE},
        {500, 1000000, 1000, 1000000, false, CAUSE_NONE}, /* exactly half */
        {499, 1000000, 1000, 1000000, false, CAUSE_SOURCE_SHRUNK},
        {1000, 500000, 1000, 1000000, false, CAUSE_NONE},
        {1000, 499999, 1000, 1000000, false, CAUSE_SOURCE_SHRUNK},
        {10, 10, 1000, 1000000, true, CAUSE_SOURCE_SHRUNK}, /* allow_empty is about empty */
        {10, 10, -1, -1, false, CAUSE_NONE},                /* not known */
        {10, 10, 0, 0, false, CAUSE_NONE},
        {10, 0, 10, 1000, false, CAUSE_SOURCE_SHRUNK},
        {-1, -1, 1000, 1000000, false, CAUSE_NONE},
        {1, 1, INT64_MAX, INT64_MAX, false, CAUSE_SOURCE_SHRUNK},
        {INT64_MAX, INT64_MAX, 1, 1, false, CAUSE_NONE},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct snapshot last = {
            .name = "20261121-210005Z__00000001", .files = rows[i].last_files, .bytes = rows[i].last_bytes};
        struct outcome_facts facts = good_run();
        struct outcome outcome;

        facts.stats.files = rows[i].files;
        facts.stats.bytes = rows[i].bytes;
        facts.last_good = rows[i].last_files == -2 ? NULL : &last;
        facts.allow_empty = rows[i].allow_empty;
        outcome = outcome_of(&arena, &facts);
        if (outcome.cause != rows[i].cause)
            fail_msg("row %zu: cause %s", i, cause_name(outcome.cause));
        assert_int_equal(outcome.held_reason != NULL, rows[i].cause != CAUSE_NONE);
        assert_int_equal(outcome.state, rows[i].cause == CAUSE_NONE ? RUN_SUCCESS : RUN_WARNING);
        if (rows[i].cause != CAUSE_NONE)
            assert_int_equal(err_exit_status(cause_error(outcome.cause)), 7);
    }
}

static void held_says_the_numbers(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct outcome_facts facts = good_run();
    struct outcome outcome;

    (void)state;
    facts.stats.files = 3;
    assert_string_equal(outcome_of(&arena, &facts).held_reason,
                        "the source has 3 files, and 20261121-210005Z__00000001 has 1000");
    facts.stats.files = 1000;
    facts.stats.bytes = 2048;
    assert_string_equal(outcome_of(&arena, &facts).held_reason,
                        "the source has 2 KiB, and 20261121-210005Z__00000001 has 976 KiB");
    facts.exit_status = 23;
    facts.stats.failed_paths = 1;
    facts.first_error = "x";
    outcome = outcome_of(&arena, &facts);
    assert_int_equal(outcome.state, RUN_PARTIAL);
    assert_int_equal(outcome.cause, CAUSE_SOURCE_SHRUNK);
    assert_non_null(outcome.held_reason);
    assert_int_equal(strncmp(outcome.message, "one path could not be copied: x; the source has", 47), 0);
}

/* --link-dest fails open: only our own count sees it (faults.md B7, B12). */
static void a_full_copy_is_told(void **state)
{
    static const struct {
        bool had_base;
        int64_t copied_same, linked;
        unsigned signs;
        const char *no_base_reason;
        const char *told; /* NULL: nothing */
    } rows[] = {
        {true, 0, 990, 0, NULL, NULL},
        {true, 0, 0, 0, NULL, NULL}, /* everything changed */
        {true, 10, 980, 0, NULL, NULL},
        {true, 495, 495, 0, NULL, "495 unchanged files were copied instead of linked"},
        {true, 494, 496, 0, NULL, NULL},
        {true, 990, 0, 0, NULL, "990 unchanged files were copied instead of linked"},
        {false, 990, 0, 0, NULL, NULL}, /* a first run */
        {true, -1, -1, 0, NULL, NULL},
        {true, 1, 989, SIGN_TOO_MANY_LINKS, NULL,
         "1 unchanged files were copied: they have as many hard links"},
        {true, 0, 990, SIGN_TOO_MANY_LINKS, NULL, NULL},
        {false, 0, 0, 0, "no good snapshot lies on this file system",
         "everything was copied anew: no good snapshot"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome_facts facts = good_run();
        struct outcome outcome;

        facts.had_base = rows[i].had_base;
        facts.stats.copied_same = rows[i].copied_same;
        facts.stats.linked_files = rows[i].linked;
        facts.signs = rows[i].signs;
        facts.no_base_reason = rows[i].no_base_reason;
        outcome = outcome_of(&arena, &facts);
        assert_int_equal(outcome.state, rows[i].told == NULL ? RUN_SUCCESS : RUN_WARNING);
        assert_null(outcome.held_reason);
        if (rows[i].told != NULL && strncmp(outcome.message, rows[i].told, strlen(rows[i].told)) != 0)
            fail_msg("row %zu: %s", i, outcome.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_have_their_causes),
        cmocka_unit_test(text_never_makes_a_snapshot),
        cmocka_unit_test(other_ends),
        cmocka_unit_test(plain_ends_with_a_tree),
        cmocka_unit_test(partial_lists_what_is_missing),
        cmocka_unit_test(partial_of_nothing_has_failed),
        cmocka_unit_test(empty_and_shrunk_sources_are_held),
        cmocka_unit_test(held_says_the_numbers),
        cmocka_unit_test(a_full_copy_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
