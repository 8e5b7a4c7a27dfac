/* Removing trees by threads: all of them, and nothing else. */
#include "scratch.h"

#include <signal.h>

#include "sys/fs.h"
#include "sys/fs_remove_pool.h"

/* `width` directories with `width` directories each, and three files in each of those. Gives how many entries. */
static int64_t make_wide(int dirfd, const char *name, int width)
{
    int64_t count = 1;
    char path[200];

    make_dir(dirfd, name);
    for (int i = 0; i < width; i++) {
        snprintf(path, sizeof path, "%s/%d", name, i);
        make_dir(dirfd, path);
        count++;
        for (int j = 0; j < width; j++) {
            snprintf(path, sizeof path, "%s/%d/%d", name, i, j);
            make_dir(dirfd, path);
            count++;
            for (int k = 0; k < 3; k++) {
                snprintf(path, sizeof path, "%s/%d/%d/file%d", name, i, j, k);
                write_text(dirfd, path, "x");
                count++;
            }
        }
    }
    return count;
}

static void all_trees_go_and_each_is_counted(void **state)
{
    struct scratch *s = *state;

    for (unsigned threads = 1; threads <= 4; threads++) {
        struct fs_doomed trees[] = {{.dirfd = s->fd, .name = "a"},
                                    {.dirfd = s->fd, .name = "b"},
                                    {.dirfd = s->fd, .name = "c"},
                                    {.dirfd = s->fd, .name = "none"}};
        int64_t counts[] = {make_wide(s->fd, "a", 12), make_wide(s->fd, "b", 3), make_wide(s->fd, "c", 0), 0};

        write_text(s->fd, "kept", "x");
        assert_ok(fs_remove_pool(trees, 4, threads, &s->err), &s->err);
        for (int i = 0; i < 4; i++) {
            assert_false(exists(s->fd, trees[i].name));
            assert_int_equal(trees[i].removed, counts[i]);
        }
        assert_true(exists(s->fd, "kept"));
        assert_int_equal(unlinkat(s->fd, "kept", 0), 0);
    }
}

static void nothing_is_fine(void **state)
{
    struct scratch *s = *state;

    assert_ok(fs_remove_pool(NULL, 0, 2, &s->err), &s->err);
}

/* What has another name frees nothing. */
static void what_is_freed_is_weighed(void **state)
{
    struct scratch *s = *state;
    struct fs_doomed one = {.dirfd = s->fd, .name = "one"}, two = {.dirfd = s->fd, .name = "two"};
    char text[20000];
    struct stat stat;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    make_dir(s->fd, "one");
    make_dir(s->fd, "two");
    write_text(s->fd, "one/file", text);
    assert_int_equal(linkat(s->fd, "one/file", s->fd, "two/file", 0), 0);
    assert_int_equal(fstatat(s->fd, "one/file", &stat, 0), 0);
    assert_ok(fs_remove_pool(&one, 1, 2, &s->err), &s->err);
    assert_true(one.freed < stat.st_blocks * 512);
    assert_ok(fs_remove_pool(&two, 1, 2, &s->err), &s->err);
    assert_true(two.freed >= stat.st_blocks * 512);
}

/* A chain with many files on each level: pieces are handed over at every depth. */
static void deep_trees_go(void **state)
{
    struct scratch *s = *state;
    struct fs_doomed tree = {.dirfd = s->fd, .name = "deep"};
    int here = dup(s->fd), below;

    for (int level = 0; level < 300; level++) {
        assert_int_equal(mkdirat(here, level == 0 ? "deep" : "d", 0755), 0);
        below = openat(here, level == 0 ? "deep" : "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(below >= 0);
        close(here);
        here = below;
        make_dir(here, "side");
        write_text(here, "side/file", "");
    }
    close(here);
    assert_ok(fs_remove_pool(&tree, 1, 2, &s->err), &s->err);
    assert_int_equal(tree.removed, 900);
    assert_false(exists(s->fd, "deep"));
}

static void remove_as_nobody(void *context)
{
    struct scratch *s = context;
    struct fs_doomed tree = {.dirfd = s->fd, .name = "tree"};

    if (geteuid() == 0)
        child_assert(fchown(s->fd, 65534, 65534) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    child_assert(mkdirat(s->fd, "tree", 0700) == 0);
    child_assert(mkdirat(s->fd, "tree/closed", 0700) == 0);
    child_assert(mkdirat(s->fd, "tree/closed/inner", 0700) == 0);
    child_assert(mknodat(s->fd, "tree/closed/inner/file", S_IFREG | 0400, 0) == 0);
    child_assert(fchmodat(s->fd, "tree/closed/inner", 0, 0) == 0);
    child_assert(fchmodat(s->fd, "tree/closed", 0500, 0) == 0);
    child_assert(fs_remove_pool(&tree, 1, 2, &s->err) == 0);
    child_assert(!exists(s->fd, "tree"));
}

static void refusing_directories_are_opened_up(void **state)
{
    assert_int_equal(in_child(remove_as_nobody, *state), 0);
}

static void remove_with_mount(void *context)
{
    struct scratch *s = context;
    struct fs_doomed trees[] = {{.name = "tree"}, {.name = "other"}};

    /* That opens the scratch directory anew. */
    child_assert(private_mounts(s));
    trees[0].dirfd = trees[1].dirfd = s->fd;
    child_assert(mkdirat(s->fd, "tree", 0755) == 0 && mkdirat(s->fd, "tree/m", 0755) == 0);
    child_assert(mkdirat(s->fd, "other", 0755) == 0);
    child_assert(mkdirat(s->fd, "elsewhere", 0755) == 0 && mkdirat(s->fd, "elsewhere/kept", 0755) == 0);
    child_assert(mount(scratch_path(s, "elsewhere"), scratch_path(s, "tree/m"), NULL, MS_BIND, NULL) == 0);
    child_assert(fs_remove_pool(trees, 2, 2, &s->err) == -1 && errno == EXDEV);
    child_assert(strstr(s->err.message, "\"") != NULL && strstr(s->err.hint, "mount") != NULL);
    child_assert(exists(s->fd, "elsewhere/kept"));
}

static void mounts_are_not_crossed(void **state)
{
    NEED_ROOT();
    assert_int_equal(in_child(remove_with_mount, *state), 0);
}

/* Somebody exchanges a directory for a link to a victim, as fast as he can. */
static void swapped_links_are_not_followed(void **state)
{
    struct scratch *s = *state;
    pid_t swapper;
    int status;

    make_dir(s->fd, "victim");
    write_text(s->fd, "victim/kept", "x");
    assert_int_equal(symlinkat("../victim", s->fd, "bait"), 0);
    swapper = fork();
    if (swapper == 0)
        for (;;)
            renameat2(s->fd, "tree/swapped", s->fd, "bait", RENAME_EXCHANGE);
    for (int round = 0; round < 150 && exists(s->fd, "victim/kept"); round++) {
        struct fs_doomed trees[] = {{.dirfd = s->fd, .name = "tree"}, {.dirfd = s->fd, .name = "other"}};

        mkdirat(s->fd, "other", 0755);
        mkdirat(s->fd, "tree", 0755);
        mkdirat(s->fd, "tree/swapped", 0755);
        mknodat(s->fd, "tree/swapped/kept", S_IFREG | 0644, 0);
        fs_remove_pool(trees, 2, 2, &s->err);
    }
    kill(swapper, SIGKILL);
    waitpid(swapper, &status, 0);
    assert_true(exists(s->fd, "victim/kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(all_trees_go_and_each_is_counted),   scratch_test(nothing_is_fine),
        scratch_test(what_is_freed_is_weighed),           scratch_test(deep_trees_go),
        scratch_test(refusing_directories_are_opened_up), scratch_test(mounts_are_not_crossed),
        scratch_test(swapped_links_are_not_followed),
    };

    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
