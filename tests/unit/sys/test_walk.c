/* The walk: each entry once, nothing outside, any depth. */
#include "scratch.h"

#include "base/list.h"
#include "sys/walk.h"

/* What a walk came by. */
struct record {
    struct arena *arena;
    struct list lines; /* "PATH TYPE ERRNO" */
    int files, directories, linked, without_twin;
    int told;            /* inode numbers of the twin that its directory told, each of them true */
    const char *stop_at; /* the name at which the callback fails, or NULL */
    int moved_fd;        /* >= 0: at the name "last" the directory "top/moving" of it goes elsewhere */
};

static char type_letter(const struct walk_entry *entry)
{
    switch (entry->stat.st_mode & S_IFMT) {
    case 0:
        return '?';
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFREG:
        return 'f';
    }
    return 'o';
}

static int keep(void *context, const struct walk_entry *entry, struct err *err)
{
    struct record *record = context;

    list_add(record->arena, &record->lines,
             arena_printf(record->arena, "%s%s%s %c %d", entry->directory,
                          entry->directory[0] != '\0' ? "/" : "", entry->name, type_letter(entry),
                          entry->error));
    if (record->stop_at != NULL && strcmp(entry->name, record->stop_at) == 0)
        return err_set(err, ERR_INTERRUPTED, "stopped");
    return 0;
}

static int count(void *context, const struct walk_entry *entry, struct err *err)
{
    struct record *record = context;
    struct stat twin;

    (void)err;
    record->files += S_ISREG(entry->stat.st_mode);
    record->directories += S_ISDIR(entry->stat.st_mode);
    if (entry->twin_dirfd < 0)
        record->without_twin++;
    else if (S_ISREG(entry->stat.st_mode) &&
             fstatat(entry->twin_dirfd, entry->name, &twin, AT_SYMLINK_NOFOLLOW) == 0 &&
             twin.st_ino == entry->stat.st_ino)
        record->linked++;
    if (entry->twin_inode != 0) {
        assert_int_equal(fstatat(entry->twin_dirfd, entry->name, &twin, AT_SYMLINK_NOFOLLOW), 0);
        /* A directory knows nothing of what is mounted on what is in it. */
        assert_true(twin.st_ino == entry->twin_inode || S_ISDIR(twin.st_mode));
        record->told++;
    }
    if (record->moved_fd >= 0 && strcmp(entry->name, "last") == 0)
        assert_int_equal(renameat(record->moved_fd, "top/moving", record->moved_fd, "moved"), 0);
    return 0;
}

static int walk_and_keep(struct scratch *s, const char *top, struct record *record)
{
    int fd = openat(s->fd, top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct walk walk = {.entry = keep, .context = record, .top_fd = fd, .twin_fd = -1};
    int result;

    record->arena = &s->arena;
    result = walk_tree(&walk, &s->err);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    close(fd);
    return result;
}

static void each_entry_comes_once(void **state)
{
    struct scratch *s = *state;
    struct record record = {.moved_fd = -1};

    make_dir(s->fd, "top");
    make_dir(s->fd, "top/a");
    make_dir(s->fd, "top/a/b");
    write_text(s->fd, "top/a/b/\n\xff", "x");
    write_text(s->fd, "top/...", "x");
    make_dir(s->fd, "outside");
    write_text(s->fd, "outside/file", "x");
    assert_int_equal(symlinkat("../outside", s->fd, "top/link"), 0);
    assert_int_equal(mkfifoat(s->fd, "top/a/fifo", 0600), 0);

    assert_ok(walk_and_keep(s, "top", &record), &s->err);
    assert_int_equal(record.lines.count, 6);
    assert_true(list_has(&record.lines, "a d 0"));
    assert_true(list_has(&record.lines, "a/b d 0"));
    assert_true(list_has(&record.lines, "a/b/\n\xff f 0"));
    assert_true(list_has(&record.lines, "a/fifo o 0"));
    assert_true(list_has(&record.lines, "... f 0"));
    assert_true(list_has(&record.lines, "link l 0"));
}

static void the_callback_ends_it(void **state)
{
    struct scratch *s = *state;
    struct record record = {.stop_at = "inner", .moved_fd = -1};

    make_dir(s->fd, "top");
    make_dir(s->fd, "top/outer");
    make_dir(s->fd, "top/outer/inner");
    make_dir(s->fd, "top/outer/inner/never");
    assert_fails(walk_and_keep(s, "top", &record), &s->err, ERR_INTERRUPTED);
    assert_int_equal(record.lines.count, 2);
}

static void wide_directories_are_read_whole(void **state)
{
    struct scratch *s = *state;
    struct record record = {.moved_fd = -1};
    struct walk walk = {.entry = count, .context = &record, .top_fd = s->fd, .twin_fd = -1};
    char name[64];

    for (int i = 0; i < 1500; i++) {
        snprintf(name, sizeof name, "%d-a-name-that-takes-some-room", i);
        if (i % 10 == 0)
            close(make_chain(s->fd, name, 1, -1, 0));
        else
            write_text(s->fd, name, "");
    }
    assert_ok(walk_tree(&walk, &s->err), &s->err);
    assert_int_equal(record.directories, 150);
    assert_int_equal(record.files, 1500);
}

/* 6,600 bytes of path where PATH_MAX is 4,096; the twin has only the first half of the levels. On the way
 * back each level still has entries to give: whatever was closed meanwhile must go on where it was. */
static void deep_trees_are_walked_with_few_descriptors(void **state)
{
    struct scratch *s = *state;
    struct record record = {.moved_fd = -1};
    struct walk walk = {.entry = count, .context = &record};
    struct rlimit before;
    int result;

    make_dir(s->fd, "own");
    make_dir(s->fd, "twin");
    walk.top_fd = openat(s->fd, "own", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk.twin_fd = openat(s->fd, "twin", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(make_chain(walk.twin_fd, "directory0", 300, -1, 0));
    close(make_chain(walk.top_fd, "directory0", 600, walk.twin_fd, 300));
    before = limit_descriptors();
    result = walk_tree(&walk, &s->err);
    setrlimit(RLIMIT_NOFILE, &before);
    close(walk.top_fd);
    close(walk.twin_fd);
    assert_ok(result, &s->err);
    assert_int_equal(record.directories, 600);
    assert_int_equal(record.files, 600);
    assert_int_equal(record.linked, 300);
    /* Below level 300: 300 files, and all directories but the one that lies in level 300 itself. */
    assert_int_equal(record.without_twin, 599);
}

static void twins_that_are_no_directories_count_as_missing(void **state)
{
    struct scratch *s = *state;
    struct record record = {.moved_fd = -1};
    struct walk walk = {.entry = count, .context = &record};

    make_dir(s->fd, "own");
    make_dir(s->fd, "twin");
    make_dir(s->fd, "own/link");
    make_dir(s->fd, "own/file");
    write_text(s->fd, "own/link/x", "");
    write_text(s->fd, "own/file/x", "");
    assert_int_equal(symlinkat("../own/link", s->fd, "twin/link"), 0);
    write_text(s->fd, "twin/file", "");
    walk.top_fd = openat(s->fd, "own", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk.twin_fd = openat(s->fd, "twin", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(walk_tree(&walk, &s->err), &s->err);
    close(walk.top_fd);
    close(walk.twin_fd);
    assert_int_equal(record.without_twin, 2);
    assert_int_equal(record.linked, 0);
}

/* 3,000 names do not fit into one reading of a directory. */
static void twin_tells_inodes_although_names_went_and_came(void **state)
{
    struct scratch *s = *state;
    struct record record = {.moved_fd = -1};
    struct walk walk = {.entry = count, .context = &record};
    char own[64], twin[64];

    make_dir(s->fd, "own");
    make_dir(s->fd, "twin");
    for (int i = 0; i < 3000; i++) {
        snprintf(own, sizeof own, "own/file %d", i);
        snprintf(twin, sizeof twin, "twin/file %d", i);
        write_text(s->fd, twin, "");
        if (i % 10 == 0)
            continue;
        if (i % 10 == 1)
            write_text(s->fd, own, "");
        else
            assert_int_equal(linkat(s->fd, twin, s->fd, own, 0), 0);
    }
    for (int i = 0; i < 300; i++) {
        snprintf(own, sizeof own, "own/new %d", i);
        write_text(s->fd, own, "");
    }
    walk.top_fd = openat(s->fd, "own", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk.twin_fd = openat(s->fd, "twin", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(walk_tree(&walk, &s->err), &s->err);
    close(walk.top_fd);
    close(walk.twin_fd);
    assert_int_equal(record.files, 3000);
    assert_int_equal(record.linked, 2400);
    assert_true(record.told > 1350);
}

static void moved_ancestors_are_noticed(void **state)
{
    struct scratch *s = *state;
    struct record record = {.moved_fd = s->fd};
    struct walk walk = {.entry = count, .context = &record, .top_fd = s->fd, .twin_fd = -1};
    int fd;

    make_dir(s->fd, "top");
    make_dir(s->fd, "top/moving");
    fd = openat(s->fd, "top/moving", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_dir(make_chain(fd, "d", 300, -1, 0), "last");
    close(fd);
    /* "moved" lies one level higher than the walk remembers. */
    assert_fails(walk_tree(&walk, &s->err), &s->err, ERR_IO);
    assert_string_equal(s->err.message,
                        "cannot go back from \"top/moving\" to its parent: Stale file handle");
}

static void walk_as_nobody(void *context)
{
    struct scratch *s = context;
    struct record record = {.moved_fd = -1};

    if (geteuid() == 0)
        child_assert(fchown(s->fd, 65534, 65534) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    child_assert(mkdirat(s->fd, "top", 0700) == 0 && mkdirat(s->fd, "top/closed", 0) == 0);
    child_assert(mkdirat(s->fd, "top/list", 0700) == 0 && mkdirat(s->fd, "top/list/x", 0700) == 0);
    child_assert(fchmodat(s->fd, "top/list", 0400, 0) == 0);
    child_assert(mkdirat(s->fd, "top/open", 0700) == 0 && mkdirat(s->fd, "top/open/x", 0700) == 0);
    child_assert(walk_and_keep(s, "top", &record) == 0);
    child_assert(record.lines.count == 5);
    child_assert(list_has(&record.lines, "closed d 13"));
    child_assert(list_has(&record.lines, "list d 0"));
    child_assert(list_has(&record.lines, "list/x ? 13"));
    child_assert(list_has(&record.lines, "open/x d 0"));
    child_assert(fchmodat(s->fd, "top/list", 0700, 0) == 0);
}

static void unreadable_directories_are_told(void **state)
{
    assert_int_equal(EACCES, 13);
    assert_int_equal(in_child(walk_as_nobody, *state), 0);
}

static void walk_with_mounts(void *context)
{
    struct scratch *s = context;
    struct record record = {.moved_fd = -1};
    struct walk walk = {.entry = count, .context = &record};

    child_assert(private_mounts(s));
    child_assert(mkdirat(s->fd, "top", 0755) == 0 && mkdirat(s->fd, "top/m", 0755) == 0);
    child_assert(mkdirat(s->fd, "elsewhere", 0755) == 0 && mkdirat(s->fd, "elsewhere/x", 0755) == 0);
    child_assert(mount(scratch_path(s, "elsewhere"), scratch_path(s, "top/m"), NULL, MS_BIND, NULL) == 0);
    child_assert(walk_and_keep(s, "top", &record) == 0);
    child_assert(record.lines.count == 1 && list_has(&record.lines, "m d 18"));

    /* The other way round: of "elsewhere/m", which is no mount point, "top/m" is no twin. */
    child_assert(mkdirat(s->fd, "elsewhere/m", 0755) == 0 && mkdirat(s->fd, "elsewhere/m/x", 0755) == 0);
    walk.top_fd = openat(s->fd, "elsewhere", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk.twin_fd = openat(s->fd, "top", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    child_assert(walk_tree(&walk, &s->err) == 0);
    child_assert(record.directories == 3 && record.without_twin == 1);
}

static void mounts_are_told_and_not_crossed(void **state)
{
    NEED_ROOT();
    assert_int_equal(EXDEV, 18);
    assert_int_equal(in_child(walk_with_mounts, *state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(each_entry_comes_once),
        scratch_test(the_callback_ends_it),
        scratch_test(wide_directories_are_read_whole),
        scratch_test(deep_trees_are_walked_with_few_descriptors),
        scratch_test(twins_that_are_no_directories_count_as_missing),
        scratch_test(twin_tells_inodes_although_names_went_and_came),
        scratch_test(moved_ancestors_are_noticed),
        scratch_test(unreadable_directories_are_told),
        scratch_test(mounts_are_told_and_not_crossed),
    };

    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
