/* The backup root: every state that its check can find, and what may be marked. Mounts are made in a namespace of
 * our own, so nothing is left behind; without root those tests are skipped. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/root.h"

#define OURS "11111111-1111-4111-8111-111111111111"
#define THEIRS "22222222-2222-4222-8222-222222222222"
enum { NOW = 1795381205 };

struct place {
    struct arena arena;
    const char *top, *home, *path; /* path: the root */
    struct root root;
};

static bool mounts_allowed;

static int allow_mounts(void **state)
{
    (void)state;
    mounts_allowed = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    return 0;
}

#define NEED_MOUNTS()                                                                                        \
    do {                                                                                                     \
        if (!mounts_allowed) {                                                                               \
            print_message("skipped: this test mounts file systems, which needs root\n");                     \
            skip();                                                                                          \
        }                                                                                                    \
    } while (0)

static int open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    char top[] = "/tmp/test_root.XXXXXX";

    if (mkdtemp(top) == NULL)
        return -1;
    place->top = arena_strdup(&place->arena, top);
    place->home = arena_printf(&place->arena, "%s/home", top);
    place->path = arena_printf(&place->arena, "%s/backups", top);
    *state = place;
    return mkdir(place->home, 0700) < 0 || mkdir(place->path, 0700) < 0 ? -1 : 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    const char *name = strrchr(place->top, '/') + 1;
    FD_SCOPED tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err err;
    int result;

    if (mounts_allowed)
        while (umount2(place->path, MNT_DETACH) == 0)
            ;
    result = fs_remove_tree(tmp, name, NULL, &err);
    arena_release(&place->arena);
    free(place);
    return result;
}

static const char *below(struct place *place, const char *name)
{
    return arena_printf(&place->arena, "%s/%s", place->path, name);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void write_marker(struct place *place, const char *uuid, const char *installation)
{
    write_text(below(place, ROOT_MARKER),
               arena_printf(&place->arena,
                            "{\"uuid\":\"%s\",\"created\":\"2026-01-02T03:04:05Z\",\"installation\":\"%s\","
                            "\"epoch\":%d,\"was_mount\":false}",
                            uuid, installation, strcmp(installation, OURS) == 0 ? 7 : 4));
}

static int mark(struct place *place, const struct root *known, bool adopt, struct err *err)
{
    const struct root_claim claim = {
        .home = place->home, .installation = OURS, .epoch = 7, .known = known, .adopt = adopt, .now = NOW};

    return root_mark(&place->arena, place->path, &claim, &place->root, err);
}

static void must_mark(struct place *place)
{
    struct err err;

    if (mark(place, NULL, false, &err) < 0)
        fail_msg("%s", err.message);
}

/* Checks the root as a run would, and what such a run would be told. */
static enum root_state state_of(struct place *place, const struct root *known, struct root_report *report)
{
    struct err err;
    const struct root_question question = {
        .path = place->path, .known = known, .home = place->home, .patience_ms = ROOT_PATIENCE_RUN_MS};
    int fd = root_open(&place->arena, &question, report);

    assert_string_not_equal(report->found, "");
    if (report->state == ROOT_OK) {
        assert_true(fd >= 0);
        fs_close(&fd);
        return ROOT_OK;
    }
    assert_int_equal(fd, -1);
    assert_int_equal(root_refuse(report, &err), -1);
    assert_int_equal(err.code, ERR_ROOT);
    assert_non_null(strstr(err.message, report->expected));
    assert_string_equal(err.hint, report->hint);
    return report->state;
}

static void assert_state(struct place *place, enum root_state expected, const char *found)
{
    struct root_report report;
    enum root_state state = state_of(place, &place->root, &report);

    if (state != expected)
        fail_msg("state %s, expected %s: %s", root_state_name(state), root_state_name(expected),
                 report.found);
    if (strstr(report.found, found) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", report.found, found);
}

static void test_marked_root_is_ok(void **state)
{
    struct place *place = *state;
    struct root_report report;

    must_mark(place);
    assert_string_equal(place->root.path, place->path);
    assert_string_equal(place->root.installation, OURS);
    assert_int_equal(place->root.created_at, NOW);
    assert_false(place->root.was_mount);
    assert_int_equal(state_of(place, &place->root, &report), ROOT_OK);
    assert_string_equal(report.uuid, place->root.uuid);
    assert_int_equal(report.mode, 0700);
    assert_true(report.opened);
    assert_true(report.room.bytes_total > 0);
    assert_null(report.expected);
}

static void test_unset(void **state)
{
    struct place *place = *state;
    const struct root_question question = {.home = place->home};
    struct root_report report;

    assert_int_equal(root_open(&place->arena, &question, &report), -1);
    assert_int_equal(report.state, ROOT_UNSET);
}

static void test_never_marked(void **state)
{
    struct place *place = *state;
    struct root_report report;

    assert_int_equal(state_of(place, NULL, &report), ROOT_UNMARKED);
    write_marker(place, THEIRS, THEIRS);
    assert_int_equal(state_of(place, NULL, &report), ROOT_UNMARKED);
    assert_non_null(strstr(report.found, THEIRS));
}

static void test_missing_and_not_a_directory(void **state)
{
    struct place *place = *state;

    must_mark(place);
    assert_int_equal(unlink(below(place, ROOT_MARKER)), 0);
    assert_int_equal(rmdir(place->path), 0);
    assert_state(place, ROOT_MISSING, "does not exist");
    write_text(place->path, "a file");
    assert_state(place, ROOT_NOT_DIRECTORY, "not a directory");
    assert_int_equal(unlink(place->path), 0);
}

static void test_replaced_by_a_link(void **state)
{
    struct place *place = *state;
    const char *moved = arena_printf(&place->arena, "%s/moved", place->top);

    must_mark(place);
    assert_int_equal(rename(place->path, moved), 0);
    assert_int_equal(symlink(moved, place->path), 0);
    assert_state(place, ROOT_NOT_DIRECTORY, "symbolic link");
}

static void test_emptied(void **state)
{
    struct place *place = *state;

    must_mark(place);
    assert_int_equal(unlink(below(place, ROOT_MARKER)), 0);
    assert_int_equal(mkdir(below(place, "lost+found"), 0700), 0);
    assert_state(place, ROOT_WRONG_DISK, "is empty");
    place->root.was_mount = true;
    assert_state(place, ROOT_NOT_MOUNTED, "was a mount of its own");
}

static void test_marker_gone(void **state)
{
    struct place *place = *state;

    must_mark(place);
    assert_int_equal(unlink(below(place, ROOT_MARKER)), 0);
    assert_int_equal(mkdir(below(place, "web1"), 0700), 0);
    assert_state(place, ROOT_WRONG_DISK, "no marker");
}

static void test_other_marker(void **state)
{
    struct place *place = *state;

    must_mark(place);
    write_marker(place, THEIRS, OURS);
    assert_state(place, ROOT_WRONG_DISK, THEIRS);
    write_marker(place, place->root.uuid, THEIRS);
    assert_state(place, ROOT_WRONG_DISK, "belongs to installation " THEIRS);
}

static void test_damaged_marker(void **state)
{
    static const char *const contents[] = {
        "",
        "no JSON",
        "[]",
        "{}",
        "{\"uuid\":\"x\",\"installation\":\"" OURS "\"}",
        "{\"uuid\":\"" OURS "\",\"uuid\":\"" OURS "\",\"installation\":\"" OURS "\"}",
    };
    struct place *place = *state;
    char *large = malloc(5000);

    must_mark(place);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        write_text(below(place, ROOT_MARKER), contents[i]);
        assert_state(place, ROOT_WRONG_DISK, "is damaged");
    }
    memset(large, ' ', 4999);
    large[4999] = '\0';
    write_text(below(place, ROOT_MARKER), large);
    free(large);
    assert_state(place, ROOT_WRONG_DISK, "too large");
    assert_int_equal(unlink(below(place, ROOT_MARKER)), 0);
    assert_int_equal(mkfifo(below(place, ROOT_MARKER), 0600), 0);
    assert_state(place, ROOT_WRONG_DISK, "no regular file");
}

/* Runs `check` in a child without root's rights. */
static void as_nobody(struct place *place, void (*check)(struct place *place))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(2);
        check(place);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void check_unreadable(struct place *place)
{
    struct root_report report;

    if (state_of(place, &place->root, &report) != ROOT_UNREADABLE ||
        strstr(report.found, "cannot be read") == NULL)
        _exit(1);
}

static void check_unwritable(struct place *place)
{
    struct root_report report;

    if (state_of(place, &place->root, &report) != ROOT_UNREADABLE ||
        strstr(report.found, "cannot be written") == NULL)
        _exit(1);
}

static void test_without_permission(void **state)
{
    struct place *place = *state;

    must_mark(place);
    assert_int_equal(chmod(place->top, 0755), 0);
    assert_int_equal(chmod(place->path, 0), 0);
    as_nobody(place, check_unreadable);
    assert_int_equal(chmod(place->path, 0555), 0);
    as_nobody(place, check_unwritable);
    assert_int_equal(chmod(place->path, 0700), 0);
}

static void test_not_mounted(void **state)
{
    struct place *place = *state;
    struct root_report report;

    NEED_MOUNTS();
    assert_int_equal(mount("none", place->path, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m"), 0);
    must_mark(place);
    assert_true(place->root.was_mount);
    assert_int_equal(state_of(place, &place->root, &report), ROOT_OK);
    assert_true(report.is_mount && report.nosuid && report.nodev);
    assert_string_equal(report.type, "tmpfs");

    assert_int_equal(umount(place->path), 0);
    assert_state(place, ROOT_NOT_MOUNTED, "is none now; its marker is not there");
    write_marker(place, THEIRS, THEIRS);
    assert_state(place, ROOT_NOT_MOUNTED, "is none now; the marker that is there is another one");

    assert_int_equal(mount("none", place->path, "tmpfs", 0, "size=1m"), 0);
    assert_state(place, ROOT_NOT_MOUNTED, "is empty");
    write_marker(place, THEIRS, OURS);
    assert_state(place, ROOT_WRONG_DISK, THEIRS);
    /* The marker decides: the right tree may stand on another file system one day. */
    write_marker(place, place->root.uuid, OURS);
    assert_state(place, ROOT_OK, place->root.uuid);
}

static void test_other_directory_mounted_over(void **state)
{
    struct place *place = *state;
    const char *other = arena_printf(&place->arena, "%s/other", place->top);

    NEED_MOUNTS();
    must_mark(place);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(mount(other, place->path, NULL, MS_BIND, NULL), 0);
    assert_state(place, ROOT_WRONG_DISK, "is empty");
}

static void test_read_only(void **state)
{
    struct place *place = *state;
    struct err err;

    NEED_MOUNTS();
    assert_int_equal(mount("none", place->path, "tmpfs", 0, "size=1m"), 0);
    must_mark(place);
    assert_int_equal(mount("none", place->path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_state(place, ROOT_READ_ONLY, "read-only");
    assert_int_equal(mark(place, &place->root, true, &err), -1);
    assert_int_equal(err.code, ERR_ROOT);
}

static void assert_refused(struct place *place, const struct root *known, enum err_code code,
                           const char *message)
{
    struct err err;

    assert_int_equal(mark(place, known, false, &err), -1);
    assert_int_equal(err.code, code);
    if (strstr(err.message, message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
    assert_string_not_equal(err.hint, "");
}

static void test_mark_again_keeps_the_root(void **state)
{
    struct place *place = *state;
    struct root first;
    struct err err;

    must_mark(place);
    first = place->root;
    assert_int_equal(mkdir(below(place, "web1"), 0700), 0);
    assert_int_equal(mark(place, &first, false, &err), 0);
    assert_string_equal(place->root.uuid, first.uuid);
    assert_int_equal(mark(place, NULL, false, &err),
                     0); /* found again by an installation that forgot the row */
    assert_string_equal(place->root.uuid, first.uuid);
    assert_int_equal(place->root.created_at, NOW);
}

static void test_mark_needs_an_empty_directory(void **state)
{
    struct place *place = *state;
    struct err err;

    assert_int_equal(mkdir(below(place, "lost+found"), 0700), 0);
    must_mark(place);
    assert_int_equal(unlink(below(place, ROOT_MARKER)), 0);
    assert_int_equal(mkdir(below(place, "web1"), 0700), 0);
    assert_refused(place, NULL, ERR_REFUSED, "web1");
    assert_int_equal(access(below(place, ROOT_MARKER), F_OK), -1);
    assert_int_equal(mark(place, NULL, true, &err), 0);
    assert_state(place, ROOT_OK, place->root.uuid);
}

static void test_mark_never_takes_a_known_root_that_lost_its_marker(void **state)
{
    struct place *place = *state;
    struct root known;
    struct err err;

    must_mark(place);
    known = place->root;
    assert_int_equal(unlink(below(place, ROOT_MARKER)), 0);
    assert_refused(place, &known, ERR_ROOT, "is empty");
    assert_int_equal(access(below(place, ROOT_MARKER), F_OK), -1);
    assert_int_equal(mark(place, &known, true, &err), 0);
    assert_string_not_equal(place->root.uuid, known.uuid);
}

static void test_adopt_a_foreign_root(void **state)
{
    struct place *place = *state;
    BUF_SCOPED content = BUF_EMPTY;
    FD_SCOPED fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err err;

    write_marker(place, THEIRS, THEIRS);
    assert_refused(place, NULL, ERR_REFUSED, THEIRS);
    assert_int_equal(mark(place, NULL, true, &err), 0);
    assert_string_equal(place->root.uuid, THEIRS);
    assert_string_equal(place->root.installation, OURS);
    assert_int_equal(fs_read_file(fd, ROOT_MARKER, 4096, &content, &err), 0);
    assert_non_null(strstr(buf_text(&content), "2026-01-02T03:04:05Z"));
    assert_non_null(strstr(buf_text(&content), "\"epoch\": 7"));
    assert_non_null(strstr(buf_text(&content), OURS));

    write_text(below(place, ROOT_MARKER), "damaged");
    assert_refused(place, NULL, ERR_REFUSED, "damaged");
    assert_int_equal(mark(place, NULL, true, &err), 0);
    assert_string_not_equal(place->root.uuid, THEIRS);
}

static void test_mark_resolves_links(void **state)
{
    struct place *place = *state;
    const char *real = place->path;

    place->path = arena_printf(&place->arena, "%s/link", place->top);
    assert_int_equal(symlink(real, place->path), 0);
    must_mark(place);
    assert_string_equal(place->root.path, real);
    place->path = real;
    assert_state(place, ROOT_OK, place->root.uuid);
}

static void test_mark_refuses_places(void **state)
{
    struct place *place = *state;
    const char *path = place->path;

    place->path = arena_printf(&place->arena, "%s/none", place->top);
    assert_refused(place, NULL, ERR_ROOT, "does not exist");
    place->path = place->home;
    assert_refused(place, NULL, ERR_REFUSED, "state directory");
    place->path = place->top;
    assert_refused(place, NULL, ERR_REFUSED, "state directory");
    place->path = "/";
    assert_refused(place, NULL, ERR_REFUSED, "state directory");
    place->path = "/dev/null";
    assert_refused(place, NULL, ERR_ROOT, "not a directory");
    place->path = path;
}

static void test_a_name_that_begins_alike_is_apart(void **state)
{
    struct place *place = *state;

    place->path = arena_printf(&place->arena, "%s2", place->home);
    assert_int_equal(mkdir(place->path, 0700), 0);
    must_mark(place);
}

static void test_another_place_is_another_root(void **state)
{
    struct place *place = *state;
    struct root first;
    struct err err;

    must_mark(place);
    first = place->root;
    place->path = arena_printf(&place->arena, "%s/second", place->top);
    assert_int_equal(mkdir(place->path, 0700), 0);
    assert_int_equal(mark(place, &first, false, &err), 0);
    assert_string_not_equal(place->root.uuid, first.uuid);
    assert_string_equal(place->root.path, place->path);
}

/* The tree was copied onto a disk of its own: marking it again notes that it is a mount now. */
static void test_mark_again_renews_the_mount(void **state)
{
    struct place *place = *state;
    BUF_SCOPED content = BUF_EMPTY;
    FD_SCOPED fd = -1;
    struct root first;
    struct err err;

    NEED_MOUNTS();
    must_mark(place);
    first = place->root;
    assert_int_equal(mount("none", place->path, "tmpfs", 0, "size=1m"), 0);
    write_marker(place, first.uuid, OURS);
    assert_int_equal(mark(place, &first, false, &err), 0);
    assert_true(place->root.was_mount);
    fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(fs_read_file(fd, ROOT_MARKER, 4096, &content, &err), 0);
    assert_non_null(strstr(buf_text(&content), "\"was_mount\": true"));
}

static void test_room(void **state)
{
    const struct fs_room room = {.bytes_free = 1000, .inodes_free = 50};
    const struct fs_room unlimited = {.bytes_free = 1000, .inodes_free = -1};
    enum cause cause;
    struct err err;

    (void)state;
    assert_int_equal(root_require_room(&room, 1000, 50, &cause, &err), 0);
    assert_int_equal(cause, CAUSE_NONE);
    assert_int_equal(root_require_room(&room, 1001, 50, &cause, &err), -1);
    assert_int_equal(cause, CAUSE_NO_SPACE);
    assert_int_equal(err.code, ERR_ROOT);
    assert_int_equal(root_require_room(&room, 1000, 51, &cause, &err), -1);
    assert_int_equal(cause, CAUSE_NO_INODES);
    assert_int_equal(root_require_room(&unlimited, 1000, 51, &cause, &err), 0);
}

static void test_every_state_has_a_cause(void **state)
{
    (void)state;
    for (enum root_state i = 0; i < ROOT_STATE__MAX; i++)
        assert_int_equal(root_cause(i) == CAUSE_NONE, i == ROOT_OK);
    assert_int_equal(root_cause(ROOT_WRONG_DISK), CAUSE_ROOT_WRONG);
    assert_int_equal(root_cause(ROOT_NOT_MOUNTED), CAUSE_ROOT_MISSING);
    assert_int_equal(root_cause(ROOT_IO_ERROR), CAUSE_IO_ERROR);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_marked_root_is_ok),
        WITH_PLACE(test_unset),
        WITH_PLACE(test_never_marked),
        WITH_PLACE(test_missing_and_not_a_directory),
        WITH_PLACE(test_replaced_by_a_link),
        WITH_PLACE(test_emptied),
        WITH_PLACE(test_marker_gone),
        WITH_PLACE(test_other_marker),
        WITH_PLACE(test_damaged_marker),
        WITH_PLACE(test_without_permission),
        WITH_PLACE(test_not_mounted),
        WITH_PLACE(test_other_directory_mounted_over),
        WITH_PLACE(test_read_only),
        WITH_PLACE(test_mark_again_keeps_the_root),
        WITH_PLACE(test_mark_needs_an_empty_directory),
        WITH_PLACE(test_mark_never_takes_a_known_root_that_lost_its_marker),
        WITH_PLACE(test_adopt_a_foreign_root),
        WITH_PLACE(test_mark_resolves_links),
        WITH_PLACE(test_mark_refuses_places),
        WITH_PLACE(test_a_name_that_begins_alike_is_apart),
        WITH_PLACE(test_another_place_is_another_root),
        WITH_PLACE(test_mark_again_renews_the_mount),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_every_state_has_a_cause),
    };

    return cmocka_run_group_tests(tests, allow_mounts, NULL);
}
