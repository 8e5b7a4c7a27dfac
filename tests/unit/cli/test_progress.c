/* The progress line: what it may claim, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/progress.h"
#include "service/backup_progress.h"

static const char *text(struct arena *arena, const struct backup_progress *progress)
{
    return progress_text(arena, "web1", progress);
}

static void a_complete_list_has_share_and_eta(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_progress rsync = {.bytes_per_second = 48 << 20,
                                   .files_total = 1000,
                                   .files_left = 750,
                                   .list_complete = true,
                                   .percent = 99};
    struct backup_progress progress = {
        .phase = PHASE_TRANSFER, .rsync = &rsync, .elapsed_ms = 120000, .usual_seconds = 720};
    const char *expected =
        arena_printf(&arena, "web1  %s  25%%  48 MiB/s  250/1000 files  ETA 6 min (usually 12 min)",
                     backup_phase_name(PHASE_TRANSFER));

    (void)state;
    assert_string_equal(text(&arena, &progress), expected);
}

static void an_incomplete_list_claims_nothing(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_progress rsync = {
        .bytes_per_second = 1 << 20, .files_total = 1000, .files_left = 750, .percent = 99};
    struct backup_progress progress = {
        .phase = PHASE_TRANSFER, .rsync = &rsync, .elapsed_ms = 120000, .usual_seconds = -1};
    const char *line = text(&arena, &progress);

    (void)state;
    assert_non_null(strstr(line, "1 MiB/s  250 files so far, list not complete"));
    assert_null(strchr(line, '%'));
    assert_null(strstr(line, "ETA"));
    assert_null(strstr(line, "usually"));
}

static void a_table_has_little_room(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_progress rsync = {
        .bytes_per_second = 48 << 20, .files_total = 1000, .files_left = 750, .list_complete = true};
    struct backup_progress progress = {
        .phase = PHASE_TRANSFER, .rsync = &rsync, .elapsed_ms = 120000, .usual_seconds = 720};
    json_t *document = backup_progress_document(&progress), *nothing = json_null();

    (void)state;
    assert_string_equal(progress_cell(&arena, document), "transferring  25%  48 MiB/s  ETA 6 min");
    assert_null(progress_cell(&arena, nothing));
    json_decref(document);
}

static void the_name_of_a_file_that_arrives(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_string_equal(backup_progress_path(&arena, "etc/.passwd.aB3xYz"), "etc/passwd");
    assert_string_equal(backup_progress_path(&arena, ".x.aB3xYz"), "x");
    assert_string_equal(backup_progress_path(&arena, "..hidden.aB3xYz"), ".hidden");
    assert_string_equal(backup_progress_path(&arena, "etc/passwd"), "etc/passwd");
    assert_string_equal(backup_progress_path(&arena, ".a.b"), ".a.b");
    assert_string_equal(backup_progress_path(&arena, "etc/"), "etc/");
}

static void nothing_seen_yet_has_no_eta(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_progress rsync = {.list_complete = true};
    struct backup_progress progress = {.phase = PHASE_TRANSFER, .rsync = &rsync, .usual_seconds = -1};

    (void)state;
    assert_null(strstr(text(&arena, &progress), "ETA"));
    assert_null(strchr(text(&arena, &progress), '%'));
    progress.rsync = NULL;
    assert_string_equal(text(&arena, &progress),
                        arena_printf(&arena, "web1  %s", backup_phase_name(PHASE_TRANSFER)));
}

static void other_phases_show_what_is_usual(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_progress rsync = {.files_total = 10, .list_complete = true};
    struct backup_progress progress = {.phase = PHASE_SCAN, .rsync = &rsync, .usual_seconds = 90};

    (void)state;
    assert_string_equal(text(&arena, &progress), arena_printf(&arena, "web1  %s  (usually 1 min 30 s)",
                                                              backup_phase_name(PHASE_SCAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_list_has_share_and_eta),
        cmocka_unit_test(an_incomplete_list_claims_nothing),
        cmocka_unit_test(nothing_seen_yet_has_no_eta),
        cmocka_unit_test(a_table_has_little_room),
        cmocka_unit_test(the_name_of_a_file_that_arrives),
        cmocka_unit_test(other_phases_show_what_is_usual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
