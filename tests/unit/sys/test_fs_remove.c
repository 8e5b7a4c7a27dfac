/* Removing trees: all of it, and nothing else. */
#include "scratch.h"

#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "sys/fs.h"

static void what_is_not_there_is_fine(void **state)
{
    struct scratch *s = *state;
    int64_t removed = 7;

    assert_ok(fs_remove_tree(s->fd, "none", &removed, &s->err), &s->err);
    assert_int_equal(removed, 7);
}

static void everything_goes_and_is_counted(void **state)
{
    struct scratch *s = *state;
    int64_t removed = 0;

    make_dir(s->fd, "tree");
    make_dir(s->fd, "tree/empty");
    make_dir(s->fd, "tree/\n\x1b[31m \xff\xfe");
    write_text(s->fd, "tree/\n\x1b[31m \xff\xfe/-rf", "x");
    assert_int_equal(mkfifoat(s->fd, "tree/fifo", 0600), 0);
    make_dir(s->fd, "outside");
    write_text(s->fd, "outside/kept", "x");
    assert_int_equal(symlinkat("../outside", s->fd, "tree/link"), 0);
    assert_int_equal(symlinkat("nowhere", s->fd, "tree/dangling"), 0);
    assert_int_equal(linkat(s->fd, "outside/kept", s->fd, "tree/hard", 0), 0);

    assert_ok(fs_remove_tree(s->fd, "tree", &removed, &s->err), &s->err);
    assert_int_equal(removed, 8);
    assert_false(exists(s->fd, "tree"));
    assert_true(exists(s->fd, "outside/kept"));
}

static void links_and_files_are_refused(void **state)
{
    struct scratch *s = *state;

    make_dir(s->fd, "real");
    write_text(s->fd, "real/kept", "x");
    assert_int_equal(symlinkat("real", s->fd, "link"), 0);
    assert_fails_errno(fs_remove_tree(s->fd, "link", NULL, &s->err), &s->err, ENOTDIR);
    assert_fails_errno(fs_remove_tree(s->fd, "real/kept", NULL, &s->err), &s->err, ENOTDIR);
    assert_true(exists(s->fd, "link"));
    assert_true(exists(s->fd, "real/kept"));
}

/* More than one read of the directory gives, files and directories mixed. */
static void wide_directories_go(void **state)
{
    struct scratch *s = *state;
    int64_t removed = 0;
    char name[64];

    make_dir(s->fd, "tree");
    for (int i = 0; i < 1500; i++) {
        snprintf(name, sizeof name, "tree/entry-%d-with-a-longer-name", i);
        if (i % 10 == 0)
            make_dir(s->fd, name);
        else
            write_text(s->fd, name, "");
    }
    assert_ok(fs_remove_tree(s->fd, "tree", &removed, &s->err), &s->err);
    assert_int_equal(removed, 1501);
    assert_false(exists(s->fd, "tree"));
}

/* 600 levels of 11 bytes: 6,600 bytes of path where PATH_MAX is 4,096. */
static void deep_trees_go_with_few_descriptors(void **state)
{
    struct scratch *s = *state;
    int64_t removed = 0;
    struct rlimit before;
    int result;

    close(make_chain(s->fd, "directory0", 600, -1, 0));
    before = limit_descriptors();
    result = fs_remove_tree(s->fd, "directory0", &removed, &s->err);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_ok(result, &s->err);
    assert_int_equal(removed, 1200);
    assert_false(exists(s->fd, "directory0"));
}

static void remove_as_nobody(void *context)
{
    struct scratch *s = context;

    if (geteuid() == 0)
        child_assert(fchown(s->fd, 65534, 65534) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    child_assert(mkdirat(s->fd, "tree", 0700) == 0);
    child_assert(mkdirat(s->fd, "tree/closed", 0700) == 0);
    child_assert(mkdirat(s->fd, "tree/closed/inner", 0700) == 0);
    child_assert(mkdirat(s->fd, "tree/readonly", 0700) == 0);
    child_assert(mknodat(s->fd, "tree/readonly/file", S_IFREG | 0400, 0) == 0);
    child_assert(fchmodat(s->fd, "tree/closed/inner", 0, 0) == 0);
    child_assert(fchmodat(s->fd, "tree/closed", 0, 0) == 0);
    child_assert(fchmodat(s->fd, "tree/readonly", 0500, 0) == 0);
    child_assert(fchmodat(s->fd, "tree", 0, 0) == 0);
    child_assert(fs_remove_tree(s->fd, "tree", NULL, &s->err) == 0);
    child_assert(!exists(s->fd, "tree"));
}

static void refusing_directories_are_opened_up(void **state)
{
    assert_int_equal(in_child(remove_as_nobody, *state), 0);
}

static bool set_immutable(int fd, bool on)
{
    int flags = on ? FS_IMMUTABLE_FL : 0;

    return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void immutable_directories_are_told(void **state)
{
    struct scratch *s = *state;
    int64_t removed = 0;
    int fd, result;

    make_dir(s->fd, "tree");
    make_dir(s->fd, "tree/firm");
    write_text(s->fd, "tree/firm/file", "x");
    fd = openat(s->fd, "tree/firm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!set_immutable(fd, true)) {
        close(fd);
        print_message("skipped: the file system or the user cannot make files immutable\n");
        skip();
    }
    result = fs_remove_tree(s->fd, "tree", &removed, &s->err);
    set_immutable(fd, false);
    close(fd);
    assert_fails(result, &s->err, ERR_IO);
    assert_string_equal(s->err.message,
                        "removing \"tree\": cannot remove \"firm/file\": Operation not permitted");
    assert_non_null(strstr(s->err.hint, "immutable"));
    assert_true(exists(s->fd, "tree/firm/file"));
    assert_ok(fs_remove_tree(s->fd, "tree", &removed, &s->err), &s->err);
    assert_int_equal(removed, 3);
}

static void remove_with_mount(void *context)
{
    struct scratch *s = context;

    child_assert(private_mounts(s));
    child_assert(mkdirat(s->fd, "tree", 0755) == 0 && mkdirat(s->fd, "tree/m", 0755) == 0);
    child_assert(mkdirat(s->fd, "elsewhere", 0755) == 0 && mkdirat(s->fd, "elsewhere/kept", 0755) == 0);
    /* A bind mount of the same file system: st_dev would tell nothing. */
    child_assert(mount(scratch_path(s, "elsewhere"), scratch_path(s, "tree/m"), NULL, MS_BIND, NULL) == 0);
    child_assert(fs_remove_tree(s->fd, "tree", NULL, &s->err) == -1 && errno == EXDEV);
    child_assert(strstr(s->err.hint, "mount") != NULL);
    child_assert(exists(s->fd, "elsewhere/kept"));
    child_assert(fs_remove_tree(s->fd, "tree/m", NULL, &s->err) == -1 && errno == EXDEV);
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
        mkdirat(s->fd, "tree", 0755);
        mkdirat(s->fd, "tree/swapped", 0755);
        mknodat(s->fd, "tree/swapped/kept", S_IFREG | 0644, 0);
        fs_remove_tree(s->fd, "tree", NULL, &s->err);
    }
    kill(swapper, SIGKILL);
    waitpid(swapper, &status, 0);
    assert_true(exists(s->fd, "victim/kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(what_is_not_there_is_fine),          scratch_test(everything_goes_and_is_counted),
        scratch_test(links_and_files_are_refused),        scratch_test(wide_directories_go),
        scratch_test(deep_trees_go_with_few_descriptors), scratch_test(refusing_directories_are_opened_up),
        scratch_test(immutable_directories_are_told),     scratch_test(mounts_are_not_crossed),
        scratch_test(swapped_links_are_not_followed),
    };

    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
