/* The scan: what it counts, and what it takes for linked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/scan.h"
#include "sys/fs.h"

struct trees {
    char path[32];
    int fd, base, data; /* of the directory that holds both, and of both */
};

static void write_file(int dirfd, const char *name, size_t size)
{
    static const char bytes[4096];
    const struct timespec times[2] = {{1600000000, 123456789}, {1600000000, 123456789}};
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(close(fd), 0);
}

static int make_trees(void **state)
{
    struct trees *trees = calloc(1, sizeof *trees);
    struct err err;

    if (trees == NULL)
        return -1;
    memcpy(trees->path, "/tmp/test_scan.XXXXXX", sizeof "/tmp/test_scan.XXXXXX");
    if (mkdtemp(trees->path) == NULL)
        return -1;
    trees->fd = fs_open_root(trees->path, &err);
    if (mkdirat(trees->fd, "base", 0755) < 0 || mkdirat(trees->fd, "data", 0755) < 0)
        return -1;
    trees->base = fs_open_dir(trees->fd, "base", true, &err);
    trees->data = fs_open_dir(trees->fd, "data", true, &err);
    *state = trees;
    return 0;
}

static int remove_trees(void **state)
{
    struct trees *trees = *state;
    struct err err;

    fs_close(&trees->base);
    fs_close(&trees->data);
    if (fs_remove_tree(trees->fd, "base", NULL, &err) < 0 ||
        fs_remove_tree(trees->fd, "data", NULL, &err) < 0)
        return -1;
    fs_close(&trees->fd);
    rmdir(trees->path);
    free(trees);
    return 0;
}

static struct run_stats scanned(const struct trees *trees, int base)
{
    struct run_stats stats = RUN_STATS_UNKNOWN;
    struct err err;

    if (scan_tree(trees->data, base, &stats, &err) < 0)
        fail_msg("%s", err.message);
    return stats;
}

static void an_empty_tree_is_one_directory(void **state)
{
    struct run_stats stats = scanned(*state, -1);

    assert_int_equal(stats.files, 0);
    assert_int_equal(stats.directories, 1);
    assert_int_equal(stats.bytes, 0);
    assert_int_equal(stats.new_inodes, 1);
    assert_int_equal(stats.sent, -1);
}

static void everything_is_counted_once_by_name_and_inode(void **state)
{
    struct trees *trees = *state;
    struct run_stats stats;

    write_file(trees->data, "one", 100);
    assert_int_equal(linkat(trees->data, "one", trees->data, "one again", 0), 0);
    assert_int_equal(linkat(trees->data, "one", trees->data, "and again", 0), 0);
    assert_int_equal(symlinkat("/etc", trees->data, "link"), 0);
    assert_int_equal(mkfifoat(trees->data, "fifo", 0600), 0);
    assert_int_equal(mkdirat(trees->data, "folder", 0755), 0);
    write_file(trees->data, "folder/two", 11);
    stats = scanned(trees, -1);
    assert_int_equal(stats.files, 6);
    assert_int_equal(stats.directories, 2);
    assert_int_equal(stats.bytes, 311);
    assert_int_equal(stats.new_bytes, 311);
    assert_int_equal(stats.new_inodes, 6);
    assert_int_equal(stats.linked_files, 0);
}

static void linked_copied_and_changed_are_told_apart(void **state)
{
    struct trees *trees = *state;
    const struct timespec later[2] = {{1600000000, 123456790}, {1600000000, 123456790}};
    struct run_stats stats;

    write_file(trees->base, "linked", 10);
    assert_int_equal(linkat(trees->base, "linked", trees->data, "linked", 0), 0);
    assert_int_equal(symlinkat("/etc", trees->base, "symlink"), 0);
    assert_int_equal(linkat(trees->base, "symlink", trees->data, "symlink", 0), 0);
    assert_int_equal(symlinkat("/etc", trees->base, "other symlink"), 0);
    assert_int_equal(symlinkat("/usr", trees->data, "other symlink"), 0);
    write_file(trees->base, "copied", 20);
    write_file(trees->data, "copied", 20);
    write_file(trees->base, "other time", 30);
    write_file(trees->data, "other time", 30);
    assert_int_equal(utimensat(trees->data, "other time", later, 0), 0);
    write_file(trees->base, "other mode", 40);
    write_file(trees->data, "other mode", 40);
    assert_int_equal(fchmodat(trees->data, "other mode", 0600, 0), 0);
    write_file(trees->base, "other size", 50);
    write_file(trees->data, "other size", 51);
    write_file(trees->data, "new", 60);
    /* Moved: the same inode under another name is no link of that name. */
    write_file(trees->base, "moved from", 70);
    assert_int_equal(linkat(trees->base, "moved from", trees->data, "moved to", 0), 0);
    stats = scanned(trees, trees->base);
    assert_int_equal(stats.files, 9);
    assert_int_equal(stats.linked_files, 2);
    assert_int_equal(stats.copied_same, 1);
    assert_int_equal(stats.new_bytes, 20 + 30 + 40 + 51 + 60 + 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_tree_is_one_directory, make_trees, remove_trees),
        cmocka_unit_test_setup_teardown(everything_is_counted_once_by_name_and_inode, make_trees,
                                        remove_trees),
        cmocka_unit_test_setup_teardown(linked_copied_and_changed_are_told_apart, make_trees, remove_trees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
