/* Which trees of other tools are taken, under which name and time, and why others stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/adoption.h"

#define NOW 1800000000 /* 2027-01-15 */

static struct adoption_entry entry(struct arena *arena, const char *name, int64_t modified,
                                   const char *inside, const char *summary)
{
    struct adoption_entry made = {
        .name = name, .is_directory = inside != NULL, .modified = modified, .summary = summary};

    if (inside != NULL)
        list_add_lines(arena, &made.inside, inside);
    return made;
}

static struct adoption plan(struct arena *arena, enum adoption_tool tool,
                            const struct adoption_entry *entries, size_t count)
{
    struct adoption_facts facts = {.tool = tool,
                                   .path = "/backups/old",
                                   .host = "web1",
                                   .entries = entries,
                                   .count = count,
                                   .zone = &zone_universal,
                                   .now = NOW};

    return adoption_plan(arena, &facts);
}

static void assert_item(const struct adoption *adoption, size_t index, const char *source, const char *begin,
                        const char *reason)
{
    const struct adoption_item *item = &adoption->items[index];

    assert_true(index < adoption->count);
    assert_string_equal(item->source, source);
    if (reason == NULL) {
        if (item->reason != NULL)
            fail_msg("%s stays: %s", source, item->reason);
        assert_true(snapshot_name_is_ours(item->name));
        assert_int_equal(strncmp(item->name, begin, strlen(begin)), 0);
        assert_true(index < adoption->taken);
    } else {
        assert_non_null(item->reason);
        if (strstr(item->reason, reason) == NULL)
            fail_msg("%s: %s", source, item->reason);
        assert_true(index >= adoption->taken);
    }
}

static void rsnapshot_intervals_are_dated_by_their_directories(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct adoption_entry entries[] = {
        entry(&arena, "daily.0", 1767233700, "localhost", NULL),
        entry(&arena, "weekly.1", 1766000000, "localhost", NULL),
        entry(&arena, "alpha.10", 1767320100, "localhost", NULL),
        entry(&arena, "daily.1", 1767147300, "", NULL),
        entry(&arena, "daily.2", NOW + 10, "localhost", NULL),
        entry(&arena, "_delete.123", 1767147300, "localhost", NULL),
        entry(&arena, "lost+found", 1767147300, "", NULL),
        entry(&arena, "rsnapshot.log", 0, NULL, NULL),
    };
    struct adoption adoption = plan(&arena, ADOPT_RSNAPSHOT, entries, 8);

    (void)state;
    assert_int_equal(adoption.count, 8);
    assert_int_equal(adoption.taken, 3);
    assert_item(&adoption, 0, "weekly.1/localhost", "20251217-193320Z__", NULL);
    assert_item(&adoption, 1, "daily.0/localhost", "20260101-021500Z__", NULL);
    assert_item(&adoption, 2, "alpha.10/localhost", "20260102-021500Z__", NULL);
    assert_item(&adoption, 3, "_delete.123", NULL, "interval");
    assert_item(&adoption, 4, "daily.1", NULL, "no backup point");
    assert_item(&adoption, 5, "daily.2/localhost", NULL, "future");
    assert_item(&adoption, 6, "lost+found", NULL, "interval");
    assert_item(&adoption, 7, "rsnapshot.log", NULL, "not a directory");
}

static void one_backup_point_is_chosen_for_all_intervals(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct adoption_entry named[] = {
        entry(&arena, "daily.0", 1767233700, "db1\nweb1", NULL),
        entry(&arena, "daily.1", 1767147300, "db1", NULL),
        entry(&arena, "daily.2", 1767060900, "web1", NULL),
    };
    const struct adoption_entry foreign[] = {
        entry(&arena, "daily.0", 1767233700, "etc\nhome", NULL),
        entry(&arena, "daily.1", 1767147300, "etc", NULL),
    };
    struct adoption adoption = plan(&arena, ADOPT_RSNAPSHOT, named, 3);

    (void)state;
    assert_item(&adoption, 0, "daily.2/web1", "20251230-021500Z__", NULL);
    assert_item(&adoption, 1, "daily.0/web1", "20260101-021500Z__", NULL);
    assert_item(&adoption, 2, "daily.1", NULL, "has no backup point \"web1\"");
    adoption = plan(&arena, ADOPT_RSNAPSHOT, foreign, 2);
    assert_item(&adoption, 0, "daily.1", "20251231-021500Z__", NULL);
    assert_item(&adoption, 1, "daily.0", "20260101-021500Z__", NULL);
}

/* Two hosts shared the intervals; the first attempt for web1 was interrupted after daily.1. */
static void what_was_taken_before_keeps_its_neighbour_from_being_taken_for_it(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct adoption_entry entries[] = {
        entry(&arena, "daily.1", 1767147300, "db1", NULL),
        entry(&arena, "daily.0", 1767233700, "db1", NULL),
    };
    struct adoption_facts facts = {.tool = ADOPT_RSNAPSHOT,
                                   .path = "/backups/old",
                                   .host = "web1",
                                   .entries = entries,
                                   .count = 2,
                                   .zone = &zone_universal,
                                   .now = NOW};
    struct adoption adoption = adoption_plan(&arena, &facts);

    (void)state;
    assert_int_equal(adoption.taken, 2);
    list_add(&arena, &facts.before, "/backups/older/daily.1/db1");
    list_add(&arena, &facts.before, "/backups/old/daily.1/web1");
    adoption = adoption_plan(&arena, &facts);
    assert_int_equal(adoption.taken, 0);
    assert_item(&adoption, 0, "daily.0", NULL, "has no backup point \"web1\"");
    facts.before = (struct list){0};
    list_add(&arena, &facts.before, "/backups/old/daily.2");
    adoption = adoption_plan(&arena, &facts);
    assert_item(&adoption, 0, "daily.1", "20251231-021500Z__", NULL);
}

static void dirvish_images_are_dated_by_their_summary(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct adoption_entry entries[] = {
        entry(
            &arena, "a", 1, "tree",
            "Image: a\nImage-now: 2026-01-01 02:15:00\nBackup-complete: 2026-01-01 02:20:00\nStatus: success\n"),
        entry(&arena, "b", 1, "tree",
              "Backup-begin: 2025-12-31 02:15:00\nBackup-complete: 2025-12-31 02:20:00\nStatus: success\n"),
        entry(&arena, "c", 1, "tree", "Image-now: 2026-01-01 02:15:00\nStatus: success\n"),
        entry(&arena, "d", 1, "tree",
              "Image-now: 2026-01-01 02:15:00\nBackup-complete: x\nStatus: fatal error (12) -- x\n"),
        entry(&arena, "e", 1, "tree", NULL),
        entry(&arena, "f", 1, "tree",
              "Image-now: 2026-02-30 02:15:00\nBackup-complete: x\nStatus: success\n"),
        entry(&arena, "g", 1, "", "Status: success\n"),
        entry(&arena, "h", 1, "tree", "Image-now: 2026-1-1\nBackup-complete: x\nStatus: success"),
    };
    struct adoption adoption = plan(&arena, ADOPT_DIRVISH, entries, 8);

    (void)state;
    assert_int_equal(adoption.taken, 2);
    assert_item(&adoption, 0, "b/tree", "20251231-021500Z__", NULL);
    assert_item(&adoption, 1, "a/tree", "20260101-021500Z__", NULL);
    assert_item(&adoption, 2, "c/tree", NULL, "Backup-complete");
    assert_item(&adoption, 3, "d/tree", NULL, "Status: fatal error");
    assert_item(&adoption, 4, "e", NULL, "summary");
    assert_item(&adoption, 5, "f/tree", NULL, "time");
    assert_item(&adoption, 6, "g", NULL, "tree/");
    assert_item(&adoption, 7, "h/tree", NULL, "time");
}

static void back_in_time_is_dated_by_the_name(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct adoption_entry entries[] = {
        entry(&arena, "20260101-021500-123", 1, "backup", NULL),
        entry(&arena, "20260102-021500-123", 1, "backup\nfailed", NULL),
        entry(&arena, "new_snapshot", 1, "backup", NULL),
        entry(&arena, "last_snapshot", 1, NULL, NULL),
        entry(&arena, "20260103-021500-123", 1, "", NULL),
        entry(&arena, "20260132-021500-123", 1, "backup", NULL),
        entry(&arena, "20260104-0215", 1, "backup", NULL),
    };
    struct adoption adoption = plan(&arena, ADOPT_BACKINTIME, entries, 7);

    (void)state;
    assert_int_equal(adoption.taken, 2);
    assert_item(&adoption, 0, "20260101-021500-123/backup", "20260101-021500Z__", NULL);
    assert_int_equal(adoption.items[0].status, SNAPSHOT_SUCCESS);
    assert_item(&adoption, 1, "20260102-021500-123/backup", "20260102-021500Z__", NULL);
    assert_int_equal(adoption.items[1].status, SNAPSHOT_PARTIAL);
    for (size_t i = 2; i < 7; i++)
        assert_non_null(adoption.items[i].reason);
}

static void the_same_origin_has_the_same_name_and_another_one_another(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct adoption_entry entries[] = {
        entry(&arena, "daily.0", 1767233700, "web1", NULL),
        entry(&arena, "daily.1", 1767233700, "web1", NULL),
    };
    struct adoption one = plan(&arena, ADOPT_RSNAPSHOT, entries, 2);
    struct adoption two = plan(&arena, ADOPT_RSNAPSHOT, entries, 2);

    (void)state;
    assert_string_equal(one.items[0].name, two.items[0].name);
    assert_string_not_equal(one.items[0].name, one.items[1].name);
}

static void tools_have_names(void **state)
{
    (void)state;
    for (enum adoption_tool tool = 0; tool < ADOPTION_TOOL__MAX; tool++)
        assert_int_equal(adoption_tool_parse(adoption_tool_name(tool)), tool);
    assert_int_equal(adoption_tool_parse("tar"), ADOPTION_TOOL__MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsnapshot_intervals_are_dated_by_their_directories),
        cmocka_unit_test(one_backup_point_is_chosen_for_all_intervals),
        cmocka_unit_test(what_was_taken_before_keeps_its_neighbour_from_being_taken_for_it),
        cmocka_unit_test(dirvish_images_are_dated_by_their_summary),
        cmocka_unit_test(back_in_time_is_dated_by_the_name),
        cmocka_unit_test(the_same_origin_has_the_same_name_and_another_one_another),
        cmocka_unit_test(tools_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
