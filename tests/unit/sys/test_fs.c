/* Files by descriptor. */
#include "scratch.h"

#include <signal.h>
#include <sys/sysmacros.h>

#include "sys/fs.h"

static void root_is_opened_without_links(void **state)
{
    struct scratch *s = *state;
    FD_SCOPED fd = -1;

    make_dir(s->fd, "real");
    make_dir(s->fd, "real/below");
    assert_int_equal(symlinkat("real", s->fd, "link"), 0);
    write_text(s->fd, "file", "");

    fd = fs_open_root(scratch_path(s, "real/below"), &s->err);
    assert_ok(fd, &s->err);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_fails_errno(fs_open_root(scratch_path(s, "link"), &s->err), &s->err, ELOOP);
    assert_fails_errno(fs_open_root(scratch_path(s, "link/below"), &s->err), &s->err, ELOOP);
    assert_non_null(strstr(s->err.hint, "symbolic link"));
    assert_fails_errno(fs_open_root(scratch_path(s, "file"), &s->err), &s->err, ENOTDIR);
    assert_fails_errno(fs_open_root(scratch_path(s, "none"), &s->err), &s->err, ENOENT);
    assert_non_null(strstr(s->err.message, s->path));
    assert_fails(fs_open_root("tmp", &s->err), &s->err, ERR_INVALID);
}

static void directories_are_opened_below(void **state)
{
    struct scratch *s = *state;
    FD_SCOPED below = -1;

    make_dir(s->fd, "a");
    make_dir(s->fd, "a/b");
    assert_int_equal(symlinkat("b", s->fd, "a/link"), 0);
    assert_int_equal(symlinkat("/", s->fd, "root"), 0);

    below = fs_open_dir(s->fd, "a/b", true, &s->err);
    assert_ok(below, &s->err);
    assert_fails_errno(fs_open_dir(s->fd, "a/link", false, &s->err), &s->err, ELOOP);
    assert_fails_errno(fs_open_dir(s->fd, "root/tmp", false, &s->err), &s->err, ELOOP);
    assert_fails_errno(fs_open_dir(s->fd, "/tmp", false, &s->err), &s->err, EXDEV);
    assert_fails_errno(fs_open_dir(below, "..", false, &s->err), &s->err, EXDEV);
    assert_fails_errno(fs_open_dir(s->fd, "a/none", false, &s->err), &s->err, ENOENT);
    assert_string_equal(s->err.message, "cannot open the directory \"a/none\": No such file or directory");
}

static void mounts_in_child(void *context)
{
    struct scratch *s = context;
    uint64_t outer = 0, inner = 0;
    bool is_root = true;
    int fd;

    child_assert(private_mounts(s));
    child_assert(mkdirat(s->fd, "m", 0755) == 0);
    child_assert(mount("none", scratch_path(s, "m"), "tmpfs", 0, NULL) == 0);
    child_assert(mkdirat(s->fd, "m/below", 0755) == 0);
    child_assert(fs_open_dir(s->fd, "m", true, &s->err) == -1 && errno == EXDEV);
    child_assert(fs_open_dir(s->fd, "m/below", true, &s->err) == -1 && errno == EXDEV);
    child_assert(fs_mount_id(s->fd, &outer, &is_root, &s->err) == 0 && !is_root);
    child_assert(!fs_is_own_dir(s->fd, "m", outer, geteuid()));
    child_assert(!fs_is_own_dir(s->fd, "m/below", outer, geteuid()));
    fd = fs_open_dir(s->fd, "m", false, &s->err);
    child_assert(fd >= 0);
    child_assert(fs_mount_id(fd, &inner, &is_root, &s->err) == 0 && is_root && inner != outer);
    child_assert(strcmp(fs_type_name(&s->arena, fd), "tmpfs") == 0);
    fd = fs_open_dir(s->fd, "m/below", false, &s->err);
    child_assert(fs_mount_id(fd, &outer, &is_root, &s->err) == 0 && !is_root && inner == outer);
}

static void a_directory_of_our_own_is_told_without_opening_it(void **state)
{
    struct scratch *s = *state;
    uid_t uid = geteuid();
    uint64_t mount;
    bool is_root;

    assert_ok(fs_mount_id(s->fd, &mount, &is_root, &s->err), &s->err);
    assert_int_equal(mkdirat(s->fd, "d", 0700), 0);
    assert_int_equal(mkdirat(s->fd, "d/data", 0500), 0);
    assert_int_equal(symlinkat("data", s->fd, "d/link"), 0);
    assert_int_equal(mkfifoat(s->fd, "d/fifo", 0700), 0);
    assert_true(fs_is_own_dir(s->fd, "d/data", mount, uid));
    assert_false(fs_is_own_dir(s->fd, "d/data", mount, uid + 1));
    assert_false(fs_is_own_dir(s->fd, "d/data", mount + 1, uid));
    assert_false(fs_is_own_dir(s->fd, "d/link", mount, uid));
    assert_false(fs_is_own_dir(s->fd, "d/fifo", mount, uid));
    assert_false(fs_is_own_dir(s->fd, "d/none", mount, uid));
    for (mode_t mode = 0; mode < 0500; mode += 0100) {
        assert_int_equal(fchmodat(s->fd, "d/data", mode | 077, 0), 0);
        assert_false(fs_is_own_dir(s->fd, "d/data", mount, uid));
    }
}

static void mounts_are_told_and_not_crossed(void **state)
{
    NEED_ROOT();
    assert_int_equal(in_child(mounts_in_child, *state), 0);
}

static void only_regular_files_are_opened(void **state)
{
    struct scratch *s = *state;
    FD_SCOPED fd = -1;

    make_dir(s->fd, "dir");
    write_text(s->fd, "dir/file", "x");
    assert_int_equal(mkfifoat(s->fd, "fifo", 0600), 0);
    assert_int_equal(symlinkat("dir/file", s->fd, "link"), 0);

    fd = fs_open_file(s->fd, "dir/file", &s->err);
    assert_ok(fd, &s->err);
    assert_fails_errno(fs_open_file(s->fd, "fifo", &s->err), &s->err, EINVAL);
    assert_string_equal(s->err.message, "\"fifo\" is not a regular file");
    assert_fails_errno(fs_open_file(s->fd, "dir", &s->err), &s->err, EISDIR);
    assert_fails_errno(fs_open_file(s->fd, "link", &s->err), &s->err, ELOOP);
    assert_fails_errno(fs_open_file(s->fd, "none", &s->err), &s->err, ENOENT);
    assert_fails_errno(fs_open_file(s->fd, "/etc/passwd", &s->err), &s->err, EXDEV);
    if (mknodat(s->fd, "null", S_IFCHR | 0600, makedev(1, 3)) == 0)
        assert_fails_errno(fs_open_file(s->fd, "null", &s->err), &s->err, EINVAL);
}

static void directories_are_made(void **state)
{
    struct scratch *s = *state;
    struct stat stat;

    assert_ok(fs_make_dir(s->fd, "new", 0700, false, &s->err), &s->err);
    assert_int_equal(fstatat(s->fd, "new", &stat, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    assert_fails_errno(fs_make_dir(s->fd, "new", 0700, false, &s->err), &s->err, EEXIST);
    assert_ok(fs_make_dir(s->fd, "new", 0700, true, &s->err), &s->err);
    assert_int_equal(symlinkat("new", s->fd, "link"), 0);
    assert_fails_errno(fs_make_dir(s->fd, "link", 0700, true, &s->err), &s->err, ENOTDIR);
    assert_fails_errno(fs_make_dir(s->fd, "none/new", 0700, true, &s->err), &s->err, ENOENT);
}

static void paths_are_made(void **state)
{
    struct scratch *s = *state;
    struct stat stat;

    assert_ok(fs_make_path(scratch_path(s, "a//b/c/"), 0700, &s->err), &s->err);
    assert_int_equal(fstatat(s->fd, "a/b/c", &stat, 0), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    assert_int_equal(fstatat(s->fd, "a/b", &stat, 0), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0755);
    assert_ok(fs_make_path(scratch_path(s, "a/b/c"), 0700, &s->err), &s->err);
    write_text(s->fd, "a/file", "");
    assert_fails_errno(fs_make_path(scratch_path(s, "a/file/x"), 0700, &s->err), &s->err, ENOTDIR);
    assert_fails(fs_make_path("relative", 0700, &s->err), &s->err, ERR_INVALID);
}

static void files_are_read_up_to_a_limit(void **state)
{
    struct scratch *s = *state;
    BUF_SCOPED content = BUF_EMPTY;
    char *large = arena_alloc(&s->arena, 100001);

    memset(large, 'x', 100000);
    write_text(s->fd, "large", large);
    write_text(s->fd, "empty", "");
    assert_ok(fs_read_file(s->fd, "large", 100000, &content, &s->err), &s->err);
    assert_int_equal(content.size, 100000);
    assert_string_equal(content.data, large);
    assert_fails(fs_read_file(s->fd, "large", 99999, &content, &s->err), &s->err, ERR_INVALID);
    assert_ok(fs_read_file(s->fd, "empty", 0, &content, &s->err), &s->err);
    assert_string_equal(buf_text(&content), "");
}

/* The one name in the directory, or "" when there is another number of them. */
static const char *only_name(struct scratch *s)
{
    struct list names;
    bool more;

    assert_ok(fs_list_names(&s->arena, s->fd, 10, &names, &more, &s->err), &s->err);
    return names.count == 1 ? names.items[0] : "";
}

static void files_are_replaced_as_a_whole(void **state)
{
    struct scratch *s = *state;
    BUF_SCOPED content = BUF_EMPTY;
    FD_SCOPED old = -1;
    struct stat stat;
    char byte;

    assert_ok(fs_write_file(s->fd, "file", "old", 3, 0640, &s->err), &s->err);
    assert_int_equal(fstatat(s->fd, "file", &stat, 0), 0);
    assert_int_equal(stat.st_mode, S_IFREG | 0640);
    old = openat(s->fd, "file", O_RDONLY | O_CLOEXEC);
    assert_ok(fs_write_file(s->fd, "file", "n\0w", 3, 0640, &s->err), &s->err);
    assert_int_equal(read(old, &byte, 1), 1);
    assert_int_equal(byte, 'o');
    assert_ok(fs_read_file(s->fd, "file", 10, &content, &s->err), &s->err);
    assert_int_equal(content.size, 3);
    assert_memory_equal(content.data, "n\0w", 3);
    assert_string_equal(only_name(s), "file");
}

static void failed_writes_leave_nothing(void **state)
{
    struct scratch *s = *state;
    struct rlimit before, small;
    char *name = arena_alloc(&s->arena, 252);
    BUF_SCOPED content = BUF_EMPTY;

    assert_ok(fs_write_file(s->fd, "file", "old", 3, 0600, &s->err), &s->err);
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 5;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_fails_errno(fs_write_file(s->fd, "file", "too long", 8, 0600, &s->err), &s->err, EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_string_equal(only_name(s), "file");
    assert_ok(fs_read_file(s->fd, "file", 10, &content, &s->err), &s->err);
    assert_string_equal(content.data, "old");

    assert_int_equal(unlinkat(s->fd, "file", 0), 0);
    make_dir(s->fd, "dir");
    assert_fails_errno(fs_write_file(s->fd, "dir", "x", 1, 0600, &s->err), &s->err, EISDIR);
    assert_string_equal(only_name(s), "dir");
    memset(name, 'n', 251);
    assert_fails_errno(fs_write_file(s->fd, name, "x", 1, 0600, &s->err), &s->err, ENAMETOOLONG);
}

static void renaming_replaces_nothing(void **state)
{
    struct scratch *s = *state;

    make_dir(s->fd, "from");
    make_dir(s->fd, "empty");
    assert_fails_errno(fs_rename_new(s->fd, "from", s->fd, "empty", &s->err), &s->err, EEXIST);
    assert_true(exists(s->fd, "from"));
    assert_ok(fs_rename_new(s->fd, "from", s->fd, "to", &s->err), &s->err);
    assert_true(exists(s->fd, "to"));
    assert_false(exists(s->fd, "from"));
    assert_fails_errno(fs_rename_new(s->fd, "from", s->fd, "to2", &s->err), &s->err, ENOENT);
}

static void syncing_tells_errors(void **state)
{
    struct scratch *s = *state;

    assert_ok(fs_sync(s->fd, "scratch", &s->err), &s->err);
    assert_ok(fs_sync_all(s->fd, "scratch", &s->err), &s->err);
    assert_fails_errno(fs_sync(-1, "gone", &s->err), &s->err, EBADF);
    assert_fails_errno(fs_sync_all(-1, "gone", &s->err), &s->err, EBADF);
    assert_non_null(strstr(s->err.message, "\"gone\""));
}

static void names_come_in_byte_order(void **state)
{
    struct scratch *s = *state;
    static const char *const made[] = {"b", "\xff", "a", "B", "..."};
    struct list names;
    bool more = true;

    for (size_t i = 0; i < 5; i++)
        write_text(s->fd, made[i], "");
    for (int round = 0; round < 2; round++) {
        assert_ok(fs_list_names(&s->arena, s->fd, 5, &names, &more, &s->err), &s->err);
        assert_false(more);
        assert_int_equal(names.count, 5);
        assert_string_equal(names.items[0], "...");
        assert_string_equal(names.items[1], "B");
        assert_string_equal(names.items[4], "\xff");
    }
    assert_ok(fs_list_names(&s->arena, s->fd, 4, &names, &more, &s->err), &s->err);
    assert_true(more);
    assert_int_equal(names.count, 4);
    assert_int_equal(lseek(s->fd, 0, SEEK_CUR), 0);
}

static void room_is_told(void **state)
{
    struct scratch *s = *state;
    struct fs_room room;

    assert_ok(fs_room(s->fd, &room, &s->err), &s->err);
    assert_true(room.bytes_free > 0 && room.bytes_free <= room.bytes_total);
    assert_true(room.inodes_free == -1 || room.inodes_free <= room.inodes_total);
    assert_false(room.read_only);
    assert_fails(fs_room(-1, &room, &s->err), &s->err, ERR_IO);
}

static void unknown_types_are_numbers(void **state)
{
    struct scratch *s = *state;
    FD_SCOPED fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_string_equal(fs_type_name(&s->arena, fd), "0x9fa0");
    assert_string_equal(fs_type_name(&s->arena, -1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(root_is_opened_without_links),
        scratch_test(directories_are_opened_below),
        scratch_test(a_directory_of_our_own_is_told_without_opening_it),
        scratch_test(mounts_are_told_and_not_crossed),
        scratch_test(only_regular_files_are_opened),
        scratch_test(directories_are_made),
        scratch_test(paths_are_made),
        scratch_test(files_are_read_up_to_a_limit),
        scratch_test(files_are_replaced_as_a_whole),
        scratch_test(failed_writes_leave_nothing),
        scratch_test(renaming_replaces_nothing),
        scratch_test(syncing_tells_errors),
        scratch_test(names_come_in_byte_order),
        scratch_test(room_is_told),
        scratch_test(unknown_types_are_numbers),
    };

    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
