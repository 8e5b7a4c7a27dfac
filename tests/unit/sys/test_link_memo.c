/* What is known of the names of a file that is removed under all of them. */
#include "scratch.h"

#include "sys/fs.h"
#include "sys/fs_remove_pool.h"
#include "sys/link_memo.h"

static void the_last_name_is_never_answered_for(void **state)
{
    struct link_memo *memo = link_memo_new();

    (void)state;
    assert_false(link_memo_drop(memo, 7));
    link_memo_note(memo, 7, 3);
    assert_true(link_memo_drop(memo, 7));
    assert_true(link_memo_drop(memo, 7));
    assert_false(link_memo_drop(memo, 7));
    link_memo_note(memo, 8, 1);
    assert_false(link_memo_drop(memo, 8));
    link_memo_free(memo);
}

static void numbers_that_share_a_place_are_told_apart(void **state)
{
    struct link_memo *memo = link_memo_new();

    (void)state;
    for (uint64_t high = 1; high != 0; high <<= 1) {
        link_memo_note(memo, 5, 9);
        assert_false(link_memo_drop(memo, 5 ^ high));
    }
    link_memo_note(memo, UINT64_MAX, 9);
    assert_false(link_memo_drop(memo, UINT64_MAX));
    link_memo_note(memo, 5, UINT64_MAX);
    assert_true(link_memo_drop(memo, 5));
    assert_false(link_memo_drop(NULL, 5));
    link_memo_note(NULL, 5, 9);
    link_memo_free(memo);
}

/* Three trees share a file with each other, and one with somebody who stays. */
static void what_is_freed_counts_once(void **state)
{
    struct scratch *s = *state;
    struct fs_doomed trees[] = {
        {.dirfd = s->fd, .name = "a"}, {.dirfd = s->fd, .name = "b"}, {.dirfd = s->fd, .name = "c"}};
    struct stat file, folder;
    int64_t freed = 0;

    for (int i = 0; i < 3; i++)
        make_dir(s->fd, trees[i].name);
    write_text(s->fd, "a/shared", "x");
    write_text(s->fd, "a/kept", "x");
    write_text(s->fd, "kept", "x");
    assert_int_equal(unlinkat(s->fd, "a/kept", 0), 0);
    for (int i = 0; i < 3; i++) {
        FD_SCOPED fd = openat(s->fd, trees[i].name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_true(fd >= 0);
        if (i > 0)
            assert_int_equal(linkat(s->fd, "a/shared", fd, "shared", 0), 0);
        assert_int_equal(linkat(s->fd, "kept", fd, "kept", 0), 0);
    }
    assert_int_equal(fstatat(s->fd, "kept", &file, 0), 0);
    assert_int_equal(fstatat(s->fd, "a", &folder, 0), 0);
    assert_ok(fs_remove_pool(trees, 3, 1, &s->err), &s->err);
    for (int i = 0; i < 3; i++)
        freed += trees[i].freed;
    assert_int_equal(freed, 512 * (file.st_blocks + 3 * folder.st_blocks));
    assert_true(exists(s->fd, "kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_name_is_never_answered_for),
        cmocka_unit_test(numbers_that_share_a_place_are_told_apart),
        cmocka_unit_test_setup_teardown(what_is_freed_counts_once, scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
